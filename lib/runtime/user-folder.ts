import { homedir } from 'node:os';
import { join } from 'node:path';

/** Node-RED's user directory: what belongs to this installation lives below it. */
export function userFolder(settings: { userDir?: unknown }): string {
  return typeof settings.userDir === 'string' && settings.userDir !== ''
    ? settings.userDir
    : join(homedir(), '.node-red');
}
