import { createDecipheriv, createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ReportableError } from '../reportable-error.ts';

/** A node of the flow file, with its variables filled in and its credentials beside it. */
export interface StoredNode {
  id: string;
  type: string;
  name?: string;
  credentials: Record<string, string>;
  [property: string]: unknown;
}
/** What matters of `settings.js`. */
export interface StoredSettings {
  flowFile?: string;
  credentialSecret?: string | false;
  httpRoot?: string | false;
  httpNodeRoot?: string | false;
  httpNodeAuth?: unknown;
}

/**
 * Reads the flows of a Node-RED that may be running, without touching them. Secrets are decrypted in memory as Node-RED does
 * it (AES-256-CTR under SHA-256 of the secret, initialisation vector in hexadecimal before the base64 text) and go nowhere else.
 *
 * @throws ReportableError `user_directory_invalid`, `credentials_unreadable`
 */
export async function readUserDirectory(
  directory: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<{ settings: StoredSettings; nodes: StoredNode[] }> {
  const settings = await readSettings(directory);
  const file = flowFile(directory, settings);
  const flows: unknown = readJson(file);
  if (!Array.isArray(flows)) throw invalid(`${file} is no flow file.`);
  const credentials = readCredentials(directory, file, settings);
  return {
    settings,
    nodes: flows.flatMap((node: unknown) =>
      typeof node === 'object' && node !== null && 'id' in node && 'type' in node
        ? [
            {
              ...(filled(node, environment) as StoredNode),
              credentials: filled(credentials[String(node.id)] ?? {}, environment) as Record<string, string>,
            },
          ]
        : [],
    ),
  };
}

async function readSettings(directory: string): Promise<StoredSettings> {
  const file = join(directory, 'settings.js');
  if (!existsSync(file)) return {};
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { default?: StoredSettings };
    return loaded.default ?? (loaded as StoredSettings);
  } catch {
    throw invalid(`${file} cannot be read as JavaScript.`);
  }
}

function flowFile(directory: string, { flowFile: named }: StoredSettings): string {
  const names = named ? [named] : ['flows.json', `flows_${hostname()}.json`];
  const found = names.map((name) => resolve(directory, name)).find((file) => existsSync(file));
  if (found === undefined) throw invalid(`There is no flow file (${names.join(' or ')}) in ${directory}.`);
  return found;
}

type Credentials = Record<string, Record<string, string>>;

function readCredentials(directory: string, flows: string, settings: StoredSettings): Credentials {
  const file = flows.replace(/(\.json)?$/, '_cred.json');
  if (!existsSync(file)) return {};
  const stored = readJson(file) as { $?: unknown };
  if (typeof stored.$ !== 'string') return stored as Credentials;
  const secret = settings.credentialSecret || runtimeSecret(directory);
  try {
    const key = createHash('sha256').update(String(secret)).digest();
    const decipher = createDecipheriv('aes-256-ctr', key, Buffer.from(stored.$.slice(0, 32), 'hex'));
    return JSON.parse(decipher.update(stored.$.slice(32), 'base64', 'utf8') + decipher.final('utf8')) as Credentials;
  } catch {
    throw new ReportableError(
      'credentials_unreadable',
      `The credentials in ${file} cannot be decrypted. Run this as the user of Node-RED, with the same settings.js and environment.`,
    );
  }
}

function runtimeSecret(directory: string): unknown {
  for (const name of ['.config.runtime.json', '.config.json']) {
    const file = join(directory, name);
    if (!existsSync(file)) continue;
    const { _credentialSecret: secret } = readJson(file) as { _credentialSecret?: unknown };
    if (secret !== undefined) return secret;
  }
  return undefined;
}

/** `${NAME}` as a whole value stands for an environment variable. */
function filled(value: object, environment: NodeJS.ProcessEnv): object {
  return Object.fromEntries(
    Object.entries(value).map(([name, one]: [string, unknown]) => {
      const variable = typeof one === 'string' ? /^\$\{([^}]+)\}$/.exec(one)?.[1] : undefined;
      return [name, variable === undefined ? one : (environment[variable] ?? '')];
    }),
  );
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code } = error as { code?: unknown };
    throw invalid(`${file} cannot be read${typeof code === 'string' ? ` (${code})` : ': it is no JSON'}.`);
  }
}

function invalid(text: string): ReportableError {
  return new ReportableError('user_directory_invalid', `${text} Give Node-RED's user directory with --user-dir.`);
}
