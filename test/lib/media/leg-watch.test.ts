import { strict as assert } from 'node:assert';
import type { MediaFacts } from '../../../lib/media/doctor/media-facts.ts';
import { LegWatch } from '../../../lib/media/leg-watch.ts';
import type { LegEvents, LegOptions, LegStatistics } from '../../../lib/media/media.ts';
import { readByes } from '../../../lib/media/rtcp-bye.ts';

const FACTS: MediaFacts = {
  ...{ pairs: 1, checksSent: 7, checksAnswered: 0, checksReceived: 0, paired: false, consentLost: false },
  ...{ secure: false, handshakeReceived: 0, mediaReceived: 0, undecryptable: 0, reportsReceived: 0, packetsTaken: 0 },
};
const FIGURES = { packetsReceived: 5 } as LegStatistics;

/** A receiver report without blocks, then a BYE of these sources. */
function goodbye(...sources: number[]): Buffer {
  const bye = Buffer.alloc(4 + sources.length * 4);
  bye.writeUInt8(0x80 | sources.length, 0);
  bye.writeUInt8(203, 1);
  bye.writeUInt16BE(sources.length, 2);
  for (const [index, source] of sources.entries()) bye.writeUInt32BE(source, 4 + index * 4);
  return Buffer.concat([report(), bye]);
}

function report(): Buffer {
  return Buffer.from([0x80, 201, 0, 1, 0, 0, 0x10, 0xe1]);
}

function watched(options: LegOptions = {}, source: { ssrc?: number } = { ssrc: 4321 }) {
  const events: [keyof LegEvents, ...unknown[]][] = [];
  const watch = new LegWatch(options, {
    emit: (event, ...args) => events.push([event, ...args]),
    facts: () => FACTS,
    statistics: () => FIGURES,
    source: () => source.ssrc,
  });
  /** Beats from one second to another, with packets in between or without. */
  const live = (from: number, to: number, packets: boolean) => {
    for (let at = from * 1000; at < to * 1000; at += 20) {
      if (packets) watch.packet(at);
      watch.beat(at);
    }
  };
  return { watch, events, live };
}

describe('what a leg watches', () => {
  it('a goodbye counts when nothing comes after it', () => {
    const { watch, events, live } = watched();
    live(0, 2, true);
    watch.control(goodbye(4321), 2000);
    watch.packet(2100);
    live(2.2, 3, false);
    assert.deepEqual(events, [], 'the provider has time to tell the hang-up itself');
    watch.control(goodbye(4321), 3000);
    live(3, 9, false);
    assert.deepEqual(events, [['bye']], 'and it is told once');
  });

  it('a goodbye of another source, or one after which the sound goes on, ends nothing', () => {
    const { watch, events, live } = watched();
    live(0, 1, true);
    watch.control(goodbye(99, 100), 1000);
    watch.control(goodbye(4321), 1000);
    live(1, 5, true);
    assert.deepEqual(events, []);
  });

  it('a goodbye before the first packet counts, whoever says it', () => {
    const { watch, events, live } = watched({}, {});
    watch.control(goodbye(7), 0);
    live(0, 3, false);
    assert.deepEqual(events, [['bye']]);
  });

  it('silence is told once, with the reason that can be seen, and so is its end', () => {
    const { watch, events, live } = watched({ silenceSeconds: 4 });
    watch.accepted();
    live(0, 1, true);
    live(1, 8, false);
    assert.deepEqual(events, [['silence', { seconds: 4, reports: false, tooLong: false }]]);
    watch.packet(8000);
    live(8, 9, true);
    watch.control(report(), 11_000);
    live(9, 15, false);
    assert.deepEqual(events.slice(1), [
      ['sound', { seconds: 7 }],
      ['silence', { seconds: 4, reports: true, tooLong: false }],
    ]);
    watch.close();
  });

  it('nothing is silent before somebody picked up, or if it was switched off', () => {
    const ringing = watched();
    ringing.live(0, 1, true);
    ringing.live(1, 60, false);
    assert.deepEqual(ringing.events, []);
    const off = watched({ silenceSeconds: 0 });
    off.watch.accepted();
    off.live(0, 1, true);
    off.live(1, 60, false);
    assert.deepEqual(off.events, []);
    off.watch.close();
  });

  it('a silence that is too long is told as such once, if that was asked for', () => {
    const { watch, events, live } = watched({ silenceSeconds: 0, silenceEndsSeconds: 20 });
    watch.accepted();
    live(0, 1, true);
    live(1, 60, false);
    assert.deepEqual(events, [['silence', { seconds: 20, reports: false, tooLong: true }]]);
    watch.close();
  });

  it('figures come every so many seconds if asked for', () => {
    const { events, live } = watched({ statisticsSeconds: 2 });
    live(0, 7, true);
    assert.deepEqual(
      events,
      [0, 1, 2].map(() => ['statistics', FIGURES]),
    );
  });
});

describe('RTCP goodbyes', () => {
  it('are found behind other packets, with all their sources', () => {
    assert.deepEqual(readByes(goodbye(1, 0xffff_ffff)), [1, 0xffff_ffff]);
    assert.deepEqual(readByes(report()), []);
    const reason = Buffer.from([0x81, 203, 0, 3, 0, 0, 0, 5, 3, 0x62, 0x79, 0x65, 0, 0, 0, 0]);
    assert.deepEqual(readByes(reason), [5], 'a reason for leaving is no source');
  });

  it('are read no further than the packet is sound', () => {
    const whole = goodbye(1, 2);
    for (let length = 0; length < whole.length; length += 1) assert.deepEqual(readByes(whole.subarray(0, length)), []);
    assert.deepEqual(
      readByes(Buffer.from([0x9f, 203, 0, 1, 0, 0, 0, 9])),
      [9],
      'more sources announced than there are',
    );
    assert.deepEqual(readByes(Buffer.alloc(70_000, 0x80)), []);
  });
});
