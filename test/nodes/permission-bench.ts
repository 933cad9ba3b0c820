import { strict as assert } from 'node:assert';
import type { Explanation } from '../../lib/ledger/ledger.ts';
import type { Contact } from '../../lib/permission/model.ts';
import type { Switchboard } from '../../lib/switchboard/switchboard.ts';
import permission from '../../nodes/permission.ts';
import { FakeNumber } from './fake-number.ts';
import { helper, Inbox, until } from './helper.ts';

export const AT = Date.UTC(2026, 10, 20, 17, 45);
export const DO_NOT_CALL = {
  code: 'do_not_call',
  text: 'This person asked not to be called.',
  nextStep: 'Do not call.',
} as const;
const rule = { id: 'r', limit: '1 a day', source: 'a page', date: '2026-06-26' };
const at = { z: 'tab', x: 1, y: 1 };
const flowOf = (node: object): object[] => [
  { id: 'tab', type: 'tab', label: 'Test' },
  { id: 'number', type: 'wa-call-config' },
  { id: 'node', type: 'wa-call-permission', ...at, config: 'number', wires: [['result'], ['refused']], ...node },
  { id: 'catch', type: 'catch', ...at, scope: null, wires: [['caught']] },
  ...['result', 'refused', 'caught'].map((id) => ({ id, type: 'helper', ...at, wires: [] })),
];

/** A person as the switchboard explains them: on the do-not-call list or granted. */
export const explained = (contact: Contact, listed = false): Explanation => ({
  contact,
  permission: listed
    ? { status: 'denied', ended: 'opt_out', endedAt: AT }
    : { status: 'granted', kind: 'temporary', grantedAt: AT, expiresAt: AT + 1000, purpose: 'delivery' },
  canRequest: !listed,
  canCall: !listed,
  ...(listed && { callReason: DO_NOT_CALL, requestReason: DO_NOT_CALL }),
  requestLimits: [{ rule, allowed: 1, used: 0 }],
  callLimits: [{ rule, allowed: 100, used: 3 }],
});

/** A flow with one permission node, and a switchboard that the test plays. */
export class PermissionBench {
  number = new FakeNumber();
  /** What the switchboard was asked: method and arguments. */
  heard: unknown[][] = [];
  /** Whether everybody is on the do-not-call list. */
  listed = false;
  readonly #boxes: Record<string, Inbox> = {};

  /** Registers mocha's hooks for the suite around it. */
  static here(): PermissionBench {
    const bench = new PermissionBench();
    before(() => helper.startServer());
    after(() => helper.stopServer());
    beforeEach(() => bench.#begin());
    afterEach(() => helper.unload());
    return bench;
  }

  /** @param node properties of the node @param more what else the switchboard does */
  readonly load = async (node: object = {}, more: object = {}): Promise<void> => {
    Object.assign(this.number.more, more);
    await helper.load([this.number.register, permission], flowOf(node));
    for (const id of ['result', 'refused', 'caught']) this.#boxes[id] = new Inbox(id);
  };
  readonly send = (msg: object): void => helper.getNode('node').receive(msg);
  readonly box = (id: string): Inbox => this.#boxes[id] ?? assert.fail(id);
  /** The code of a fault that the Catch node got. */
  readonly code = async (index = 0): Promise<unknown> =>
    ((await this.box('caught').at(index)).error as { code: string }).code;
  /** The newest status. */
  readonly status = (): { text?: string; fill?: string } | undefined => {
    const { status: spy } = helper.getNode('node') as unknown as {
      status: { lastCall?: { args: [{ text?: string; fill?: string }] } };
    };
    return spy.lastCall?.args[0];
  };
  readonly shows = (key: string, fill: string): Promise<void> =>
    until(() => this.status()?.text === `wa-call-permission.status.${key}` && this.status()?.fill === fill);

  #begin(): void {
    this.number = new FakeNumber();
    this.heard = [];
    this.listed = false;
    this.number.more = {
      explain: async (contact, purpose) => {
        this.heard.push(['explain', contact, ...(purpose === undefined ? [] : [purpose])]);
        return explained(contact, this.listed);
      },
      doNotCall: async (contact, entry) => {
        this.heard.push(['doNotCall', contact, entry]);
        this.listed = entry.listed;
      },
      importDoNotCall: async (list, options) => {
        this.heard.push(['importDoNotCall', list, options]);
        return { listed: 2, already: 1, bad: [{ line: 1, why: 'This is no phone number.' }] };
      },
    } satisfies Partial<Switchboard>;
  }
}
