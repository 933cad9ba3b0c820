import { strict as assert } from 'node:assert';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import { Pacer } from '../../../lib/media/pacer.ts';
import { SetupQueue } from '../../../lib/media/setup-queue.ts';
import { WorkerLeg } from '../../../lib/media/worker-leg.ts';

const NEVER = new AbortController().signal;

/** Pieces of work that end when the test says so. */
function works(queue: SetupQueue) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const add = (number: number, signal: AbortSignal = NEVER) =>
    queue.run(signal, () => {
      begun.push(number);
      return new Promise<number>((resolve) => {
        ends[number] = () => resolve(number);
      });
    });
  return { begun, ends, add };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('set-up queue', () => {
  it('lets so many begin at once, the others in their order', async () => {
    const queue = new SetupQueue(2);
    const { begun, ends, add } = works(queue);
    const all = [0, 1, 2, 3, 4].map((number) => add(number));
    await turn();
    assert.deepEqual([begun, queue.waiting], [[0, 1], 3]);
    ends[1]?.();
    await turn();
    assert.deepEqual(begun, [0, 1, 2]);
    ends[0]?.();
    ends[2]?.();
    await turn();
    assert.deepEqual(begun, [0, 1, 2, 3, 4]);
    ends[3]?.();
    ends[4]?.();
    assert.deepEqual(await Promise.all(all), [0, 1, 2, 3, 4]);
    assert.equal(await queue.run(NEVER, async () => 'free again'), 'free again');
  });

  it('whoever gives up leaves the queue, and costs nobody a place', async () => {
    const queue = new SetupQueue(1);
    const { begun, ends, add } = works(queue);
    const gone = new AbortController();
    const all = [add(0), add(1, gone.signal), add(2), add(3, gone.signal)];
    await turn();
    gone.abort();
    ends[0]?.();
    await turn();
    assert.deepEqual([begun, queue.waiting], [[0, 2], 0]);
    ends[2]?.();
    assert.deepEqual(await Promise.all(all), [0, undefined, 2, undefined]);
    assert.equal(await add(4, gone.signal), undefined, 'it does not even begin');
  });

  it('work that fails makes room too', async () => {
    const queue = new SetupQueue(1);
    await assert.rejects(
      queue.run(NEVER, () => Promise.reject(new Error('no port'))),
      /no port/,
    );
    assert.equal(await queue.run(NEVER, async () => 1), 1);
  });

  it('thirty legs through a queue of three all get their offer', async () => {
    const engine = createMediaEngine();
    const ids = Array.from({ length: 30 }, (_, index) => `leg-${index}`);
    const legs = await Promise.all(
      ids.map((id) => engine.createLeg(id, { bindAddress: '127.0.0.1', setupsAtOnce: 3 })),
    );
    for (const offer of await Promise.all(legs.map((leg) => leg.createOffer()))) assert.match(offer, /^v=0/);
    await engine.close();
    assert.equal(engine.legs(), 0);
  });

  it('a leg that is closed while it waits makes no offer and opens no socket', async () => {
    const queue = new SetupQueue(1);
    const { ends, add } = works(queue);
    const first = add(0);
    const leg = await WorkerLeg.create({ bindAddress: '127.0.0.1' }, () => undefined, new Pacer(), queue);
    const offer = assert.rejects(leg.createOffer(), { code: 'media_not_connected' });
    await turn();
    assert.equal(queue.waiting, 1);
    await leg.close();
    await offer;
    assert.equal(queue.waiting, 0);
    ends[0]?.();
    await first;
  });
});
