import type { AddressInfo } from 'node:net';

/** The parts of Node-RED's HTTP server that tell where it listens. */
interface ListeningServer {
  listening?: boolean;
  address(): AddressInfo | string | null;
  once(event: 'listening', listener: () => void): unknown;
  off(event: 'listening', listener: () => void): unknown;
}
interface AddressSettings {
  uiPort?: number | string;
  uiHost?: string;
  https?: unknown;
}

/**
 * Where this Node-RED is reached from this machine, for the simulator's webhooks.
 *
 * Flows start before the server listens; then this waits for it. An address that means "all interfaces" becomes 127.0.0.1.
 *
 * @param waitMs how long to wait for the server before trusting the settings
 * @returns origin such as `http://127.0.0.1:1880`
 */
export async function loopbackOrigin(
  server: ListeningServer | undefined,
  settings: AddressSettings,
  waitMs = 10_000,
): Promise<string> {
  // A TLS server has `setSecureContext`; Node-RED's `https` setting may also be a function.
  const secure = server !== undefined ? 'setSecureContext' in server : Boolean(settings.https);
  const bound = server && (await listening(server, waitMs));
  const host = bound?.host ?? settings.uiHost ?? '';
  const port = bound?.port ?? Number(settings.uiPort ?? 1880);
  return `${secure ? 'https' : 'http'}://${reachable(host)}:${port}`;
}

async function listening(server: ListeningServer, waitMs: number): Promise<{ host: string; port: number } | undefined> {
  if (!server.listening) {
    await new Promise<void>((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        server.off('listening', finish);
        resolve();
      };
      const timer = setTimeout(finish, waitMs);
      server.once('listening', finish);
    });
  }
  const address = server.address();
  return address !== null && typeof address === 'object' ? { host: address.address, port: address.port } : undefined;
}

function reachable(host: string): string {
  if (['', '0.0.0.0', '::', 'localhost'].includes(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
