import { strict as assert } from 'node:assert';
import { Reception } from '../../../simulator/relay/reception.ts';

describe('Reception reports', () => {
  it('say nothing before the first packet', () => {
    assert.equal(new Reception().report(0), undefined);
  });

  it('count loss since the last report and in all, over the wrap of the sequence number', () => {
    const reception = new Reception();
    for (const step of [0, 1, 2, 4, 5, 6, 7, 8])
      reception.receive(9, { sequenceNumber: (65533 + step) & 0xffff, timestamp: step * 960 }, step * 20);
    const first = reception.report(200);
    assert.deepEqual(
      { lost: first?.packetsLost, fraction: first?.fractionLost, highest: first?.highestSequence },
      { lost: 1, fraction: Math.floor(256 / 9), highest: 65536 + 5 },
    );
    assert.equal(reception.report(300)?.fractionLost, 0);
    assert.equal(reception.report(300)?.packetsLost, 1);
  });

  it('measure jitter as RFC 3550 does', () => {
    const reception = new Reception();
    const arrivals = [0, 20, 50, 60];
    arrivals.forEach((at, index) => {
      reception.receive(9, { sequenceNumber: index, timestamp: index * 960 }, at);
    });
    // Transit changes of 0, 10 ms and -10 ms, smoothed by 1/16.
    const expected = 480 / 16 + (480 - 480 / 16) / 16;
    assert.equal(reception.report(100)?.jitter, Math.round(expected));
  });

  it('tell the sender how old its last report is', () => {
    const reception = new Reception();
    reception.receive(9, { sequenceNumber: 1, timestamp: 0 }, 0);
    reception.senderReport(0x1122334455667788n, 1000);
    assert.equal(reception.report(1500)?.lsr, 0x33445566);
    assert.equal(reception.report(1500)?.dlsr, 32768);
  });
});
