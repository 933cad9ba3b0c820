import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from '../checkout.mts';

export interface Import {
  /** As written: a package, a builtin, or a path. */
  specifier: string;
  /** For paths: the file meant, relative to the checkout. */
  file?: string;
  /** Gone before the program runs. */
  typeOnly: boolean;
}

export interface SourceFile {
  /** Relative to the checkout, with `/`. */
  name: string;
  text: string;
  lines: number;
  imports: Import[];
}

/** Every source below one of the folders. */
export function sourceFiles(folders: string[], endings = ['.ts', '.mts']): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(path.join(checkout, folder), { recursive: true, encoding: 'utf8' })
      .map((file) => path.posix.join(folder, file.split(path.sep).join('/')))
      .filter((name) => endings.some((ending) => name.endsWith(ending)))
      .sort()
      .map(read),
  );
}

function read(name: string): SourceFile {
  const text = readFileSync(path.join(checkout, name), 'utf8');
  return { name, text, lines: text.split('\n').length - 1, imports: importsIn(name, text) };
}

const IMPORT =
  /(?:^|\n)\s*(?:import|export)\s+(type\s)?(?:[^'";]*?\sfrom\s+)?'([^']+)'|(?<!typeof )\b(?:import|require)\(\s*'([^']+)'/g;

/** What a source imports. `name` is its own path, from which relative imports are resolved. */
export function importsIn(name: string, text: string): Import[] {
  return [...withoutComments(text).matchAll(IMPORT)].map((match) => {
    const specifier = match[2] ?? match[3] ?? '';
    const typeOnly = match[1] !== undefined;
    if (!specifier.startsWith('.')) return { specifier, typeOnly };
    return { specifier, typeOnly, file: path.posix.join(path.posix.dirname(name), specifier) };
  });
}

/** Comments may name what code may not. Strings that look like comments (`https://`) stay. */
export function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/(^|\s)\/\/.*$/gm, '$1');
}
