import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { accountFacts } from './account-facts.ts';
import { CallDesk } from './call-desk.ts';
import type { Script } from './call-script.ts';
import { Captures } from './captures.ts';
import { Clock } from './clock.ts';
import { Control } from './control.ts';
import { Graph } from './graph/graph.ts';
import { completeOptions, type SimulatorOptions } from './options.ts';
import type { PersonInput } from './people.ts';
import { PhoneHub } from './phone-hub.ts';
import type { PhonePage } from './phone-routes.ts';
import { RefereeLog } from './referee-log.ts';
import type { Relay } from './relay-contract.ts';
import { Router } from './router.ts';
import type { Limits } from './rules.ts';
import { watchForSilence } from './silence.ts';
import { SimulatorError } from './simulator-error.ts';
import { newState } from './state.ts';
import { loadState, saveState } from './state-file.ts';
import { restoreCalls, storedCalls } from './stored-calls.ts';
import { webhookFaults } from './webhook-faults.ts';
import { handshake, webhookUrl } from './webhook-handshake.ts';
import { WebhookSender } from './webhook-sender.ts';
import { subscribe } from './webhook-subscription.ts';
import type { Credentials, World } from './world.ts';

export type { SimulatorOptions } from './options.ts';
export type { Credentials } from './world.ts';

/** A running simulator. */
export interface Simulator {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** Base of the Graph API: `<graphUrl>/v25.0/<phone number id>/calls`. Any version is fine. */
  graphUrl: string;
  /** The phone page, in place of a real phone. */
  phoneUrl: string;
  settings: Credentials;
  /**
   * Where the business wants its webhooks, from now on. Resolves when the address has confirmed the subscription.
   * @throws SimulatorError `webhook_url_invalid`, `webhook_unreachable`, `webhook_refused`; the former address stays
   */
  setWebhook(url: string, verifyToken?: string): Promise<void>;
  control: Control;
  close(): Promise<void>;
}

/**
 * Starts WhatsApp on this machine: Meta's API and rules, webhooks, media relay and phone page, on 127.0.0.1 only.
 *
 * @throws SimulatorError `options_invalid`, `state_file_…`, `port_in_use`, `relay_missing`
 */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const complete = completeOptions(options);
  const settings: Credentials = {
    accessToken: complete.accessToken,
    appSecret: complete.appSecret,
    verifyToken: complete.verifyToken,
    phoneNumberId: complete.phoneNumberId,
    wabaId: complete.wabaId,
    businessNumber: complete.businessNumber,
  };
  const { stateFile } = complete;
  const stored = stateFile === undefined ? undefined : loadState(stateFile);
  const fresh = newState({
    businessNumber: complete.businessNumber,
    testNumber: complete.testNumber,
    ...(complete.people ? { people: complete.people as PersonInput[] } : {}),
  });
  const state = stored ?? fresh;
  // What the caller says about the number holds, also over an older state file.
  state.number.businessNumber = complete.businessNumber;
  state.number.testNumber = complete.testNumber;
  for (const person of fresh.people)
    if (!state.people.some((known) => known.phone === person.phone || known.userId === person.userId))
      state.people.push(person);

  const start = complete.clock === undefined ? 0 : new Date(complete.clock).getTime() - Date.now();
  const clock = new Clock(stored ? stored.clockAhead : start, complete.pace);
  const problem = (error: unknown) => {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : 'unknown';
    console.error(`[whatsapp simulator] ${text}`);
  };

  const world = {
    clock,
    state,
    settings,
    businessName: complete.businessName,
    ringSeconds: complete.ringSeconds,
    defaultScript: complete.script as unknown as Script,
    anyone: complete.anyone,
    cancelledCounts: complete.cancelledCounts,
    limitOverrides: complete.limits as Partial<Limits>,
    answerSetup: complete.answerSetup,
    account: accountFacts.parse({}),
    faults: { webhooks: webhookFaults.parse({}), graph: [] },
    relay: complete.relay ? await openRelay(options) : undefined,
    log: new RefereeLog(),
    save: () => {},
    problem,
  } as unknown as World;
  world.hub = new PhoneHub(world);
  world.calls = new CallDesk(world);
  world.captures = new Captures(world);
  let saved = '';
  if (stateFile !== undefined) {
    world.save = () => {
      state.clockAhead = clock.ahead();
      state.calls = storedCalls(world);
      // The answers of the relay die with it, and hold its passwords.
      const kept = { ...state, undelivered: state.undelivered.filter((item) => item.kind !== 'connect') };
      const text = JSON.stringify(kept);
      if (text === saved) return;
      try {
        saveState(stateFile, text);
        saved = text;
      } catch (error) {
        problem(error);
      }
    };
  }
  world.sender = new WebhookSender({
    clock,
    state,
    wabaId: settings.wabaId,
    appSecret: settings.appSecret,
    phoneNumberId: settings.phoneNumberId,
    faults: () => world.faults.webhooks,
    save: () => world.save(),
    ordered: complete.orderedWebhooks,
    retryMs: complete.webhookRetryMs,
  });
  if (world.relay)
    watchForSilence(world.calls, world.relay, problem, (callId) =>
      world.log.violation({
        at: new Date(clock.now()).toISOString(),
        path: `media of ${callId}`,
        code: 0,
        details: 'Sound came from the business before the reply to accept; the client takes it for the answer.',
      }),
    );
  restoreCalls(world);

  const setWebhook = async (url: string, verifyToken = settings.verifyToken) => {
    subscription?.abort();
    await handshake({ url, verifyToken });
    world.sender.target = { url, verifyToken, verified: true };
    world.sender.pump();
  };
  const control = new Control(world, setWebhook);
  const router = new Router({ world, graph: new Graph(world), control, pages: await openPages() });
  const server = createServer((request, response) => void router.handle(request, response));
  const close = async () => {
    subscription?.abort();
    clock.stop();
    world.hub.close();
    world.sender.close();
    world.save();
    const closing = server.listening ? new Promise<void>((resolve) => server.close(() => resolve())) : undefined;
    server.closeAllConnections();
    await closing;
    await world.relay?.close();
  };
  let subscription: AbortController | undefined;
  try {
    await listen(server, complete.port);
    if (complete.webhook) {
      const { url, verifyToken } = complete.webhook;
      webhookUrl(url);
      subscription = new AbortController();
      void subscribe(world, { url, verifyToken: verifyToken ?? settings.verifyToken }, subscription.signal);
    }
  } catch (error) {
    await close();
    throw error;
  }
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, graphUrl: url, phoneUrl: `${url}/phone/`, settings, setWebhook, control, close };
}

async function openRelay(options: SimulatorOptions): Promise<Relay> {
  if (options.createRelay) return options.createRelay();
  try {
    const { createRelay } = await import('./relay/relay.ts');
    return await createRelay();
  } catch (error) {
    throw new SimulatorError(
      'relay_missing',
      `The simulator's media relay does not start (${(error as Error).message}).`,
      'Reinstall the package, or start the simulator without media (relay: false).',
      500,
    );
  }
}

async function openPages(): Promise<PhonePage | undefined> {
  try {
    return (await import('./phone/pages.ts')).phonePage;
  } catch {
    // Without its page the phone still has its API; the page's address says that it is missing.
    return undefined;
  }
}

function listen(server: ReturnType<typeof createServer>, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SimulatorError(
          error.code === 'EADDRINUSE' ? 'port_in_use' : 'port_refused',
          error.code === 'EADDRINUSE' ? `Port ${port} is in use.` : `Port ${port} cannot be opened (${error.code}).`,
          'Choose another port, or 0 for any free one.',
          500,
        ),
      ),
    );
    server.listen(port, '127.0.0.1', () => resolve());
  });
}
