/**
 * Where a worker's entry file lies: `dist/lib/**.js` in the package, `lib/**.ts` when the tests run the sources.
 *
 * This is the one ES module of the library: CommonJS output has no `import.meta`, and Node's type stripping runs the
 * sources as ES modules, which have no `__dirname`. A dynamic `import('../runtime/worker-url.mts')` works from both.
 *
 * @param entry path below `lib/` without extension, for example `ledger/worker`
 */
export function workerUrl(entry: string): URL {
  const extension = import.meta.url.endsWith('.mts') ? '.ts' : '.js';
  return new URL(`../${entry}${extension}`, import.meta.url);
}
