import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { checkout } from '../checkout.mts';

/** The parts of package.json that Node-RED, its flow library and npm read. */
export interface Manifest {
  name: string;
  version: string;
  license: string;
  repository?: { url: string };
  bugs?: { url: string };
  keywords: string[];
  engines: { node: string };
  bin: Record<string, string>;
  scripts: Record<string, string>;
  'node-red': { version: string; nodes: Record<string, string> };
  dependencies: Record<string, string>;
  devDependencies: Record<string, string>;
}

export interface LockedPackage {
  version: string;
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  hasInstallScript?: boolean;
}

export const manifest = json<Manifest>('package.json');
export const lockfile = json<{ packages: Record<string, LockedPackage> }>('package-lock.json');

/** Entry of `node-red.nodes` (also the base name of its files), and the type it registers. */
export const NODE_TYPES: Record<string, string> = {
  config: 'wa-call-config',
  'permission-store': 'wa-call-permission-store',
  'request-permission': 'wa-call-request-permission',
  'permission-webhook-in': 'wa-call-permission-in',
  permission: 'wa-call-permission',
  'permission-template': 'wa-call-template',
  'calling-settings': 'wa-call-settings',
  'initiate-call': 'wa-call-initiate',
  'answer-call': 'wa-call-answer',
  callbacks: 'wa-call-callbacks',
  'call-events': 'wa-call-events',
  terminate: 'wa-call-terminate',
  'call-records': 'wa-call-records',
  media: 'wa-call-media',
  'check-setup': 'wa-call-check',
};
export const CONFIG_TYPES = ['wa-call-config', 'wa-call-permission-store'];

/** Every example flow: file name and its nodes. */
export function examples(): { name: string; nodes: unknown }[] {
  return readdirSync(path.join(checkout, 'examples'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, nodes: json<unknown>(path.join('examples', name)) }));
}

function json<T>(file: string): T {
  return JSON.parse(readFileSync(path.join(checkout, file), 'utf8')) as T;
}
