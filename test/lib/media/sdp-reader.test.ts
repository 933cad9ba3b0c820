import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { MediaError } from '../../../lib/media/media.ts';
import { readSdp } from '../../../lib/media/sdp-reader.ts';
import { META_ANSWER, META_LINES } from './meta-answer.ts';

const ANSWER = META_ANSWER;
const LINES = META_LINES;
const without = (start: string) => `${LINES.filter((line) => !line.startsWith(start)).join('\r\n')}\r\n`;

function cause(sdp: string): string {
  try {
    readSdp(sdp);
  } catch (error) {
    assert.ok(error instanceof MediaError && error.code === 'media_sdp_invalid' && error.nextStep !== '');
    assert.ok(!error.message.includes('b7Yt0LqVn5RkW2cX'), 'no password in an error');
    return error.message;
  }
  return 'accepted';
}

describe('SDP reader', () => {
  it('reads an answer of Meta', () => {
    assert.deepEqual(readSdp(ANSWER), {
      ufrag: 'Qm3xT7/8',
      password: 'b7Yt0LqVn5RkW2cX+9Hs/uJ==',
      iceLite: true,
      candidates: [
        { foundation: '1829340551', priority: 2_113_937_151, ip: '203.0.113.7', port: 3480, type: 'host' },
        { foundation: '990120433', priority: 2_113_939_711, ip: '2001:db8:face::7', port: 3480, type: 'host' },
      ],
      fingerprint: LINES[15]?.slice('a=fingerprint:sha-256 '.length),
      setup: 'active',
      mid: '0',
      bundled: true,
      opusPayloadType: 111,
      eventPayloadTypes: [126],
      maximumPlaybackRate: 16_000,
    });
  });

  it('takes LF line ends, further fingerprints, codecs and a missing setup', () => {
    assert.equal(readSdp(ANSWER.replaceAll('\r\n', '\n')).ufrag, 'Qm3xT7/8');
    const more = ANSWER.replace('a=setup', `a=fingerprint:sha-512 ${'AA:'.repeat(63)}AA\r\na=setup`);
    assert.equal(readSdp(more).fingerprint.slice(0, 8), '6E:67:75');
    assert.equal(
      readSdp(ANSWER.replace('111 126', '111 9 0 8 126').replace('a=ptime', 'a=rtpmap:9 G722/8000\r\na=ptime'))
        .opusPayloadType,
      111,
    );
    assert.equal(readSdp(without('a=setup')).setup, 'passive');
    assert.equal(readSdp(ANSWER.replace('a=ice-ufrag:Qm3xT7/8', 'a=ice-ufrag:12345678')).ufrag, '12345678');
  });

  it('never asks a name server and never sends to many', () => {
    const hosts = [
      '4a2b.local',
      'example.org',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::',
      'ff02::1',
      '127.1',
      '2130706433',
      '',
    ];
    for (const host of hosts)
      assert.match(
        cause(
          without('a=candidate').replace('a=ice-ufrag', `a=candidate:1 1 udp 1 ${host} 3480 typ host\r\na=ice-ufrag`),
        ),
        /candidate/,
      );
    const many = Array.from(
      { length: 500 },
      (_, index) => `a=candidate:${index} 1 udp 1 203.0.113.${index % 255} 3480 typ host`,
    );
    assert.ok(readSdp(ANSWER.replace('a=ice-ufrag', `${many.join('\r\n')}\r\na=ice-ufrag`)).candidates.length <= 16);
  });

  const wrong: [string, string, RegExp][] = [
    ['nothing', '', /empty/],
    ['escaped line ends', ANSWER.replaceAll('\r\n', '\\r\\n'), /line ends are escaped/],
    ['a JSON string', JSON.stringify(ANSWER), /escaped/],
    ['the JSON object around it', JSON.stringify({ sdp_type: 'answer', sdp: 'v=0' }), /JSON/],
    ['no version', ANSWER.slice(5), /v=0/],
    ['no audio', ANSWER.replace('m=audio', 'm=video'), /no audio/],
    ['two audio streams', ANSWER + ANSWER.slice(ANSWER.indexOf('m=audio')), /more than one m=audio/],
    ['rejected audio', ANSWER.replace('m=audio 3480', 'm=audio 0'), /port 0/],
    ['no fingerprint', without('a=fingerprint'), /no a=fingerprint/],
    ['SDES', `${without('a=fingerprint')}a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:b7Yt0LqVn5RkW2cX\r\n`, /SDES/],
    ['sha-1 only', ANSWER.replace('sha-256', 'sha-1'), /sha-256/],
    ['a short fingerprint', ANSWER.replace('6E:67:75:', ''), /32 bytes/],
    ['no Opus', ANSWER.replace('opus/48000/2', 'PCMU/8000'), /no Opus/],
    ['Opus at another clock', ANSWER.replace('opus/48000/2', 'opus/16000/2'), /48000/],
    ['no ufrag', without('a=ice-ufrag'), /ice-ufrag/],
    ['no password', without('a=ice-pwd'), /ice-pwd/],
    ['no candidate', without('a=candidate'), /candidate/],
    ['holdconn', ANSWER.replace('setup:active', 'setup:holdconn'), /DTLS role/],
    ['too much', `${ANSWER}a=x:${'x'.repeat(40_000)}\r\n`, /longer/],
  ];
  for (const [what, sdp, pattern] of wrong)
    it(`says what is wrong with ${what}`, () => assert.match(cause(sdp), pattern));

  it('reads or refuses 4,000 damaged answers', () => {
    const edit = fc.record({
      line: fc.nat(LINES.length - 1),
      change: fc.oneof(
        fc.record({ kind: fc.constant('replace' as const), text: fc.string({ unit: 'binary', maxLength: 60 }) }),
        fc.record({ kind: fc.constant('cut' as const), at: fc.nat(60) }),
        fc.record({ kind: fc.constant('double' as const) }),
        fc.record({ kind: fc.constant('remove' as const) }),
        fc.record({
          kind: fc.constant('attribute' as const),
          text: fc.constantFrom(
            'a=__proto__:1',
            'a=mid:constructor',
            'a=rtpmap:99999 opus/48000/2',
            'a=candidate:1 1 udp NaN 1.2.3.4 -1 typ host',
            'm=audio 1 RTP/AVP 0',
            'a=ice-lite',
            'a=fmtp:111',
          ),
        }),
      ),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
        const lines: string[] = [...LINES];
        for (const { line, change } of edits) {
          if (change.kind === 'replace') lines[line] = change.text;
          else if (change.kind === 'cut') lines[line] = (lines[line] ?? '').slice(0, change.at);
          else if (change.kind === 'double') lines[line] = `${lines[line]}\r\n${lines[line]}`;
          else if (change.kind === 'remove') lines[line] = '';
          else lines.splice(line, 0, change.text);
        }
        if (cause(lines.join('\r\n')) !== 'accepted') return;
        accepted += 1;
        const { candidates, opusPayloadType, fingerprint, ufrag } = readSdp(lines.join('\r\n'));
        assert.ok(candidates.every(({ port, priority }) => port > 0 && port < 65_536 && priority >= 0));
        assert.ok(opusPayloadType >= 0 && opusPayloadType <= 127 && fingerprint.length === 95 && ufrag.length >= 4);
      }),
      { numRuns: 4000 },
    );
    assert.ok(accepted > 400, `${accepted} were still usable`);
  });
});
