import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LedgerLease, openLedger } from '../../../lib/ledger/open.ts';
import { createProvider } from '../../../lib/provider/meta/create.ts';
import type { Provider } from '../../../lib/provider/provider.ts';
import { createSwitchboard } from '../../../lib/switchboard/create.ts';
import type { CallChange, PlaceInput, Switchboard } from '../../../lib/switchboard/switchboard.ts';
import { ANA, Business, NUMBER, OFFER } from '../../simulator/business.ts';
import { bench, sleep } from './bench.ts';
import { FakeMedia } from './fake-media.ts';

const consent = { purpose: 'your delivery', language: 'pt' };
const BOTH = { recording: consent, transcription: consent };
const CALL: PlaceInput = {
  ...{ contact: ANA, purpose: 'delivery', ringSeconds: 30, maxSeconds: 0 },
  origin: { nodeId: 'n', data: { data: { order: 7 } } },
};

/** Our switchboard on the real store, and the simulated WhatsApp that records and transcribes. */
class Line {
  readonly business: Business;
  readonly recordings: string;
  readonly changes: CallChange[] = [];
  readonly log: string[] = [];
  readonly provider: Provider;
  readonly lease: LedgerLease;
  pauses = [5, 5, 5];
  switchboard: Switchboard;
  #heard = 0;

  private constructor(business: Business, lease: LedgerLease, recordings: string) {
    const { accessToken, appSecret, verifyToken, phoneNumberId } = business.simulator.settings;
    this.business = business;
    this.lease = lease;
    this.recordings = recordings;
    this.provider = createProvider(
      {
        ...{ profile: 'simulator', baseUrl: business.simulator.graphUrl, phoneNumberId, accessToken, verifyToken },
        appSecrets: [appSecret],
      },
      { sleep: async () => undefined },
    );
    this.switchboard = this.create();
  }

  static async open(): Promise<Line> {
    const folder = await mkdtemp(join(tmpdir(), 'captures-'));
    const business = await Business.start();
    const line = new Line(business, await openLedger({ engine: 'sqlite', path: ':memory:' }), folder);
    await line.switchboard.start();
    await business.allow();
    await business.event('reply:accept');
    await line.hear();
    return line;
  }

  create(): Switchboard {
    const media = new FakeMedia();
    media.onCreate = async (leg) => {
      leg.onOffer = async () => OFFER;
    };
    const { phoneNumberId, businessNumber } = this.business.simulator.settings;
    const switchboard = createSwitchboard({
      businessNumber: { id: phoneNumberId, phone: businessNumber },
      ledger: this.lease.ledger,
      provider: this.provider,
      media,
      legOptions: {},
      owner: this.lease.owner,
      liveCheck: 'never',
      recordings: this.recordings,
      now: Date.now,
      log: (level, text) => this.log.push(`${level}: ${text}`),
      settings: { capturePausesMs: this.pauses, settleMs: 5, mediaWarningMs: 60_000, mediaLimitMs: 60_000 },
    });
    switchboard.onCall((change) => this.changes.push(change));
    return switchboard;
  }

  /** Takes in what WhatsApp has sent by now. */
  async hear(): Promise<void> {
    const { received } = this.business;
    for (; this.#heard < received.length; this.#heard += 1) {
      const raw = received[this.#heard]?.raw as Buffer;
      await this.switchboard.handle(await this.lease.ledger.append(this.provider.parseWebhook(raw)));
    }
  }

  async until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    for (let tries = 0; !(await holds()); tries += 1) {
      if (tries > 5_000) assert.fail(`${what} never happened: ${this.events().join()} ${this.log.join()}`);
      await sleep(2);
      await this.hear();
    }
  }

  events(): string[] {
    return this.changes.map(({ event }) => event);
  }
  told(event: CallChange['event']): CallChange[] {
    return this.changes.filter((change) => change.event === event);
  }

  /** A conversation of seven seconds. @returns its id */
  async talk(input: Partial<PlaceInput> = {}): Promise<string> {
    await this.business.simulator.control.do('script', { user: ANA.phone, script: 'answers', talkSeconds: 7 });
    const result = await this.switchboard.place({ ...CALL, ...input });
    assert.ok(result.outcome === 'placed', JSON.stringify(result));
    await this.until('ended', () => this.told('ended').some(({ call }) => call.id === result.call.id));
    return result.call.id;
  }

  async record(id: string) {
    const { entries } = await this.switchboard.callRecords({});
    return entries.find((entry) => entry.id === id) ?? assert.fail(`no record of ${id}`);
  }

  async files(): Promise<string[]> {
    return readdir(join(this.recordings, 'whatsapp')).catch(() => []);
  }

  async close(): Promise<void> {
    await this.switchboard.close('config_removed', 0);
    await this.lease.release();
    await this.business.close();
    await rm(this.recordings, { recursive: true, force: true });
  }
}

describe('what WhatsApp keeps of a call', function () {
  this.timeout(30_000);
  let line: Line;
  beforeEach(async () => {
    line = await Line.open();
  });
  afterEach(() => line.close());
  const fault = (graph: object[]) => line.business.simulator.control.do('faults', { graph } as never);

  it('is brought whole, noted with the call, and told once, whatever is sent twice', async () => {
    await line.business.simulator.control.do('faults', { duplicate: 2 } as never);
    const id = await line.talk({ captures: BOTH });
    await line.until('both', () => line.told('recording').length > 0 && line.told('transcript').length > 0);
    await line.business.event('call_transcript_available', 3);
    await line.hear();
    await line.until('all handed out', async () => (await line.lease.ledger.undispatched(NUMBER)).length === 0);
    const [recording, transcript] = [line.told('recording'), line.told('transcript')].map((told) => {
      assert.equal(told.length, 1);
      assert.equal(told[0]?.call.id, id);
      assert.equal(told[0]?.call.outcome, 'completed');
      assert.deepEqual(told[0]?.origin, CALL.origin);
      return told[0]?.capture ?? assert.fail('no capture');
    });
    const { item } = await line.business.event('call_recording_available');
    const bytes = await readFile(String(recording?.file));
    assert.equal(createHash('sha256').update(bytes).digest('base64'), item.call_recording.audio.sha256);
    assert.equal(bytes.toString('latin1', 0, 4), 'OggS');
    assert.deepEqual([recording?.bytes, recording?.mimeType], [bytes.length, 'audio/ogg; codecs=opus']);
    assert.equal(transcript?.transcript?.segments[1]?.speaker, 'contact');
    assert.match(transcript?.transcript?.text ?? '', /Hello/);
    const { recordings, durationSeconds, billedPulses } = await line.record(id);
    assert.deepEqual(recordings.map(({ file }) => file).sort(), [recording?.file, transcript?.file].sort());
    assert.equal(billedPulses, Math.ceil((durationSeconds ?? 0) / 6));
    assert.equal((await line.files()).length, 2);
    assert.ok(line.told('ended').length === 1 && line.told('ended')[0]?.record?.id === id);
  });

  it('is asked for only where the call said so', async () => {
    await line.talk();
    await line.business.advance(60);
    await line.talk({ captures: { transcription: consent } });
    await line.until('the transcript', () => line.told('transcript').length > 0);
    assert.deepEqual(line.told('recording'), []);
    assert.deepEqual(
      line.business.kinds().filter((kind) => kind.startsWith('call_')),
      ['call_transcript_available'],
    );
  });

  it('is fetched again until it is there', async () => {
    const id = await line.talk({ captures: { recording: consent } });
    const media = await line.business.event('call_recording_available');
    // Two whole rounds of tries fail.
    await fault([{ kind: 'error', status: 503, path: media.item.call_recording.audio.id, times: 8 }]);
    await line.until('the recording', () => line.told('recording').length > 0);
    assert.equal((await line.record(id)).recordings.length, 1);
    assert.ok(line.log.some((text) => /could not be fetched.*tried again/.test(text)));
    assert.deepEqual(line.told('warning'), []);
  });

  it('is fetched by the next start if this one stops', async () => {
    const id = await line.talk({ captures: { recording: consent } });
    const media = await line.business.event('call_recording_available');
    await fault([{ kind: 'error', status: 503, path: media.item.call_recording.audio.id, times: 4 }]);
    line.pauses.fill(60_000);
    await line.switchboard.close('config_removed', 0);
    line.switchboard = line.create();
    await line.switchboard.start();
    await line.until('the first round', () => line.log.some((text) => /tried again/.test(text)));
    await line.switchboard.close('shutdown', 0);
    assert.deepEqual(line.told('recording'), []);
    assert.equal((await line.lease.ledger.undispatched(NUMBER)).length, 1);
    line.switchboard = line.create();
    await line.switchboard.start();
    await line.until('the recording', () => line.told('recording').length === 1);
    assert.deepEqual(line.told('recording')[0]?.origin, CALL.origin);
    assert.equal((await line.record(id)).recordings.length, 1);
    await line.until('handed out', async () => (await line.lease.ledger.undispatched(NUMBER)).length === 0);
  });

  it('is given up with a warning that says why, once it is gone', async () => {
    await line.talk({ captures: { recording: consent } });
    await line.business.event('call_recording_available');
    await line.business.advance(7 * 86_400 + 1);
    await line.until('the warning', () => line.told('warning').length > 0);
    assert.match(line.told('warning')[0]?.text ?? '', /recording of the call, but it could not be fetched/);
    assert.deepEqual(await line.files(), []);
    await line.until('handed out', async () => (await line.lease.ledger.undispatched(NUMBER)).length === 0);
  });

  it('follows no link out of the folder', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'elsewhere-'));
    await symlink(elsewhere, join(line.recordings, 'whatsapp'));
    await line.talk({ captures: { recording: consent } });
    await line.until('the warning', () => line.told('warning').length > 0);
    assert.deepEqual(await readdir(elsewhere), []);
    await rm(elsewhere, { recursive: true });
  });

  it('of a call that is not ours is left where it is', async () => {
    const reply = await line.business.connect({
      recording: { status: 'ENABLED', purpose: 'x', announcement_language: 'en' },
    });
    assert.equal(reply.status, 200);
    await line.business.event('RINGING');
    await line.business.simulator.control.do('call/answer', { user: ANA.phone });
    await line.business.event('ACCEPTED');
    await line.business.terminate(reply.body.calls[0].id);
    await line.business.event('call_recording_available');
    await line.until('it is left', () => line.log.some((text) => /not ours/.test(text)));
    assert.deepEqual(await line.files(), []);
  });
});

describe('a provider that keeps nothing', () => {
  it('is not asked to, and the call is not placed without', async () => {
    const { switchboard, provider, ledger } = bench();
    await assert.rejects(switchboard.place({ ...CALL, contact: { userId: 'BR.1' }, captures: BOTH }), {
      code: 'call_failed',
    });
    assert.deepEqual([provider.placed.length, ledger.calls.size], [0, 0]);
    await switchboard.close('shutdown', 0);
  });
});
