import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** A path below the checkout. */
export const inProject = (...parts) => path.join(root, ...parts);

/** The Node the project runs on: a development dependency, so that the system's own may be older. */
export const projectNode = inProject('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

/** Environment in which `node`, `tsc` and the others are the project's own. */
export const projectEnvironment = (more = {}) => ({
  ...process.env,
  PATH: `${inProject('node_modules', '.bin')}${path.delimiter}${process.env.PATH ?? ''}`,
  ...more,
});
