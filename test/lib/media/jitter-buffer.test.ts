import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { JitterBuffer, type JitterStatistics, type Turn } from '../../../lib/media/jitter-buffer.ts';

/** G.711 at 20 ms: 160 ticks, 160 bytes. The first two bytes of the payload number the packet. */
const SETTINGS = { ticksPerMs: 8, duration: (payload: Uint8Array) => payload.length || undefined };
const PACKETS = 400;

interface Sent {
  index: number;
  /** ms since the sender began; silence in between makes it jump. */
  at: number;
  /** ms on the way; nothing: lost. */
  delays: number[];
}

interface Run {
  played: number[];
  turns: Turn[];
  statistics: JitterStatistics;
  accepted: number;
  depths: number[];
  delays: number[];
}

function payload(index: number, bytes = 160): Buffer {
  const data = Buffer.alloc(bytes, 0xd5);
  data.writeUInt16BE(index & 0xffff, 0);
  return data;
}

/** Lets the packets travel and plays what arrives, on simulated time. */
function run(sent: Sent[], options: { firstSequence?: number; firstTimestamp?: number; ppm?: number } = {}): Run {
  const { firstSequence = 65_500, firstTimestamp = 0xffff_0000, ppm = 0 } = options;
  const buffer = new JitterBuffer(SETTINGS);
  const arrivals = sent
    .flatMap(({ index, at, delays }) => delays.map((delay) => ({ index, at, when: at + delay + 1000 })))
    .toSorted((a, b) => a.when - b.when);
  const result: Run = { played: [], turns: [], statistics: buffer.statistics(), accepted: 0, depths: [], delays: [] };
  const last = (arrivals.at(-1)?.when ?? 0) + 1000;
  let next = 0;
  for (let at = 1000; at < last; at += 20 * (1 + ppm / 1e6)) {
    for (let arrival = arrivals[next]; arrival && arrival.when <= at; arrival = arrivals[next]) {
      next += 1;
      const packet = {
        ssrc: 7,
        sequenceNumber: (firstSequence + arrival.index) & 0xffff,
        timestamp: (firstTimestamp + arrival.at * 8) >>> 0,
        payload: payload(arrival.index),
      };
      if (buffer.push(packet, arrival.when)) result.accepted += 1;
      result.depths.push(buffer.statistics().depth);
    }
    for (let turn = buffer.next(at); ; turn = buffer.next(at)) {
      result.turns.push(turn);
      if (turn.kind === 'packet' || turn.kind === 'skipped')
        result.played.push(Buffer.from(turn.packet.payload).readUInt16BE(0));
      if (turn.kind !== 'skipped') break;
    }
    result.delays.push(buffer.statistics().delayMs);
  }
  result.statistics = buffer.statistics();
  return result;
}

/** Steady speech of one packet every 20 ms, each delayed as told. */
function speech(delayOf: (index: number) => number | undefined, packets = PACKETS): Sent[] {
  return Array.from({ length: packets }, (_, index) => {
    const delay = delayOf(index);
    return { index, at: index * 20, delays: delay === undefined ? [] : [delay] };
  });
}

/** Reproducible noise, 0 to 1. */
function noise(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function count(turns: Turn[], kind: Turn['kind']): number {
  return turns.filter((turn) => turn.kind === kind).length;
}

describe('jitter buffer', () => {
  it('plays everything in order when nothing happens, with the smallest delay that is safe', () => {
    const { played, statistics, turns } = run(speech(() => 5));
    assert.deepEqual(
      played,
      Array.from({ length: PACKETS }, (_, index) => index),
    );
    assert.equal(statistics.late + statistics.discarded + statistics.stretched, 0);
    assert.ok(statistics.delayMs <= 60, `${statistics.delayMs} ms`);
    assert.equal(count(turns, 'recovered'), 0);
  });

  it('holds its promises on any network', () => {
    const step = fc.record({
      gap: fc.oneof(
        { weight: 20, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.integer({ min: 20, max: 3000 }) },
      ),
      delay: fc.oneof(
        { weight: 10, arbitrary: fc.integer({ min: 0, max: 30 }) },
        { weight: 2, arbitrary: fc.integer({ min: 0, max: 400 }) },
        { weight: 1, arbitrary: fc.constant(undefined) },
      ),
      twice: fc.oneof(
        { weight: 10, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.integer({ min: 0, max: 300 }) },
      ),
    });
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 1, maxLength: 150 }),
        fc.integer({ min: 0, max: 65_535 }),
        fc.integer({ min: 0, max: 2 ** 32 - 1 }),
        (steps, firstSequence, firstTimestamp) => {
          let at = 0;
          const sent = steps.map(({ gap, delay, twice }, index) => {
            at += 20 + gap;
            const delays = [delay, delay === undefined ? undefined : twice].filter((ms) => ms !== undefined);
            return { index, at, delays };
          });
          const { played, statistics, accepted, depths, delays } = run(sent, { firstSequence, firstTimestamp });
          assert.ok(
            played.every((index, place) => place === 0 || index > (played[place - 1] as number)),
            'in order, none twice',
          );
          const { depth, late, discarded } = statistics;
          assert.equal(depth, 0, 'nothing stays behind');
          assert.equal(played.length, statistics.played + statistics.skipped);
          assert.equal(accepted, played.length + discarded, 'what was taken was played or dropped on purpose');
          const copies = sent.reduce((sum, packet) => sum + packet.delays.length, 0);
          assert.equal(copies, accepted + late + statistics.duplicates, 'every packet is accounted for');
          assert.ok(
            depths.every((held) => held <= 20),
            'bounded depth',
          );
          assert.ok(
            delays.every((ms) => ms <= 300),
            `bounded delay: ${Math.max(...delays)}`,
          );
        },
      ),
      { numRuns: 300 },
    );
  });

  it('replaces every lost packet by exactly one turn, by a copy in the next one where there is a next one', () => {
    for (const [lost, copies] of [
      [[100], 1],
      [[100, 101], 1],
      [[100, 102, 104], 3],
      [[100, 101, 102, 103], 1],
    ] as const) {
      const { turns, played, statistics } = run(
        speech((index) => ((lost as readonly number[]).includes(index) ? undefined : 5)),
      );
      assert.equal(played.length, PACKETS - lost.length);
      assert.equal(statistics.recovered, copies, `${lost}`);
      const first = turns.findIndex(({ kind }) => kind === 'packet');
      const during = turns.slice(first, first + PACKETS);
      assert.equal(count(during, 'packet'), PACKETS - lost.length, 'nothing is shifted');
      assert.equal(statistics.late, 0);
    }
  });

  it('waits for packets out of order and plays them in order', () => {
    const { played, statistics } = run(speech((index) => (index % 5 === 3 ? 45 : 5)));
    assert.deepEqual(
      played,
      Array.from({ length: PACKETS }, (_, index) => index),
    );
    assert.equal(statistics.late, 0);
  });

  for (const [name, delayOf, mostLate] of [
    ['evenly spread over 60 ms', (random: () => number) => random() * 60, 0.02],
    ['exponential with a mean of 20 ms', (random: () => number) => -20 * Math.log(1 - random()), 0.04],
    ['mostly 10 ms, one in fifty 120 ms', (random: () => number) => (random() < 0.02 ? 120 : 10 + random() * 5), 0.03],
  ] as const)
    it(`follows jitter ${name}`, () => {
      const random = noise(11);
      const { statistics, played } = run(speech(() => delayOf(random), 3000));
      const replaced = statistics.concealed + statistics.recovered;
      assert.ok(statistics.late / 3000 <= mostLate, `${statistics.late} late`);
      assert.ok(replaced / 3000 <= mostLate + 0.02, `${replaced} replaced`);
      assert.ok(played.length >= 3000 * (1 - mostLate));
      assert.ok(statistics.targetMs >= 40 && statistics.targetMs <= 200, `${statistics.targetMs} ms`);
    });

  it('grows within a moment when the network gets worse, and comes back only where it is not heard', () => {
    const random = noise(3);
    const worse = speech((index) => (index >= 200 && index < 500 ? random() * 120 : 5), 2500);
    const steady = run(worse);
    const at = (index: number) => steady.delays[index] as number;
    assert.ok(at(190) <= 60, `${at(190)} before`);
    assert.ok(at(260) >= 90, `${at(260)} soon after`);
    assert.ok(at(2400) >= 90, 'while somebody speaks without a pause nothing is cut out');
    assert.equal(steady.statistics.skipped, 0);
    const pausing = worse.map((packet) => ({ ...packet, at: packet.at + Math.floor(packet.index / 50) * 600 }));
    const { delays } = run(pausing);
    assert.ok((delays.at(-150) as number) <= 80, `${delays.at(-150)} ms after pauses`);
  });

  it('waits one packet longer where packets get lost, so that the copy in the next one is there in time', () => {
    const buffer = new JitterBuffer(SETTINGS);
    let before = 0;
    for (let index = 0; index < 4000; index += 1) {
      const at = index * 20;
      const lossy = index >= 3000;
      const packet = { ssrc: 1, sequenceNumber: index, timestamp: index * 160, payload: payload(index) };
      if (!lossy || index % 10 !== 4) buffer.push(packet, at - 19 + (index % 4) * 4);
      // Quiet at first, so that the delay may shrink to what a perfect network needs.
      while (buffer.next(at + 1, !lossy).kind === 'skipped');
      if (index === 2999) before = buffer.statistics().delayMs;
    }
    const { stretched, recovered, delayMs } = buffer.statistics();
    assert.ok(before <= 40, `${before} ms before`);
    assert.equal(stretched, 1, 'nobody pauses, so it is done in the middle of speech');
    assert.ok(delayMs >= before + 19, `${delayMs} ms`);
    assert.ok(recovered >= 98, `${recovered} recovered of 100`);
  });

  it('catches up after whoever plays was held up, also while somebody speaks', () => {
    const buffer = new JitterBuffer(SETTINGS);
    const delays: number[] = [];
    for (let index = 0; index < 300; index += 1) {
      const at = index * 20;
      buffer.push({ ssrc: 1, sequenceNumber: index, timestamp: index * 160, payload: payload(index) }, at);
      if (index >= 100 && index < 110) continue;
      while (buffer.next(at).kind === 'skipped');
      delays.push(buffer.statistics().delayMs);
    }
    assert.ok(buffer.statistics().skipped >= 1, 'it was behind');
    assert.ok((delays.at(-1) ?? 999) <= 220, `${delays.at(-1)} ms`);
    assert.equal(buffer.statistics().discarded, 0);
  });

  it('understands a pause of the sender as silence, not as loss', () => {
    const pauses = speech(() => 5).map((packet) => ({
      ...packet,
      at: packet.at + Math.floor(packet.index / 40) * 1000,
    }));
    const { played, statistics, turns } = run(pauses);
    assert.equal(played.length, PACKETS);
    assert.equal(statistics.recovered, 0);
    // Without word of the pause the first frames of each are concealed, as they may have been lost.
    assert.ok(statistics.concealed <= 10 * 5, `${statistics.concealed} concealed`);
    assert.ok(count(turns, 'silence') >= 9 * 44);
  });

  it('conceals nothing at all when the sender says that it rests', () => {
    const buffer = new JitterBuffer({ ...SETTINGS, rests: (data) => data[2] === 1 });
    const kinds: string[] = [];
    let sequenceNumber = 0;
    for (let at = 0; at < 4000; at += 20) {
      const frame = at / 20;
      const talking = frame % 100 < 50;
      const refreshes = frame % 20 === 10;
      if (talking || refreshes) {
        const data = payload(frame);
        data[2] = talking && frame % 100 < 49 ? 0 : 1;
        buffer.push(
          { ssrc: 1, sequenceNumber: sequenceNumber++, timestamp: frame * 160, payload: data },
          at + (frame % 3),
        );
      }
      kinds.push(buffer.next(at).kind);
    }
    assert.deepEqual([...new Set(kinds)].toSorted(), ['packet', 'silence']);
  });

  it('takes comfort noise as the beginning of silence', () => {
    const buffer = new JitterBuffer(SETTINGS);
    for (let index = 0; index < 10; index += 1)
      buffer.push({ ssrc: 1, sequenceNumber: index, timestamp: index * 160, payload: payload(index) }, index * 20);
    const comfort = { ssrc: 1, sequenceNumber: 10, timestamp: 1600, payload: Buffer.from([60]), comfort: true };
    buffer.push(comfort, 200);
    const turns = Array.from({ length: 30 }, (_, index) => buffer.next(100 + index * 20));
    assert.equal(count(turns, 'concealed'), 0);
    assert.equal(turns.filter((turn) => turn.kind === 'packet' && turn.ticks === 0).length, 1);
  });

  it('goes on with a new sender, and with one whose clock begins anew', () => {
    for (const change of ['ssrc', 'timestamp', 'sequence'] as const) {
      const buffer = new JitterBuffer(SETTINGS);
      const played: number[] = [];
      for (let index = 0; index < 300; index += 1) {
        const anew = index >= 100;
        buffer.push(
          {
            ssrc: anew && change === 'ssrc' ? 8 : 7,
            sequenceNumber: (anew && change !== 'timestamp' ? 40_000 : 10) + index,
            timestamp: (anew ? 3_000_000_000 : 5) + index * 160,
            payload: payload(index),
          },
          index * 20,
        );
        const turn = buffer.next(index * 20);
        if (turn.kind === 'packet') played.push(Buffer.from(turn.packet.payload).readUInt16BE(0));
      }
      assert.ok(
        played.every((index, place) => place === 0 || index > (played[place - 1] as number)),
        change,
      );
      assert.ok(played.length >= 290, `${change}: ${played.length} played`);
      assert.ok(buffer.statistics().delayMs <= 100, `${change}: ${buffer.statistics().delayMs} ms`);
    }
  });

  it('does not go back to a sender that has been replaced', () => {
    const buffer = new JitterBuffer(SETTINGS);
    const push = (ssrc: number, sequenceNumber: number, at: number) =>
      buffer.push({ ssrc, sequenceNumber, timestamp: sequenceNumber * 160, payload: payload(sequenceNumber) }, at);
    for (let index = 0; index < 10; index += 1) push(1, index, index * 20);
    assert.ok(push(2, 500, 200));
    assert.equal(push(1, 10, 205), false);
    assert.ok(push(2, 501, 220));
    assert.equal(buffer.statistics().late, 1);
  });

  it('never holds more than the greatest delay, when a stalled network delivers everything at once', () => {
    const { statistics, depths, played } = run(
      speech((index) => (index >= 100 && index < 250 ? (250 - index) * 20 : 5)),
    );
    assert.ok(Math.max(...depths) <= 16, `${Math.max(...depths)} packets`);
    assert.ok(statistics.discarded > 100);
    assert.ok(played.includes(399));
    assert.ok(statistics.delayMs <= 260, `${statistics.delayMs} ms`);
  });

  for (const ppm of [-200, 200])
    it(`follows a clock that differs by ${ppm} ppm for ten minutes`, () => {
      const random = noise(5);
      const { statistics, delays, played } = run(
        speech(() => random() * 10, 30_000),
        { ppm },
      );
      assert.ok(played.length >= 29_985, `${played.length} played`);
      assert.ok(
        delays.slice(100, -60).every((ms) => ms > -10 && ms <= 240),
        `${Math.max(...delays)}`,
      );
      assert.ok(statistics.late <= 10, `${statistics.late} late`);
    });

  it('plays packets of 10 to 60 ms, each as long as it is', () => {
    for (const bytes of [80, 240, 320, 480]) {
      const buffer = new JitterBuffer(SETTINGS);
      let sound = 0;
      let index = 0;
      for (let at = 0, due = 0; at < 6000; at += 10) {
        for (; (index * bytes) / 8 <= at; index += 1)
          buffer.push({ ssrc: 1, sequenceNumber: index, timestamp: index * bytes, payload: payload(index, bytes) }, at);
        while (due <= at) {
          const turn = buffer.next(due);
          if (turn.kind === 'packet') sound += turn.ticks;
          due += turn.ticks / 8;
        }
      }
      const { concealed, recovered, late } = buffer.statistics();
      assert.ok(concealed + recovered + late <= 3, `${bytes} bytes: ${concealed} ${recovered} ${late}`);
      assert.ok(sound >= 5700 * 8, `${bytes} bytes: ${sound / 8} ms`);
    }
  });

  it('drops what cannot be decoded', () => {
    const buffer = new JitterBuffer(SETTINGS);
    assert.equal(buffer.push({ ssrc: 1, sequenceNumber: 1, timestamp: 1, payload: new Uint8Array(0) }, 0), false);
    assert.equal(buffer.statistics().invalid, 1);
  });

  it('stays bounded and in order whatever numbers somebody sends', () => {
    const wild = fc.record({
      ssrc: fc.integer({ min: 1, max: 3 }),
      sequenceNumber: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.integer({ min: 0, max: 20 })),
      timestamp: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.integer({ min: 0, max: 4000 })),
      bytes: fc.integer({ min: 0, max: 1500 }),
      wait: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 20_000 })),
      comfort: fc.boolean(),
      omitted: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(wild, { maxLength: 200 }), (steps) => {
        const buffer = new JitterBuffer(SETTINGS);
        let at = 0;
        let due = 0;
        for (const { wait, bytes, omitted, ...packet } of steps) {
          at += wait;
          if (omitted) buffer.omit(packet, at);
          else buffer.push({ ...packet, payload: new Uint8Array(bytes) }, at);
          assert.ok(buffer.statistics().depth <= 128);
          for (let turns = 0; due <= at && turns < 200; turns += 1) {
            const turn = buffer.next(due, turns % 2 === 0);
            assert.ok(turn.ticks >= 0 && turn.ticks <= 1500, `${turn.kind} of ${turn.ticks} ticks`);
            if (turn.kind !== 'skipped') due += turn.ticks / 8;
          }
          if (due < at) due = at;
        }
        // When nothing more comes it runs empty, and falls silent.
        let last = '';
        for (let turns = 0; turns < 400; turns += 1) {
          const turn = buffer.next(due);
          if (turn.kind !== 'skipped') due += Math.max(turn.ticks / 8, 0.001);
          last = turn.kind;
        }
        assert.equal(buffer.statistics().depth, 0);
        assert.equal(last, 'silence');
      }),
      { numRuns: 300 },
    );
  });
});
