import { strict as assert } from 'node:assert';
import { lintSdp } from '../../../lib/media/doctor/lint-sdp.ts';
import type { MediaFacts } from '../../../lib/media/doctor/media-facts.ts';
import { explainFailure, explainNoMedia } from '../../../lib/media/doctor/no-media.ts';
import type { SdpRole } from '../../../lib/media/doctor/sdp-view.ts';
import { writeSdp } from '../../../lib/media/sdp-writer.ts';
import { META_ANSWER } from './meta-answer.ts';

const OWN: SdpRole = { from: 'us', type: 'offer' };
const THEIR: SdpRole = { from: 'them', type: 'answer' };
const PRINT = Array.from({ length: 32 }, () => 'AB').join(':');
const OFFER = writeSdp({
  ...{ sessionId: '1', ufrag: 'abcd', password: 'p'.repeat(22), fingerprint: PRINT, setup: 'actpass', mid: '0' },
  ...{ bundled: true, opusPayloadType: 111, eventPayloadType: 126, ssrc: 5, cname: 'test' },
  candidates: [{ foundation: '1', priority: 1, ip: '198.51.100.20', port: 40_100, type: 'host' }],
});

const ids = (text: string, role: SdpRole) => lintSdp(text, role).map(({ id, level }) => `${level} ${id}`);
const fatal = (id: string) => [`fatal ${id}`];

describe('doctor: SDP', () => {
  it('finds nothing in our own offer and in an answer of Meta', () => {
    assert.deepEqual(ids(OFFER, OWN), []);
    assert.deepEqual(ids(META_ANSWER, THEIR), []);
  });

  it('says that a TURN server gave nothing, if one is set', () => {
    const turn = { iceServers: [{ urls: 'turn:192.0.2.9', username: 'a', credential: 'b' }] };
    const found = (offer: string, ways: object) => lintSdp(offer, OWN, ways).map(({ id, level }) => `${level} ${id}`);
    assert.deepEqual(found(OFFER, turn), ['warning own_no_relay']);
    assert.deepEqual(found(OFFER, { iceServers: [{ urls: 'stun:192.0.2.9' }] }), []);
    const relayed = OFFER.replace(/(a=candidate:\S+) 1 udp (.*) typ host/, '$&\r\n$1 1 udp $2 typ relay');
    assert.notEqual(relayed, OFFER);
    assert.deepEqual(found(relayed, turn), []);
    assert.deepEqual(lintSdp(META_ANSWER, THEIR, turn), []);
  });

  const change = (from: string | RegExp, to: string) => (text: string) => text.replace(from, to);
  const line = (text: string) => change('a=rtcp-mux', `${text}\r\na=rtcp-mux`);
  const OWN_FAULTS: [what: string, make: (offer: string) => string, expected: string[]][] = [
    ['several fingerprints', line(`a=fingerprint:sha-512 ${PRINT}`), fatal('own_several_fingerprints')],
    ['a fingerprint that is not sha-256', change('sha-256', 'sha-512'), fatal('own_fingerprint_not_sha256')],
    ['no fingerprint', change(/a=fingerprint.*\r\n/, ''), fatal('own_no_fingerprint')],
    [
      'SDES',
      change(/a=fingerprint.*\r\n/, 'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n'),
      fatal('own_no_fingerprint'),
    ],
    ['half a fingerprint', change(PRINT, 'AB:CD'), fatal('own_fingerprint_malformed')],
    ['no Opus', change('opus/48000/2', 'G722/8000'), ['fatal own_no_opus', 'warning own_other_codecs']],
    ['Opus at 16 kHz', change('opus/48000/2', 'opus/16000/2'), fatal('own_no_opus')],
    ['packets of 10 ms', change('a=ptime:20', 'a=ptime:10'), ['warning own_ptime']],
    ['no ptime', change('a=ptime:20\r\n', ''), ['warning own_ptime']],
    ['digits at 48 kHz', change('telephone-event/8000', 'telephone-event/48000'), ['warning own_no_keypad']],
    ['no DTLS role', change('a=setup:actpass\r\n', ''), fatal('own_dtls_role')],
    ['a DTLS role that does not exist', change('a=setup:actpass', 'a=setup:holdconn'), fatal('own_dtls_role')],
    ['a passive offer', change('a=setup:actpass', 'a=setup:passive'), ['warning own_dtls_role']],
    ['private addresses only', change(/198\.51\.100\.20/g, '192.168.1.5'), ['warning own_candidates']],
    ['names instead of addresses', change(/udp 1 198\.51\.100\.20/, 'udp 1 abc.local'), fatal('own_candidates')],
    ['no candidates', change(/a=candidate.*\r\n/, ''), fatal('own_candidates')],
    ['BUNDLE of another part', change('a=mid:0', 'a=mid:1'), fatal('own_bundle_mid')],
    ['ICE-lite', line('a=ice-lite'), fatal('own_ice_lite')],
    ['no rtcp-mux', change('a=rtcp-mux\r\n', ''), fatal('own_rtcp_mux')],
    ['several sources', line('a=ssrc:6 cname:other'), fatal('own_several_sources')],
    ['one way only', change('a=sendrecv', 'a=sendonly'), ['warning own_direction']],
    ['no ICE password', change(/a=ice-pwd.*\r\n/, ''), fatal('own_ice_credentials')],
    [
      'two audio streams',
      (offer) => offer + offer.slice(offer.indexOf('m=audio')),
      ['fatal own_several_audio', 'fatal own_several_fingerprints'],
    ],
    ['video', (offer) => `${offer}m=video 9 UDP/TLS/RTP/SAVPF 96\r\n`, ['warning own_other_media']],
    [
      'no audio',
      (offer) => offer.slice(0, offer.indexOf('m=audio')),
      ['fatal own_no_audio', 'fatal own_no_fingerprint'],
    ],
    ['UNIX line ends', (offer) => offer.replaceAll('\r\n', '\n'), ['warning own_line_ends']],
    ['escaped line ends', (offer) => offer.replaceAll('\r\n', '\\r\\n'), fatal('own_escaped_line_ends')],
    ['quoted JSON', (offer) => JSON.stringify(offer), fatal('own_escaped_line_ends')],
    ['JSON around it', (offer) => JSON.stringify({ sdp: offer }), fatal('own_not_sdp')],
    ['nothing', () => ' ', fatal('own_not_sdp')],
    ['a large one', (offer) => offer + 'a=x:y\r\n'.repeat(1500), ['warning own_too_large']],
    ['a giant one', (offer) => offer + 'a=x:y\r\n'.repeat(9000), fatal('own_too_large')],
  ];
  for (const [what, make, expected] of OWN_FAULTS)
    it(`our own: ${what}`, () => {
      const text = make(OFFER);
      assert.notEqual(text, OFFER, 'the fault was put in');
      assert.deepEqual(ids(text, OWN), expected);
      for (const { what: told, why, next } of lintSdp(text, OWN)) {
        for (const sentence of [told, why, next]) assert.match(sentence, /^\p{Lu}.*\.$/u);
        assert.ok(!told.includes('pppp') && !told.includes('AB:AB'));
      }
    });

  it('our own: an answer must decide the DTLS role', () => {
    assert.deepEqual(ids(OFFER, { from: 'us', type: 'answer' }), fatal('own_dtls_role'));
    assert.deepEqual(ids(OFFER.replace('actpass', 'active'), { from: 'us', type: 'answer' }), []);
  });

  it('is forgiving with the other side where it changes nothing, and strict where a call would be silent', () => {
    const their = (from: string | RegExp, to: string) => ids(META_ANSWER.replace(from, to), THEIR);
    assert.deepEqual(their('a=setup:active', 'a=setup:actpass'), ['info their_dtls_role']);
    assert.deepEqual(their('a=rtcp-mux', `a=rtcp-mux\r\na=fingerprint:sha-512 ${PRINT}`), [
      'info their_several_fingerprints',
    ]);
    assert.deepEqual(their('a=rtcp-mux\r\n', ''), ['warning their_rtcp_mux']);
    assert.deepEqual(their('a=ptime:20', 'a=ptime:60'), ['warning their_ptime']);
    assert.deepEqual(their(/m=audio \d+/, 'm=audio 0'), ['fatal their_audio_rejected']);
    assert.deepEqual(their(/a=candidate.*\r\n/g, ''), ['fatal their_candidates']);
    assert.deepEqual(ids(META_ANSWER.replace(/(1 udp \d+) \S+/g, '$1 10.0.0.1'), THEIR), ['fatal their_candidates']);
    assert.deepEqual(ids(META_ANSWER, { ...THEIR, declared: 'offer' }), ['fatal their_wrong_type']);
  });
});

describe('doctor: no media', () => {
  const NONE: MediaFacts = {
    ...{ pairs: 2, checksSent: 14, checksAnswered: 0, checksReceived: 0, paired: false, consentLost: false },
    ...{ secure: false, handshakeReceived: 0, mediaReceived: 0, undecryptable: 0, reportsReceived: 0, packetsTaken: 0 },
  };
  const PAIRED = { ...NONE, paired: true, checksAnswered: 2 };
  const SECURE = { ...PAIRED, secure: true, handshakeReceived: 6 };
  const cases: [facts: MediaFacts, id: string, words: RegExp][] = [
    [{ ...NONE, pairs: 0, checksSent: 0 }, 'ice_no_pair', /do not fit together/],
    [NONE, 'ice_no_pair', /14 connectivity checks to 2 address pairs, none was answered.*UDP is blocked/],
    [{ ...NONE, checksReceived: 3 }, 'ice_no_pair', /reaches us/],
    [{ ...NONE, checksAnswered: 1 }, 'ice_no_pair', /1 were answered, but none could be agreed on/],
    [{ ...PAIRED, dtlsRole: 'server' }, 'dtls_nobody_begins', /we wait for the other side/],
    [{ ...PAIRED, dtlsRole: 'client' }, 'dtls_unfinished', /does not answer our first message/],
    [{ ...PAIRED, dtlsRole: 'server', handshakeReceived: 2 }, 'dtls_unfinished', /does not come to its end/],
    [SECURE, 'media_none', /sends no sound\./],
    [{ ...SECURE, reportsReceived: 2 }, 'media_none', /only reports/],
    [{ ...SECURE, mediaReceived: 50, undecryptable: 50 }, 'media_undecryptable', /50 of 50 packets/],
    [{ ...SECURE, mediaReceived: 50 }, 'media_not_opus', /Opus/],
    [{ ...SECURE, consentLost: true }, 'ice_consent_lost', /30 seconds/],
  ];
  for (const [facts, id, words] of cases)
    it(`${id}: ${words.source}`, () => {
      const finding = explainNoMedia(facts);
      assert.equal(finding?.id, id);
      assert.match(`${finding?.what} ${finding?.why}`, words);
      assert.equal(finding?.level, 'warning');
      assert.equal(explainFailure(facts).level, 'fatal');
    });
  it('says nothing when sound came', () => assert.equal(explainNoMedia({ ...NONE, packetsTaken: 1 }), undefined));
});
