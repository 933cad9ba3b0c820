import { strict as assert } from 'node:assert';
import { Subscription } from '../../../lib/switchboard/subscription.ts';

describe('lib/switchboard/subscription', () => {
  it('replaces the listener of the same owner, whether or not that one takes its leave', () => {
    const subscription = new Subscription<string>(10, () => {});
    const heard: string[] = [];
    const offOld = subscription.listen('node-1', (change) => heard.push(`old ${change}`));
    subscription.listen('node-1', (change) => heard.push(`new ${change}`));
    subscription.take('a');
    offOld();
    subscription.take('b');
    assert.deepEqual(heard, ['new a', 'new b']);
  });

  it('keeps what nobody hears for the next listener, in order and once', () => {
    const subscription = new Subscription<string>(10, () => {});
    subscription.take('a');
    const heard: string[] = [];
    const off = subscription.listen('node-1', (change) => {
      heard.push(change);
      // What a listener sets off comes behind what was kept.
      if (change === 'a') subscription.take('c');
    });
    subscription.take('d');
    off();
    subscription.take('e');
    subscription.listen('node-2', (change) => heard.push(change));
    assert.deepEqual(heard, ['a', 'c', 'd', 'e']);
  });

  it('drops the oldest when too much is kept, and says so', () => {
    const log: string[] = [];
    const subscription = new Subscription<string>(2, (level) => log.push(level));
    for (const change of ['a', 'b', 'c']) subscription.take(change);
    const heard: string[] = [];
    subscription.listen('node-1', (change) => heard.push(change));
    assert.deepEqual(heard, ['b', 'c']);
    assert.deepEqual(log, ['error']);
  });
});
