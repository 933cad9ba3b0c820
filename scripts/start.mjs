import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled } from './install.mjs';
import { whenNpmIsGone } from './parent.mjs';
import { inProject, projectEnvironment, projectNode, root } from './project.mjs';
import { phonePaths, prepareUserDirectory, readSettings, userDirectory } from './user-directory.mjs';

try {
  const wanted = wantedPort(process.argv.slice(2));
  ensureInstalled();
  ensureBuilt();
  const first = prepareUserDirectory();
  if (wanted !== undefined) process.env.PORT = String(wanted);
  const settings = readSettings();
  const port = wanted ?? Number(settings.uiPort ?? 1880);
  const host = settings.uiHost ?? '0.0.0.0';
  await refuseTakenPort(port, host);
  await run(settings, port, host, first);
} catch (error) {
  console.error(`\n${error.message}`);
  process.exitCode = 1;
}

/** `--port N`, `--port=N` or the variable PORT. */
function wantedPort(args) {
  const at = args.findIndex((arg) => arg === '--port' || arg.startsWith('--port='));
  const unknown = args.filter((_, index) => at < 0 || (index !== at && !(args[at] === '--port' && index === at + 1)));
  if (unknown.length > 0) throw new Error(`Unknown option ${unknown[0]}. There is one: npm start -- --port 1881`);
  const text = at < 0 ? process.env.PORT : args[at].includes('=') ? args[at].split('=')[1] : args[at + 1];
  if (text === undefined || (at < 0 && text === '')) return undefined;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error(`"${text}" is no port: 1 to 65535.`);
  return port;
}

function refuseTakenPort(port, host) {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', (error) => {
      const next = port < 65535 ? port + 1 : 1880;
      if (error.code === 'EADDRINUSE') {
        reject(
          new Error(
            `Port ${port} is taken by another program. Stop that, or choose another: npm start -- --port ${next}`,
          ),
        );
      } else if (error.code === 'EACCES') {
        reject(new Error(`Port ${port} is not open to you. Choose one above 1023: npm start -- --port 1880`));
      } else {
        reject(new Error(`Cannot listen on ${host}, port ${port}: ${error.message}`));
      }
    });
    probe.listen(port, host, () => probe.close(resolve));
  });
}

async function run(settings, port, host, first) {
  const program = inProject('node_modules', 'node-red', 'red.js');
  const child = spawn(projectNode, [program, '--userDir', userDirectory, '--port', String(port)], {
    cwd: root,
    stdio: 'inherit',
    env: projectEnvironment(),
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  whenNpmIsGone(() => child.kill('SIGTERM'));
  const ended = new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`Node-RED could not be started: ${error.message}`)));
    child.once('exit', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
  const over = new AbortController();
  ended.finally(() => over.abort()).catch(() => {});
  await Promise.race([greet(settings, port, host, first, over.signal), ended]);
  process.exitCode = await ended;
}

/** Says where to go, once there is something to see. */
async function greet(settings, port, host, first, signal) {
  const everywhere = ['', '0.0.0.0', '::'].includes(host);
  const base = `${settings.https ? 'https' : 'http'}://${everywhere ? '127.0.0.1' : host}:${port}`;
  const editor = base + folder(settings.httpAdminRoot ?? settings.httpRoot);
  const nodes = folder(settings.httpNodeRoot ?? settings.httpRoot);
  if (!(await answers(editor, 120_000, signal))) return;
  const phones = [];
  for (const phone of phonePaths(settings).map((path) => base + folder(nodes + path))) {
    phones.push(
      `  Phone   ${phone}${(await answers(phone, 60_000, signal)) ? '' : '  (does not answer: see the log)'}`,
    );
  }
  if (signal.aborted) return;
  console.log(`\n  Editor  ${editor}`);
  console.log(phones.join('\n') || '  Phone   none: no flow uses the simulator');
  if (first) console.log('\n  Open both, and press the button of the first node in the editor.');
  console.log('  Stop with Ctrl+C.\n');
}

function folder(path) {
  return `/${path || ''}/`.replace(/\/{2,}/g, '/');
}

async function answers(url, milliseconds, signal) {
  const deadline = Date.now() + milliseconds;
  while (Date.now() < deadline && !signal.aborted) {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(5000)]) }).catch(() => {});
    await response?.arrayBuffer().catch(() => {});
    if (response?.ok || response?.status === 401) return true;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return false;
}
