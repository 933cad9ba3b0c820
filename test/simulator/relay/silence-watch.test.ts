import { strict as assert } from 'node:assert';
import { SilenceWatch } from '../../../simulator/relay/silence-watch.ts';

describe('Silence of the business', () => {
  it('is not counted before listening begins', () => {
    const watch = new SilenceWatch();
    watch.heard(0);
    assert.equal(watch.due(60_000), undefined);
  });

  it('is due every five seconds, once each, and starts anew with the next packet', () => {
    const watch = new SilenceWatch();
    watch.reset(1000);
    assert.deepEqual(
      [5999, 6000, 6020, 10_999, 11_000, 16_500].map((now) => watch.due(now)),
      [undefined, 5, undefined, undefined, 10, 15],
    );
    watch.heard(17_000);
    assert.deepEqual(
      [21_000, 22_000].map((now) => watch.due(now)),
      [undefined, 5],
    );
  });

  it('counts on after a stall instead of reporting what was missed one by one', () => {
    const watch = new SilenceWatch();
    watch.reset(0);
    assert.equal(watch.due(21_000), 21);
    assert.equal(watch.due(21_020), undefined);
  });
});
