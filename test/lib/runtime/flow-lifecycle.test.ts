import { strict as assert } from 'node:assert';
import { EventEmitter } from 'node:events';
import { FlowLifecycle, flowLifecycle } from '../../../lib/runtime/flow-lifecycle.ts';

const started = (): { events: EventEmitter; lifecycle: FlowLifecycle; config: { flows: object[] } } => {
  const events = new EventEmitter();
  const lifecycle = new FlowLifecycle(events);
  const config = { flows: [{ id: 'c1', type: 'wa-call-config' }] };
  events.emit('flows:starting', { config });
  events.emit('flows:started', { config });
  return { events, lifecycle, config };
};

describe('FlowLifecycle', () => {
  it('ends calls when flows stop: the configuration is the very same object', () => {
    const { events, lifecycle, config } = started();
    events.emit('flows:stopping', { config });
    assert.equal(lifecycle.fate('c1', false), 'shutdown');
  });

  it('parks calls in a deploy that keeps the node', () => {
    const { events, lifecycle } = started();
    events.emit('flows:stopping', { config: { flows: [{ id: 'c1', type: 'wa-call-config' }] } });
    assert.equal(lifecycle.fate('c1', false), 'park');
  });

  it('ends calls in a deploy without the node, with it disabled, or with its tab disabled', () => {
    for (const flows of [
      [],
      [{ id: 'c1', d: true }],
      [
        { id: 'c1', z: 't1' },
        { id: 't1', type: 'tab', disabled: true },
      ],
    ]) {
      const { events, lifecycle } = started();
      events.emit('flows:stopping', { config: { flows } });
      assert.equal(lifecycle.fate('c1', false), 'config_removed', JSON.stringify(flows));
    }
  });

  it('ends calls if the node itself changed, but not for a new name or place', () => {
    for (const [changed, fate] of [
      [{ provider: 'meta' }, 'config_removed'],
      [{ name: 'Sales', x: 3 }, 'park'],
    ] as const) {
      const { events, lifecycle } = started();
      events.emit('flows:stopping', { config: { flows: [{ id: 'c1', type: 'wa-call-config', ...changed }] } });
      assert.equal(lifecycle.fate('c1', false), fate);
    }
  });

  it('ends calls of a removed node and parks when nobody said what is going on', () => {
    const { lifecycle } = started();
    assert.equal(lifecycle.fate('c1', true), 'config_removed');
    assert.equal(lifecycle.fate('c1', false), 'park');
    assert.equal(new FlowLifecycle(new EventEmitter()).fate('c1', false), 'park');
  });

  it('forgets a finished deploy', () => {
    const { events, lifecycle, config } = started();
    events.emit('flows:stopping', { config });
    events.emit('flows:starting', { config });
    events.emit('flows:started', { config });
    assert.equal(lifecycle.fate('c1', false), 'park');
  });

  it('resumes waiters when the new nodes exist', () => {
    const { events, lifecycle } = started();
    const seen: string[] = [];
    lifecycle.whenSettled(() => seen.push('at once'));
    events.emit('flows:stopping', { config: { flows: [] } });
    lifecycle.whenSettled(() => seen.push('later'));
    assert.deepEqual([seen, lifecycle.settled], [['at once'], false]);
    events.emit('flows:started', { config: { flows: [] } });
    assert.deepEqual([seen, lifecycle.settled], [['at once', 'later'], true]);
  });

  it('is one per emitter and subscribes once', () => {
    const events = new EventEmitter();
    assert.equal(flowLifecycle(events), flowLifecycle(events));
    assert.equal(events.listenerCount('flows:stopping'), 1);
  });
});
