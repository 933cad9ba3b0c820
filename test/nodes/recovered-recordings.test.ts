import { strict as assert } from 'node:assert';
import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newReservationId } from '../../lib/ledger/reservation-id.ts';
import { type Leg, MediaError } from '../../lib/media/media.ts';
import { wavHeader } from '../../lib/media/wav-writer.ts';
import media from '../../nodes/media.ts';
import { FakeNumber } from './fake-number.ts';
import { helper, Inbox, until } from './helper.ts';

describe('recordings that a crash left behind', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'left-'));
    await helper.startServer();
  });
  after(async () => {
    await helper.unload();
    await helper.stopServer();
    await rm(folder, { recursive: true });
  });

  it('are noted with the call that their name has, when they are completed', async () => {
    const id = newReservationId(Date.now());
    const long = new Date(Date.now() - 3_600_000);
    for (const name of [`2026-11-20-101500-${id}.wav.part`, 'of-somebody.wav.part']) {
      const path = join(folder, name);
      await writeFile(path, Buffer.concat([wavHeader(8000, 2, 0), Buffer.alloc(400, 1)]));
      await utimes(path, long, long);
    }
    const noted: [string, { file: string; seconds?: number }][] = [];
    const number = new FakeNumber();
    number.more = {
      noteRecording: async (...args) => {
        noted.push(args);
        return true;
      },
    };
    await helper.load(
      [number.register, media],
      [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'number', type: 'wa-call-config' },
        { id: 'node', type: 'wa-call-media', z: 'tab', config: 'number', action: 'record', folder, wires: [[], []] },
      ],
    );
    await until(() => noted.length > 0);
    assert.deepEqual(noted, [[id, { file: join(folder, `2026-11-20-101500-${id}-recovered.wav`) }]]);
  });

  it('are noted as far as they came, when the disk was full', async () => {
    await helper.unload();
    const noted: { file: string; seconds?: number }[] = [];
    const number = new FakeNumber();
    number.more = {
      noteRecording: async (_id, recording) => {
        noted.push(recording);
        return true;
      },
    };
    const full = new MediaError('media_disk_full', 'The disk is full.', 'Make room.', [
      '/r/a-001.wav',
      '/r/a-002.wav.part',
    ]);
    number.leg = () =>
      ({
        record: () => ({ id: 't', started: Promise.reject(full), done: Promise.reject(full), stop: async () => {} }),
      }) as unknown as Leg;
    await helper.load(
      [number.register, media],
      [
        { id: 'tab', type: 'tab', label: 'Test' },
        { id: 'number', type: 'wa-call-config' },
        { id: 'node', type: 'wa-call-media', z: 'tab', config: 'number', action: 'record', wires: [[], []] },
        { id: 'catcher', type: 'catch', z: 'tab', scope: null, wires: [['caught']] },
        { id: 'caught', type: 'helper', z: 'tab', wires: [] },
      ],
    );
    const caught = new Inbox('caught');
    helper.getNode('node').receive({ call: { id: 'r-1' } });
    assert.equal(((await caught.at(0)).error as unknown as { code: string }).code, 'media_disk_full');
    assert.deepEqual(noted, [{ file: '/r/a-001.wav' }]);
  });
});
