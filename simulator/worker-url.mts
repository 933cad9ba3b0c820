/**
 * Where the simulator's worker entry lies: `dist/simulator/**.js` in the package, `simulator/**.ts` when the tests run the
 * sources. An ES module for the same reason as `lib/runtime/worker-url.mts`, which the simulator must not need.
 *
 * @param entry path below `simulator/` without extension
 */
export function simulatorUrl(entry: string): URL {
  const extension = import.meta.url.endsWith('.mts') ? '.ts' : '.js';
  return new URL(`./${entry}${extension}`, import.meta.url);
}
