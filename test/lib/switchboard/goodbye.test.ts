import { strict as assert } from 'node:assert';
import { createMediaEngine } from '../../../lib/media/engine.ts';
import type { MediaEngine } from '../../../lib/media/media.ts';
import { answerAsMeta, type FakeMeta } from '../media/fake-meta.ts';
import { ANA, bench, benchWith, event, sleep, talked, until } from './bench.ts';
import { FakeLedger } from './fake-ledger.ts';

const PATIENT = { webhookWaitMs: 5000, mediaWarningMs: 10_000, mediaLimitMs: 20_000, legCloseMs: 5000 };
const SILENCE = Buffer.from([0xf8, 0xff, 0xfe]);

/** An RTCP goodbye of one source behind an empty report. */
function goodbye(source: number): Buffer {
  const bye = Buffer.from([0x80, 201, 0, 1, 0, 0, 0, 1, 0x81, 203, 0, 1, 0, 0, 0, 0]);
  bye.writeUInt32BE(source, 12);
  return bye;
}

describe('lib/switchboard: goodbye in the media path', function () {
  this.timeout(20_000);
  let engine: MediaEngine;
  let meta: FakeMeta;
  beforeEach(() => {
    engine = createMediaEngine();
  });
  afterEach(async () => {
    await meta.close();
    await engine.close();
  });

  /** A call over a real leg whose far side has said something. */
  async function talking() {
    const ledger = new FakeLedger();
    ledger.grant(ANA);
    const stand = benchWith(ledger, ledger.owner, PATIENT, undefined, { media: engine });
    await stand.place();
    meta = await answerAsMeta(stand.provider.placed[0]?.offer ?? '', 'active');
    await stand.deliver(event('call.connect', 'wacid.1', { session: { type: 'answer', sdp: meta.answer } }));
    await stand.deliver(event('call.accepted', 'wacid.1'));
    await until('answered', () => stand.events().includes('answered'), 10_000);
    await meta.connected;
    for (let index = 0; index < 5; index += 1) {
      meta.send({ sequenceNumber: index, timestamp: index * 960, payload: SILENCE });
      await sleep(20);
    }
    return stand;
  }

  it('R10: a BYE without a hang-up event leads to exactly one terminate request', async () => {
    const stand = await talking();
    for (let times = 0; times < 3; times += 1) meta.control(goodbye(4321));
    await until('terminate', () => stand.provider.terminated.length > 0, 10_000);
    await stand.deliver(talked('wacid.1'));
    await until('ended', () => stand.ended().length > 0);
    assert.deepEqual(stand.provider.terminated, ['wacid.1']);
    const [ended] = stand.ended();
    assert.equal(ended?.call.outcome, 'completed');
    assert.equal(ended?.call.endedBy, 'them');
    assert.match(stand.changes.find((change) => change.event === 'warning')?.text ?? '', /RTCP BYE/);
    const media = ended?.call.media;
    assert.ok(media);
    assert.deepEqual([media.packetsReceived, media.dtlsRole], [5, 'server']);
    assert.ok(media.packetsSent > 0);
    assert.match(media.candidatePair ?? '', /^host 127\.0\.0\.1/);
    assert.ok(media.srtpProfile && media.connectMs !== undefined && media.connectMs >= 0);
    await stand.switchboard.close('shutdown');
  });

  it('R10: a hang-up of the person, with its BYE and its event, leads to none', async () => {
    const stand = await talking();
    meta.control(goodbye(4321));
    await sleep(300);
    await stand.deliver(talked('wacid.1'));
    await until('ended', () => stand.ended().length > 0);
    await sleep(2000);
    assert.deepEqual(stand.provider.terminated, []);
    assert.equal(stand.ended()[0]?.call.endedBy, 'them');
    await stand.switchboard.close('shutdown');
  });
});

describe('lib/switchboard: what the leg tells', () => {
  it('a BYE before anybody picked up ends the call as not answered', async () => {
    const { provider, media, deliver, place, ended, ledger } = bench();
    await place();
    await deliver(event('call.connect', 'wacid.1'));
    media.made[0]?.tell('bye');
    media.made[0]?.tell('bye');
    await until('terminate', () => provider.terminated.length > 0);
    await deliver(event('call.terminated', 'wacid.1'));
    await until('ended', () => ended().length > 0);
    assert.deepEqual(provider.terminated, ['wacid.1']);
    assert.deepEqual([ended()[0]?.call.outcome, ended()[0]?.call.endedBy], ['no_answer', 'them']);
    assert.equal(ledger.endings[0]?.as, 'no_answer');
  });

  it('silence, its end and findings are warnings and hang up nothing; figures are events of their own', async () => {
    const { provider, media, deliver, place, changes, switchboard } = bench();
    await place();
    const [leg] = media.made;
    leg?.become('connected');
    await deliver(event('call.connect', 'wacid.1'), event('call.accepted', 'wacid.1'));
    leg?.tell('silence', { seconds: 10, reports: true, tooLong: false });
    leg?.tell('sound', { seconds: 12 });
    leg?.tell('finding', { id: 'media_none', level: 'warning', what: 'What.', why: 'Why.', next: 'Next.' });
    leg?.tell('finding', { id: 'x', level: 'info', what: 'Not told.', why: '', next: '' });
    leg?.tell('statistics', { ...leg.figures, packetsReceived: 77 });
    const texts = changes.flatMap(({ text }) => text ?? []);
    assert.equal(texts.length, 3);
    assert.match(texts[0] ?? '', /10 seconds.*on hold or muted/);
    assert.match(texts[1] ?? '', /again after 12 seconds/);
    assert.equal(texts[2], 'What. Why. Next.');
    assert.equal(changes.find((change) => change.event === 'statistics')?.media?.packetsReceived, 77);
    assert.deepEqual(provider.terminated, []);
    await switchboard.close('shutdown');
  });

  it('a silence that is too long ends the call with that reason, and a fatal finding names the cause of a loss', async () => {
    for (const how of ['silence', 'finding'] as const) {
      const { provider, media, deliver, place, ended, switchboard } = bench();
      await place();
      const [leg] = media.made;
      leg?.become('connected');
      await deliver(event('call.connect', 'wacid.1'), event('call.accepted', 'wacid.1'));
      if (how === 'silence') leg?.tell('silence', { seconds: 60, reports: false, tooLong: true });
      else {
        leg?.tell('finding', { id: 'ice_consent_lost', level: 'fatal', what: 'No consent.', why: '', next: 'Look.' });
        leg?.become('failed');
      }
      await until('terminate', () => provider.terminated.length > 0);
      await deliver(talked('wacid.1'));
      await until('ended', () => ended().length > 0);
      assert.deepEqual(provider.terminated, ['wacid.1']);
      const [fault] = ended()[0]?.call.errors ?? [];
      assert.equal(fault?.code, how === 'silence' ? 'media_silent' : 'media_lost');
      assert.match(fault?.message ?? '', how === 'silence' ? /60 seconds/ : /^No consent\.$/);
      await switchboard.close('shutdown');
    }
  });

  it('what is wrong with our own offer is told after the call was placed, and once for many calls', async () => {
    const { media, place, changes, switchboard } = bench();
    media.onCreate = async (leg) => {
      leg.onOffer = async () => {
        leg.tell('finding', { id: 'own_candidates', level: 'warning', what: 'Private.', why: 'W.', next: 'N.' });
        return 'v=0 offer';
      };
    };
    await place();
    await place({ contact: { phone: '5511955500124', userId: 'BR.2' } });
    const told = changes.map(({ event: name, text }) => text ?? name);
    assert.equal(told.filter((text) => text.startsWith('Private.')).length, 1);
    assert.ok(told.indexOf('placed') < told.indexOf('Private. W. N.'));
    await switchboard.close('shutdown');
  });
});
