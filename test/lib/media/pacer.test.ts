import { strict as assert } from 'node:assert';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pacer } from '../../../lib/media/pacer.ts';

describe('pacer', () => {
  it('means every beat exactly 20 ms after the last, for everybody, also after a stall', async () => {
    const pacer = new Pacer();
    const beats: number[] = [];
    const others: number[] = [];
    const beat = (at: number) => beats.push(at);
    const other = (at: number) => others.push(at);
    pacer.add(beat);
    pacer.add(other);
    await sleep(100);
    const until = performance.now() + 90;
    while (performance.now() < until);
    await sleep(100);
    pacer.remove(beat);
    const count = others.length;
    await sleep(60);
    assert.ok(others.length > count, 'the others go on');
    pacer.remove(other);
    const end = others.length;
    await sleep(60);
    assert.equal(others.length, end);
    assert.ok(beats.length >= 10);
    assert.ok(beats.every((at, index) => index === 0 || Math.abs(at - (beats[index - 1] ?? 0) - 20) < 1e-6));
  });

  it('does not send a burst after a long pause, and stays in step', async () => {
    let skipped = 0;
    const pacer = new Pacer(() => performance.now() + skipped);
    const beats: number[] = [];
    const beat = (at: number) => beats.push(at);
    pacer.add(beat);
    await sleep(50);
    const before = beats.length;
    skipped = 60_000;
    await sleep(50);
    pacer.remove(beat);
    assert.ok(beats.length - before < 15, `${beats.length - before} beats`);
    const first = beats[0] ?? 0;
    assert.ok(beats.every((at) => Math.abs((at - first) / 20 - Math.round((at - first) / 20)) < 1e-6));
  });

  it('lets legs take turns within the 20 ms, evenly, each in its own step', async () => {
    const turns: number[] = [];
    const pacer = new Pacer(
      () => performance.now(),
      (beats) => {
        turns.push(0);
        beats();
      },
    );
    const beats = Array.from({ length: 8 }, (): number[] => []);
    const listeners = beats.map((own) => (at: number) => {
      own.push(at);
      turns.push((turns.pop() ?? 0) + 1);
    });
    for (const listener of listeners) pacer.add(listener);
    await sleep(120);
    for (const listener of listeners) pacer.remove(listener);
    const phases = beats.map(([first = 0]) => Math.round((first - (beats[0]?.[0] ?? 0) + 20) % 20));
    assert.deepEqual(
      phases.toSorted((a, b) => a - b),
      [0, 0, 5, 5, 10, 10, 15, 15],
    );
    for (const own of beats)
      assert.ok(own.every((at, index) => index === 0 || Math.abs(at - (own[index - 1] ?? 0) - 20) < 1e-6));
    assert.ok(
      turns.every((count) => count === 2),
      turns.join(),
    );
  });
});
