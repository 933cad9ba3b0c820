import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { CallView } from '../../lib/call/call.ts';
import type { Leg } from '../../lib/media/media.ts';
import type { Account, AccountState } from '../../lib/runtime/account.ts';
import { EventRelay } from '../../lib/runtime/event-relay.ts';
import { flowLifecycle } from '../../lib/runtime/flow-lifecycle.ts';
import type {
  AskInput,
  AskResult,
  CallChange,
  PermissionChange,
  PlaceInput,
  PlaceResult,
  Switchboard,
} from '../../lib/switchboard/switchboard.ts';

export const BUSINESS = { id: '334455667788990', phone: '351211000100' };
export const ANA = { phone: '5511955500123' };

/** A call as a switchboard shows it. */
export function callView(part: Partial<CallView> = {}): CallView {
  return {
    id: 'r-1',
    correlationId: 'r-1',
    direction: 'outbound',
    state: 'placed',
    contact: ANA,
    businessNumber: BUSINESS,
    purpose: 'delivery',
    startedAt: Date.UTC(2026, 10, 20),
    ...part,
  };
}

/** A number whose switchboard is played by the test: what each method does, and what it was asked. */
export class FakeNumber {
  readonly asked: AskInput[] = [];
  readonly placed: PlaceInput[] = [];
  readonly terminated: string[] = [];
  state: AccountState = { name: 'ready' };
  ask: (input: AskInput) => Promise<AskResult> = () => Promise.reject(new Error('not scripted'));
  place: (input: PlaceInput) => Promise<PlaceResult> = () => Promise.reject(new Error('not scripted'));
  terminate: (id: string) => Promise<CallView> = async (id) => callView({ id, state: 'ended', outcome: 'completed' });
  leg: (id: string) => Leg = () => {
    throw new Error('not scripted');
  };
  /** Methods besides these, as a test needs them. Set before the flow is loaded. */
  more: Partial<Switchboard> = {};
  #calls: ((change: CallChange) => void)[] = [];
  #permissions: ((change: PermissionChange) => void)[] = [];

  tellCall(change: CallChange): void {
    for (const listener of this.#calls) listener(change);
  }

  tellPermission(change: PermissionChange): void {
    for (const listener of this.#permissions) listener(change);
  }

  /** Registers a `wa-call-config` whose account is this number. */
  register = (RED: NodeAPI): void => {
    const number = this;
    const lifecycle = flowLifecycle(RED.events);
    const switchboard = {
      businessNumber: BUSINESS,
      ask: (input: AskInput) => {
        number.asked.push(input);
        return number.ask(input);
      },
      place: (input: PlaceInput) => {
        number.placed.push(input);
        return number.place(input);
      },
      terminate: (id: string) => {
        number.terminated.push(id);
        return number.terminate(id);
      },
      leg: (id: string) => number.leg(id),
      call: (id: string) => callView({ id }),
      announced: () => undefined,
      checkRecording: () => undefined,
      noteRecording: async () => true,
      ...number.more,
      onCall: (listener: (change: CallChange) => void) => {
        number.#calls.push(listener);
        return () => undefined;
      },
      onPermission: (listener: (change: PermissionChange) => void) => {
        number.#permissions.push(listener);
        return () => undefined;
      },
    } as unknown as Switchboard;
    const relay = new EventRelay(lifecycle, (error) => {
      throw error;
    });
    number.#calls = [];
    number.#permissions = [];
    relay.connect(switchboard);
    function Config(this: Node & { account?: Account }, config: NodeDef): void {
      RED.nodes.createNode(this, config);
      this.account = {
        relay,
        lifecycle,
        state: () => number.state,
        onState: (listener) => {
          listener(number.state);
          return () => undefined;
        },
        switchboard: () =>
          number.state.name === 'failed' ? Promise.reject(number.state.error) : Promise.resolve(switchboard),
        possibilities: async (_contact, permission) => ({
          canRequest: permission.status === 'not_requested',
          canCall: permission.status === 'granted',
        }),
        register: () => undefined,
        deregister: () => undefined,
      };
    }
    RED.nodes.registerType('wa-call-config', Config);
  };
}
