import { join } from 'node:path';
import type { Node, NodeAPI } from 'node-red';
import type { Finding } from '../doctor/finding.ts';
import type { Contact, Permission } from '../permission/model.ts';
import type { Log } from '../switchboard/deps.ts';
import { exchange, type Lease } from '../switchboard/exchange.ts';
import { within } from '../switchboard/patience.ts';
import type { Switchboard } from '../switchboard/switchboard.ts';
import type { Account, AccountState } from './account.ts';
import {
  type AccountSecrets,
  type AccountSettings,
  cloudLine,
  type LineSettings,
  readAccountSettings,
  simulatedLine,
} from './account-settings.ts';
import { EventRelay } from './event-relay.ts';
import type { Fate, FlowLifecycle } from './flow-lifecycle.ts';
import { fingerprintOf, openLine } from './line.ts';
import { loopbackOrigin } from './loopback-address.ts';
import { claimNumber } from './number-claims.ts';
import { mountPhone } from './phone-route.ts';
import { ReportableError, toReportable } from './reportable-error.ts';
import { examineAccount } from './set-up/examine-account.ts';
import { type RunningSimulator, type SimulatorLease, simulatorHost } from './simulator-lease.ts';
import { defaultStore, type StoreSettings } from './store-settings.ts';
import { userFolder } from './user-folder.ts';
import { joinWebhook } from './webhook-hub.ts';

/** How long calls wait for the new instance of their config node: other nodes may take up to 15 s to close. */
const PARK_MS = 20_000;
/** Of the 15 s that Node-RED waits for a node to close. */
const GRACE_MS = 10_000;
/** How long a check of the set-up waits for a number that is starting. */
const START_MS = 10_000;

interface Parts {
  RED: NodeAPI;
  node: Node & { users: Record<string, unknown> };
  config: unknown;
  lifecycle: FlowLifecycle;
  secrets: AccountSecrets;
  store(): StoreSettings | 'missing' | undefined;
  startSimulator(options: Record<string, unknown>): Promise<RunningSimulator>;
}
/** Settings of Node-RED that matter here and are missing from its types. */
interface HttpSettings {
  httpNodeRoot?: string | false;
  httpNodeAuth?: unknown;
  httpNodeMiddleware?: never;
  /** Options of the simulator, for settings.js. */
  waCallConfigSimulator?: Record<string, unknown>;
}

/** Relays outlive config nodes: what happens in a deploy is kept for the node's successor. */
const relays = new Map<string, EventRelay>();
/** The account in office of each config node. */
const current = new Map<string, LiveAccount>();

/** The account of one config node instance: opens the line, or adopts the one that its predecessor left. */
export class LiveAccount implements Account {
  readonly relay: EventRelay;
  readonly lifecycle: FlowLifecycle;
  readonly #parts: Parts;
  readonly #listeners = new Set<(state: AccountState) => void>();
  readonly #undo: (() => void)[] = [];
  #state: AccountState = { name: 'starting' };
  readonly #ready = Promise.withResolvers<Lease>();
  #lease: Promise<Lease> | undefined;
  #simulator: SimulatorLease | undefined;
  #checking: Promise<Finding[]> | undefined;
  #unmountPhone: (() => void) | undefined;
  /** Set once this instance is closed. */
  #fate: Fate | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.lifecycle = parts.lifecycle;
    const { id } = parts.node;
    this.relay =
      relays.get(id) ?? new EventRelay(parts.lifecycle, (error) => this.#log('error', toReportable(error).message));
    relays.set(id, this.relay);
  }

  /** Opens the line once all nodes of the flow exist, so that nothing is told before anybody listens. */
  open(): void {
    current.set(this.#parts.node.id, this);
    this.#ready.promise.then(
      () => this.#enter({ name: 'ready' }),
      (error: unknown) => {
        const reportable = toReportable(error);
        this.#enter({ name: 'failed', error: reportable });
        if (this.#fate === undefined) this.#parts.node.error(reportable, {});
      },
    );
    this.lifecycle.whenSettled(() => {
      if (this.#fate !== undefined) return;
      this.#lease = this.#open();
      this.#lease.then(this.#ready.resolve, this.#ready.reject);
    });
  }

  state(): AccountState {
    return this.#state;
  }

  onState(listener: (state: AccountState) => void): () => void {
    this.#listeners.add(listener);
    listener(this.#state);
    return () => this.#listeners.delete(listener);
  }

  async switchboard(): Promise<Switchboard> {
    const lease = await this.#ready.promise.catch((error: unknown) => {
      if (this.#fate === undefined) throw error;
    });
    if (lease !== undefined && this.#fate === undefined) return lease.switchboard;
    // A message that a deploy overtook goes on with the successor. After a stop it must not: a call would be placed
    // whenever the flows start again.
    if (this.#fate === 'park') {
      await new Promise<void>((resolve) => this.lifecycle.whenSettled(resolve));
      const successor = current.get(this.#parts.node.id);
      if (successor !== undefined) return successor.switchboard();
    }
    throw closed();
  }

  async possibilities(contact: Contact, permission: Permission): Promise<{ canRequest: boolean; canCall: boolean }> {
    try {
      const { canRequest, canCall } = await (await this.switchboard()).explain(contact);
      return { canRequest, canCall };
    } catch (error) {
      this.#log('debug', toReportable(error).message);
    }
    // If the store cannot tell, a flow is better off asking again than relying on a guess in its favour.
    const lapsed = permission.expiresAt !== undefined && permission.expiresAt <= Date.now();
    return { canRequest: false, canCall: permission.status === 'granted' && !lapsed };
  }

  check(publicUrl?: string): Promise<Finding[]> {
    // Who presses twice gets the same answer: two at once would only slow each other down.
    this.#checking ??= this.#examine(publicUrl).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  register(node: Node): void {
    this.#parts.node.users[node.id] = node;
  }

  deregister(node: Node): void {
    if (this.#parts.node.users[node.id] === node) delete this.#parts.node.users[node.id];
  }

  /** @param fate whether live calls wait for a successor or end now */
  async close(fate: Fate): Promise<void> {
    this.#fate = fate;
    this.#listeners.clear();
    const { id } = this.#parts.node;
    if (current.get(id) === this) current.delete(id);
    const lease = await this.#lease?.catch(() => undefined);
    this.#ready.reject(closed());
    if (fate === 'park') lease?.park(PARK_MS);
    else await lease?.end(fate, GRACE_MS);
    for (const undo of this.#undo.splice(0).reverse()) undo();
    // Who looks at the phone in a deploy shall not notice: the successor mounts it before this one lets go.
    if (fate === 'park') setTimeout(() => this.#unmountPhone?.(), PARK_MS).unref();
    else this.#unmountPhone?.();
    await this.#simulator?.release(fate === 'shutdown' ? 0 : PARK_MS + GRACE_MS);
    // What the last events of a removed number told goes to the flows that are there after the deploy, then nowhere.
    this.lifecycle.whenSettled(() => {
      if (!current.has(id)) relays.delete(id);
    });
  }

  async #examine(publicUrl: string | undefined): Promise<Finding[]> {
    // A number that is just being started would be blamed for what is not there yet.
    await within(START_MS, this.#ready.promise);
    const { simulator } = this.#simulator ?? {};
    const failure = this.#state.name === 'failed' ? this.#state.error : undefined;
    return examineAccount({ ...this.#parts, simulator, failure }, publicUrl);
  }

  async #open(): Promise<Lease> {
    const { RED, secrets } = this.#parts;
    const settings = readAccountSettings(this.#parts.config);
    const http = RED.settings as unknown as HttpSettings;
    if (http.httpNodeRoot === false) {
      throw new ReportableError(
        'http_disabled',
        'settings.js sets httpNodeRoot to false, so WhatsApp cannot reach this Node-RED. Give httpNodeRoot a path and restart.',
      );
    }
    if (http.httpNodeAuth && settings.provider !== 'simulator') {
      this.#log('warn', 'settings.js sets httpNodeAuth: the provider cannot log in, and its webhooks will not arrive.');
    }
    const store = this.#parts.store() ?? defaultStore(userFolder(RED.settings));
    if (store === 'missing') {
      throw new ReportableError(
        'config_invalid',
        'The permission store of this number does not exist or is disabled. Choose another one.',
      );
    }
    const line =
      settings.provider === 'simulator' ? await this.#simulate(settings, http) : cloudLine(settings, secrets);
    if (this.#fate !== undefined) throw closed();
    const lease = await this.#acquire({ line, store, webhookPath: settings.webhookPath }, http);
    try {
      await this.#subscribe(settings, http);
    } catch (error) {
      await lease.end('config_removed', GRACE_MS);
      throw error;
    }
    return lease;
  }

  async #acquire(
    plan: { line: LineSettings; store: StoreSettings; webhookPath: string },
    http: HttpSettings,
  ): Promise<Lease> {
    const { RED, node } = this.#parts;
    const fingerprint = fingerprintOf(plan);
    const { id } = plan.line.businessNumber;
    this.#undo.push(claimNumber(id, fingerprint, node.id));
    const log: Log = (level, text) => this.#log(level, text);
    const lease = await exchange.acquire(
      id,
      fingerprint,
      () =>
        openLine(plan, {
          log,
          recordings: join(userFolder(RED.settings), 'whatsapp-calling', 'recordings'),
          listen: (account) => joinWebhook(RED.httpNode, plan.webhookPath, account, http.httpNodeMiddleware),
        }),
      log,
    );
    this.relay.connect(lease.switchboard);
    return lease;
  }

  async #simulate(settings: AccountSettings, http: HttpSettings): Promise<LineSettings> {
    const { RED, startSimulator } = this.#parts;
    this.#simulator = await simulatorHost.acquire(() =>
      startSimulator({
        stateFile: join(userFolder(RED.settings), 'whatsapp-calling', 'simulator.json'),
        ...http.waCallConfigSimulator,
      }),
    );
    const { simulator } = this.#simulator;
    const path = settings.webhookPath.replace(/\/$/, '');
    this.#unmountPhone = mountPhone(RED.httpNode, `${path}/phone`, simulator.phoneUrl);
    return simulatedLine(settings, simulator);
  }

  /** Gives the simulator our webhook address. The line has to listen already: the simulator asks it for its verify token. */
  async #subscribe(settings: AccountSettings, http: HttpSettings): Promise<void> {
    if (this.#simulator === undefined) return;
    const { RED } = this.#parts;
    const path = settings.webhookPath.replace(/\/$/, '');
    const origin = await loopbackOrigin(RED.server, RED.settings);
    await this.#simulator.simulator.setWebhook(
      `${origin}${`${http.httpNodeRoot ?? ''}/${path}`.replace(/\/{2,}/g, '/')}`,
    );
  }

  #enter(state: AccountState): void {
    this.#state = state;
    for (const listener of [...this.#listeners]) listener(state);
  }

  #log(level: 'debug' | 'info' | 'warn' | 'error', text: string): void {
    const { node } = this.#parts;
    if (level === 'error') node.error(text);
    else if (level === 'info') node.log(text);
    else node[level](text);
  }
}

function closed(): ReportableError {
  return new ReportableError(
    'config_closed',
    "The number's configuration is being replaced by a deploy. Send the message again.",
  );
}
