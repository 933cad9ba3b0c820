import { strict as assert } from 'node:assert';
import { PacketIndex, rolloverOf } from '../../../../lib/media/srtp/packet-index.ts';

describe('SRTP packet index', () => {
  function having(...sequence: number[]): PacketIndex {
    const stream = new PacketIndex();
    for (const number of sequence) stream.note(stream.guess(number));
    return stream;
  }

  it('counts how often the numbers have started over, whichever packet comes first after the turn', () => {
    assert.equal(rolloverOf(having(65_534, 65_535).guess(0)), 1);
    assert.equal(rolloverOf(having(65_530).guess(3)), 1);
    assert.equal(rolloverOf(having(65_534, 1).guess(65_535)), 0);
    assert.equal(rolloverOf(having(65_534, 1, 2).guess(3)), 1);
    assert.equal(having(5).guess(65_535), 65_535, 'nothing comes before the first turn');
  });

  it('follows a stream through three turns with every tenth packet lost', () => {
    const stream = new PacketIndex();
    for (let index = 60_000; index < 60_000 + 3 * 65_536; index += index % 10 === 8 ? 2 : 1) {
      assert.equal(stream.guess(index % 65_536), index);
      stream.note(index);
    }
  });

  it('knows what has come, and takes for a replay what is too old to know', () => {
    const stream = having(1000, 1001, 1003);
    assert.equal(stream.replayed(stream.guess(1001)), true);
    assert.equal(stream.replayed(stream.guess(1002)), false);
    assert.equal(stream.replayed(stream.guess(1004)), false);
    assert.equal(stream.replayed(stream.guess(700)), true);
    assert.equal(stream.replayed(stream.guess(1003)), true);
  });

  it('guesses without taking note: a forged packet changes nothing', () => {
    const stream = having(65_534);
    assert.equal(stream.guess(10), 65_546);
    assert.equal(stream.guess(65_535), 65_535);
  });
});
