import { strict as assert } from 'node:assert';
import type { OpusDecoder } from '../../../lib/media/opus.ts';
import { RecordingTape } from '../../../lib/media/recording-tape.ts';
import { RecordingTrack } from '../../../lib/media/recording-track.ts';
import { type Arrival, journey, type Path } from './journey.ts';

const RATE = 16_000;
const FRAME = 320;
/** The sound of a frame is its number, so that every sample on the tape tells where it came from. */
const marker: OpusDecoder = {
  decode: (payload) => new Int16Array(FRAME).fill(Buffer.from(payload).readInt16LE(0)),
  conceal: (samples) => new Int16Array(samples),
  recover: (_next, samples) => new Int16Array(samples),
  free: () => undefined,
};

/** Frames that carry their number. */
function numbered(path: Path): Arrival[] {
  return journey(path, (index) => {
    const payload = Buffer.alloc(2);
    payload.writeInt16LE((index % 30_000) + 1);
    return payload;
  });
}

/** Runs a track over simulated time and returns the largest error in ms, how many frames were found, and the samples of each second. */
function record(arrivals: Arrival[], seconds: number) {
  const tape = new RecordingTape();
  const track = new RecordingTrack(marker, RATE, 0, (position, samples) => tape.write(0, position, samples));
  const idealOf = new Map<number, number[]>();
  for (const { payload, ideal } of arrivals) {
    const number = Buffer.from(payload).readInt16LE(0);
    idealOf.set(number, [...(idealOf.get(number) ?? []), ideal]);
  }
  let worst = 0;
  let found = 0;
  let length = 0;
  let before = 0;
  const read = (samples: Int16Array, begin: number) => {
    for (let index = 0; index < samples.length; index += 2) {
      const value = samples[index] as number;
      const previous = before;
      before = value;
      if (value === 0 || value === previous) continue;
      const at = ((begin + index / 2) * 1000) / RATE;
      const ideals = idealOf.get(value);
      // Where two frames meet, a stretched frame may blend them: such a value belongs to none and is at most one sample long.
      if (!ideals) continue;
      const error = Math.min(...ideals.map((ideal) => Math.abs(at - ideal)));
      if (error > 5000) continue;
      // Only a frame's first sample tells its place.
      if (samples[index + 2] === value || index + 2 === samples.length) {
        found += 1;
        worst = Math.max(worst, error);
      }
    }
    length += samples.length / 2;
  };
  let position = 0;
  for (let now = 0, which = 0; now <= seconds * 1000; now += 20) {
    for (let packet = arrivals[which]; packet && packet.at <= now; packet = arrivals[++which])
      track.push(packet, packet.at);
    track.drain(now);
    if (now % 1000 === 0 && now > 500) {
      const begin = position;
      position = Math.round(((now - 500) * RATE) / 1000);
      read(tape.take(position), begin);
    }
  }
  track.drain(Number.POSITIVE_INFINITY);
  read(tape.take(seconds * RATE), position);
  return { worst, found, length, missed: tape.missed, late: track.late };
}

const QUIET = { seconds: 60, lost: 0, jitterMs: 0, drift: 0, pauses: false, restarts: [], seed: 1 };

describe('recording track', () => {
  it('places every frame of a perfect path to the sample', () => {
    const arrivals = numbered(QUIET);
    const { worst, found, length } = record(arrivals, 60);
    assert.ok(worst < 0.1, `${worst} ms`);
    assert.equal(found, arrivals.length);
    assert.equal(length, 60 * RATE);
  });

  it('follows no jitter', () => {
    const { worst, found } = record(numbered({ ...QUIET, jitterMs: 60 }), 60);
    assert.ok(worst < 15, `${worst} ms`);
    assert.ok(found > 2900);
  });

  for (const drift of [100, -100])
    it(`stays within 20 ms for 60 minutes: 5 % loss in bursts, reordering, pauses, restarts, ${drift} ppm`, function () {
      this.timeout(120_000);
      const path = {
        seconds: 3600,
        lost: 0.05,
        jitterMs: 40,
        drift,
        pauses: true,
        restarts: [600, 1801, 3001],
        seed: 7,
      };
      const arrivals = numbered(path);
      const { worst, found, length } = record(arrivals, path.seconds);
      assert.ok(worst <= 20, `${worst} ms`);
      assert.ok(found > arrivals.length * 0.98, `${found} of ${arrivals.length}`);
      assert.equal(length, path.seconds * RATE);
    });

  it('goes on at once when the sender stopped its clock while it was silent', () => {
    const arrivals = numbered(QUIET).filter(({ at }) => at < 20_000 || at >= 30_000);
    // From 30 s on the timestamps continue where they ended at 20 s.
    for (const packet of arrivals) if (packet.ideal >= 30_000) packet.timestamp = (packet.timestamp - 480_000) >>> 0;
    const { worst, found } = record(arrivals, 60);
    assert.ok(worst <= 20, `${worst} ms`);
    assert.equal(found, arrivals.length);
  });

  it('fills losses: the last frame from its copy in the next packet, a few before it by concealment, and no pause', () => {
    const heard: [number, number][] = [];
    const telling: OpusDecoder = {
      ...marker,
      conceal: (samples) => new Int16Array(samples).fill(1000),
      recover: (next, samples) => new Int16Array(samples).fill(2000 + Buffer.from(next).readInt16LE(0)),
    };
    const track = new RecordingTrack(telling, RATE, 0, (position, samples) => {
      for (let at = 0; at < samples.length; at += FRAME) heard.push([(position + at) / FRAME, samples[at] ?? 0]);
    });
    const push = (sequenceNumber: number, frame: number) =>
      track.push({ ssrc: 1, sequenceNumber, timestamp: frame * 960, payload: Buffer.from([frame, 0]) }, frame * 20);
    push(0, 0);
    push(2, 2); // one lost
    push(6, 6); // three lost
    push(17, 17); // ten lost
    push(18, 27); // nothing lost: silence
    track.drain(Number.POSITIVE_INFINITY);
    assert.deepEqual(heard, [
      [0, 0],
      ...[
        [1, 2002],
        [2, 2],
      ],
      ...[
        [3, 1000],
        [4, 1000],
        [5, 2006],
        [6, 6],
      ],
      ...[
        [16, 2017],
        [17, 17],
      ],
      [27, 27],
    ]);
  });

  it('survives packets that are not Opus', () => {
    const places: number[] = [];
    const broken: OpusDecoder = {
      ...marker,
      decode: (payload) => {
        if (payload.length === 0) throw new Error('corrupt');
        return marker.decode(payload);
      },
    };
    const track = new RecordingTrack(broken, RATE, 0, (position) => places.push(position));
    for (let index = 0; index < 10; index += 1) {
      const payload = index === 4 ? Buffer.alloc(0) : Buffer.from([index, 0]);
      track.push({ ssrc: 1, sequenceNumber: index, timestamp: index * 960, payload }, index * 20);
    }
    track.drain(Number.POSITIVE_INFINITY);
    assert.ok(places.includes(3 * FRAME) && places.includes(5 * FRAME) && places.includes(9 * FRAME));
  });

  it('puts a packet that overtook others back in its place, and drops one that is too late', () => {
    const heard: number[] = [];
    const track = new RecordingTrack(marker, RATE, 0, (_position, samples) => heard.push(samples[0] ?? 0));
    const packet = (index: number) => ({
      ssrc: 1,
      sequenceNumber: (65_534 + index) & 0xffff,
      timestamp: index * 960,
      payload: Buffer.from([index, 0]),
    });
    for (const [index, at] of [
      [1, 0],
      [3, 40],
      [2, 60],
      [5, 61],
      [4, 62],
    ] as const)
      track.push(packet(index), at);
    track.drain(400);
    track.push(packet(0), 401);
    track.drain(1000);
    assert.deepEqual(heard, [1, 2, 3, 4, 5]);
    assert.equal(track.late, 1);
  });
});
