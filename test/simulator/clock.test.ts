import { strict as assert } from 'node:assert';
import { Clock } from '../../simulator/clock.ts';

describe('simulator: clock', () => {
  it('runs what it passes over, in order and at its own moment', () => {
    const clock = new Clock();
    const start = clock.now();
    const seen: [string, number][] = [];
    const note = (name: string) => () => seen.push([name, Math.round((clock.now() - start) / 1000)]);
    clock.after(60, note('late'));
    clock.after(10, () => {
      note('early')();
      clock.after(20, note('planned on the way'));
    });
    clock.after(7 * 86_400, note('beyond'));
    clock.advance(100);
    assert.deepEqual(seen, [
      ['early', 10],
      ['planned on the way', 30],
      ['late', 60],
    ]);
    assert.ok(clock.now() - start >= 100_000);
    clock.stop();
  });

  it('runs by itself too, faster by its pace, once', async () => {
    const clock = new Clock(0, 0.001);
    let runs = 0;
    await new Promise<void>((resolve) => {
      clock.after(10, () => {
        runs += 1;
        resolve();
      });
    });
    clock.advance(3600);
    assert.equal(runs, 1);
  });

  it('forgets what was cancelled', () => {
    const clock = new Clock();
    let runs = 0;
    const timer = clock.after(1, () => {
      runs += 1;
    });
    timer.cancel();
    timer.cancel();
    clock.advance(5);
    assert.equal(runs, 0);
  });

  it('holds plans of more than 24 days without running them at once', async () => {
    const clock = new Clock();
    let runs = 0;
    clock.after(30 * 86_400, () => {
      runs += 1;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(runs, 0);
    clock.advance(30 * 86_400);
    assert.equal(runs, 1);
  });
});
