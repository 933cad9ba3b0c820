import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { inProject } from './project.mjs';

/** Everything of the user's: flows, settings, permissions, recordings. Git-ignored; delete it to start anew. */
export const userDirectory = inProject('.node-red');

const FIRST_FLOW = inProject('examples', '01 First call.json');

/**
 * Makes the user directory on the first start and leaves what is there alone on every later one.
 *
 * @returns true on the first start
 */
export function prepareUserDirectory() {
  mkdirSync(userDirectory, { recursive: true });
  const settings = path.join(userDirectory, 'settings.js');
  // The secret in it decrypts the credentials file beside it.
  if (!existsSync(settings)) writeFileSync(settings, settingsText(randomBytes(32).toString('hex')), { mode: 0o600 });
  const flows = path.join(userDirectory, 'flows.json');
  if (existsSync(flows)) return false;
  copyFileSync(FIRST_FLOW, flows);
  return true;
}

/** What the user's settings file says, as Node-RED will read it. */
export function readSettings() {
  return createRequire(import.meta.url)(path.join(userDirectory, 'settings.js'));
}

/** Paths, below the root of the HTTP nodes, of the phones that the user's flows bring along: one per simulator. */
export function phonePaths(settings) {
  let nodes = [];
  try {
    nodes = JSON.parse(readFileSync(path.resolve(userDirectory, settings.flowFile ?? 'flows.json'), 'utf8'));
  } catch {
    // No flows, or none that we can read: Node-RED says what is wrong with them.
  }
  const simulators = nodes.filter(
    (node) => node.type === 'wa-call-config' && (node.provider || 'simulator') === 'simulator' && node.d !== true,
  );
  return [...new Set(simulators.map((node) => `${node.webhookPath || '/whatsapp-calling'}/phone/`))];
}

function settingsText(secret) {
  return `const path = require('node:path');

// Written by the first \`npm start\`. Change what you like; it is not written again.
module.exports = {
  flowFile: 'flows.json',
  flowFilePretty: true,
  // Encrypts flows_cred.json (tokens, app secrets). Without it that file cannot be read again.
  credentialSecret: '${secret}',

  uiPort: Number(process.env.PORT) || 1880,
  // Only this computer. Anybody who reaches the editor can run code: set adminAuth before you open it to others.
  uiHost: '127.0.0.1',

  // The palette: this checkout, with its icons, texts and examples.
  nodesDir: [path.join(__dirname, '..')],

  logging: { console: { level: 'info', metrics: false, audit: false } },
  telemetry: { enabled: false, updateNotification: false },
  editorTheme: { tours: false, projects: { enabled: false } },
};
`;
}
