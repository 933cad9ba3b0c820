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
  const accept = () => () => true;
  const context = createContext({
    RED: {
      _: (key: string) => `message ${key}`,
      settings: {},
      validators: { typedInput: accept, number: accept, regex: accept },
      nodes: { registerType: (type: string, definition: Definition) => registered.push([type, definition]) },
    },
    // No dialog is open: every field is absent.
    $: () => ({ val: () => undefined }),
  });
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

/** The text at a dotted key of a catalog. */
export function textAt(catalog: Record<string, unknown>, key: string): unknown {
  return key.split('.').reduce<unknown>((at, part) => (at as Record<string, unknown> | undefined)?.[part], catalog);
}
