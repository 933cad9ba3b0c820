import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createContext, runInContext } from 'node:vm';
import { checkout } from '../checkout.mts';

/** A node's definition as the editor sees it. */
export interface Definition {
  category: string;
  color: string;
  icon: string;
  inputs?: number;
  outputs?: number;
  defaults: Record<string, { value: unknown; type?: string; required?: boolean; validate?: Validator }>;
  credentials?: Record<string, { type: string }>;
  label(this: object): string;
  labelStyle(this: object): string;
  paletteLabel(this: object): string;
  inputLabels?(this: object): string;
  outputLabels?(this: object, index: number): string;
}
/** Plays the validators that the editor itself brings. */
export const CORE: Validator = () => true;
export type Validator = (this: object, value: unknown, options: object) => unknown;

export interface EditorHalf {
  entry: string;
  type: string;
  html: string;
  script: string;
  template: string;
  help: string;
  catalog: Record<string, unknown>;
  definition: Definition;
}

const read = (path: string): string => readFileSync(join(checkout, path), 'utf8');

/** Every node's html with its catalog and help; scripts run in a context with a fake `RED` and `$`. */
export function editorHalves(): EditorHalf[] {
  return readdirSync(join(checkout, 'nodes'))
    .filter((file) => file.endsWith('.html'))
    .map((file) => load(file.replace(/\.html$/, '')));
}

function load(entry: string): EditorHalf {
  const html = read(`nodes/${entry}.html`);
  const script = /<script type="text\/javascript">([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const template = /<script type="text\/html"[^>]*>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? '';
  const registered: [string, Definition][] = [];
  const accept = () => CORE;
  const dialog = html.includes('<script src="dialog.js"></script>') ? read('nodes/dialog.js') : '';
  const context = createContext({
    Intl,
    RED: {
      _: (key: string) => `message ${key}`,
      settings: {},
      validators: { typedInput: accept, number: accept, regex: accept },
      nodes: { registerType: (type: string, definition: Definition) => registered.push([type, definition]) },
    },
    // No dialog is open: every field is absent.
    $: () => ({ val: () => undefined }),
  });
  runInContext('const window = globalThis', context);
  runInContext(dialog, context);
  runInContext(script, context);
  const [first] = registered;
  if (registered.length !== 1 || first === undefined)
    throw new Error(`${entry}.html registers ${registered.length} types`);
  const [type, definition] = first;
  return {
    entry,
    type,
    html,
    script,
    template,
    definition,
    help: read(`locales/en-US/${entry}.html`),
    catalog: JSON.parse(read(`locales/en-US/${entry}.json`)),
  };
}

/** Values that a dialog lets people choose, by property: options of a list, a box that is ticked or not. */
export function choicesOf({ template, definition }: EditorHalf): Record<string, unknown[]> {
  const selects = template.matchAll(/<select id="node-(?:config-)?input-(\w+)">([\s\S]*?)<\/select>/g);
  const boxes = template.matchAll(/type="checkbox" id="node-(?:config-)?input-(\w+)"/g);
  return Object.fromEntries([
    ...[...selects].map(([, name, options = '']) => [
      name,
      [...options.matchAll(/<option value="([^"]+)"/g)].map((option) => option[1]),
    ]),
    ...[...boxes].map(([, name]) => [name, [true, false]]),
    ...Object.keys(definition.defaults)
      .filter((name) => name.endsWith('Type') && name.slice(0, -4) in definition.defaults)
      .map((name) => [name, ['msg', 'flow', 'global', 'str', 'num', 'json', 'env', 'jsonata', 'greeting']]),
  ]);
}

/** The text at a dotted key of a catalog. */
export function textAt(catalog: Record<string, unknown>, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], catalog);
}
