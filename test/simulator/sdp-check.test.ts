import { strict as assert } from 'node:assert';
import type { GraphError } from '../../simulator/graph/errors.ts';
import { plainSdp } from '../../simulator/plain-sdp.ts';
import { checkSdp } from '../../simulator/sdp-check.ts';
import { OFFER } from './business.ts';

describe('simulator: check of an SDP', () => {
  const refusal = (sdp: string, codecs?: string[]): GraphError => {
    try {
      checkSdp(sdp, codecs);
    } catch (error) {
      return error as GraphError;
    }
    throw new Error('was accepted');
  };
  const without = (line: RegExp) => OFFER.replace(line, '');
  const fingerprint = /a=fingerprint[^\r]*\r\n/;

  it('takes the offer of the reference without a warning', () => {
    assert.deepEqual(checkSdp(OFFER), []);
  });

  it('takes its own description, apart from ice-lite', () => {
    assert.deepEqual(checkSdp(plainSdp('answer')).length, 1);
  });

  for (const [name, sdp, code, details] of [
    ['no v=0', OFFER.slice(5), 100, /v=0/],
    ['nothing at all', 'hello', 100, /v=0/],
    ['no audio', OFFER.replace('m=audio', 'm=video'), 100, /audio/],
    ['no fingerprint', without(fingerprint), 100, /^No fingerprint found in SDP$/],
    ['no ice-ufrag', without(/a=ice-ufrag[^\r]*\r\n/), 100, /ice-ufrag/],
    ['no ice-pwd', without(/a=ice-pwd[^\r]*\r\n/), 100, /ice-pwd/],
    ['no setup', without(/a=setup[^\r]*\r\n/), 100, /setup/],
    ['two audio sections', `${OFFER}${OFFER.slice(OFFER.indexOf('m=audio'))}`, 138008, /m=audio/],
    ['video beside', `${OFFER}m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n`, 138008, /m=audio/],
    ['two fingerprints', OFFER.replace(fingerprint, (line) => line + line), 138008, /2 fingerprints/],
    ['sha-384', OFFER.replace('sha-256', 'sha-384'), 138008, /sha-256/],
    ['mono opus', OFFER.replace('opus/48000/2', 'opus/48000'), 138008, /opus\/48000\/2/],
    ['plain RTP', OFFER.replace('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 138008, /SAVPF/],
  ] as const) {
    it(`refuses: ${name}`, () => {
      const error = refusal(sdp);
      assert.equal(error.code, code);
      assert.match(error.details, details);
      assert.equal(error.rule, true);
    });
  }

  it('G.711 alone only if it is switched on', () => {
    const g711 = OFFER.replace('SAVPF 111 126', 'SAVPF 8 126').replace(/a=(rtpmap|fmtp):111[^\r]*\r\n/g, '');
    assert.equal(refusal(g711).code, 138008);
    assert.equal(refusal(g711, ['PCMU']).code, 138008);
    assert.deepEqual(checkSdp(g711, ['PCMA']), []);
  });

  for (const [name, sdp, warning] of [
    ['LF line ends', OFFER.replaceAll('\r\n', '\n'), /CRLF/],
    ['two SSRCs', `${OFFER}a=ssrc:2 cname:b\r\n`, /SSRC/],
    ['no candidates', without(/a=candidate[^\r]*\r\n/), /candidate/],
    ['ice-lite', OFFER.replace('t=0 0\r\n', 't=0 0\r\na=ice-lite\r\n'), /ice-lite/],
    ['ptime 60', OFFER.replace('ptime:20', 'ptime:60'), /ptime/],
    ['DTMF at 48000', OFFER.replace('telephone-event/8000', 'telephone-event/48000'), /8000/],
    ['other codecs', OFFER.replace('SAVPF 111', 'SAVPF 111 9').concat('a=rtpmap:9 G722/8000\r\n'), /G722/],
  ] as const) {
    it(`warns: ${name}`, () => {
      const warnings = checkSdp(sdp);
      assert.equal(warnings.length, 1, warnings.join());
      assert.match(warnings[0] ?? '', warning);
    });
  }
});
