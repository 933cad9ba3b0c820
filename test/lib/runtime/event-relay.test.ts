import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import { EventRelay } from '../../../lib/runtime/event-relay.ts';
import { FlowLifecycle } from '../../../lib/runtime/flow-lifecycle.ts';
import type { CallChange, PermissionChange } from '../../../lib/switchboard/switchboard.ts';

const setUp = () => {
  const events = new EventEmitter();
  const reports: unknown[] = [];
  const relay = new EventRelay(new FlowLifecycle(events), (error) => reports.push(error));
  const listeners: ((change: CallChange) => void)[] = [];
  relay.connect({
    onCall: (listener) => {
      listeners.push(listener);
      return () => undefined;
    },
    onPermission: (_listener: (change: PermissionChange) => void) => () => undefined,
  });
  const tell = (event: CallChange['event']): void => {
    for (const listener of listeners) listener({ event } as CallChange);
  };
  return { events, relay, reports, tell };
};

describe('EventRelay', () => {
  it('hands events on at once while no deploy goes on', () => {
    const { relay, tell } = setUp();
    const heard: string[] = [];
    const off = relay.onCall(({ event }) => heard.push(event));
    tell('ringing');
    off();
    tell('ended');
    assert.deepEqual(heard, ['ringing']);
  });

  it('keeps what happens in a deploy for the successors, in order', () => {
    const { events, relay, tell } = setUp();
    const old: string[] = [];
    const successor: string[] = [];
    const off = relay.onCall(({ event }) => old.push(event));
    events.emit('flows:stopping', { config: { flows: [] } });
    tell('answered');
    off();
    tell('ended');
    relay.onCall(({ event }) => successor.push(event));
    events.emit('flows:started', { config: { flows: [] } });
    tell('placed');
    assert.deepEqual([old, successor], [[], ['answered', 'ended', 'placed']]);
  });

  it('lets one listener fail without keeping the event from the others', () => {
    const { relay, reports, tell } = setUp();
    const heard: string[] = [];
    relay.onCall(() => {
      throw new Error('mine');
    });
    relay.onCall(({ event }) => heard.push(event));
    tell('ended');
    assert.deepEqual(heard, ['ended']);
    assert.equal((reports[0] as Error).message, 'mine');
  });
});
