import { strict as assert } from 'node:assert';
import { createHmac } from 'node:crypto';
import { PROFILES } from '../../../../lib/provider/meta/profile.ts';
import { type SignatureScheme, signatureFits } from '../../../../lib/provider/meta/signature.ts';

const META = PROFILES.meta.webhook;
const SECRET = 'app-secret-of-today';
const OLD = 'app-secret-of-yesterday';
const BODY = Buffer.from('{"object":"whatsapp_business_account","entry":[],"text":"\\u00e7\\/ \u{1F4DE}  "}');
const hmac = (body: Buffer | string, secret = SECRET, algorithm = 'sha256'): string =>
  createHmac(algorithm, secret).update(body).digest('hex');
const good = `sha256=${hmac(BODY)}`;

interface Case {
  body?: Buffer;
  headers?: Record<string, unknown>;
  scheme?: SignatureScheme;
  secrets?: string[];
}
function fits({
  body = BODY,
  headers = { 'x-hub-signature-256': good },
  scheme = META,
  secrets = [SECRET],
}: Case): boolean {
  return signatureFits(
    { rawBody: body, header: (name) => headers[name.toLowerCase()] as string | undefined },
    scheme,
    secrets,
  );
}
const signed = (value: unknown): Case => ({ headers: { 'x-hub-signature-256': value } });
const flipped = (text: string, at: number): string =>
  text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
const own = (body: Buffer): Case => ({ body, headers: { 'x-hub-signature-256': `sha256=${hmac(body)}` } });
const kapso = PROFILES.kapso.webhook;
const dialog = PROFILES['360dialog'].webhook;

const ACCEPTED: Record<string, Case> = {
  'a good signature': {},
  'the vector of the documentation': {
    body: Buffer.from('{"object":"whatsapp_business_account","entry":[]}'),
    headers: { 'x-hub-signature-256': 'sha256=dec6a680679a968e7e0319355b23599cbfc54502c0784668e9618baa0c633756' },
    secrets: ['test_app_secret'],
  },
  'the previous secret': { headers: { 'x-hub-signature-256': `sha256=${hmac(BODY, OLD)}` }, secrets: [SECRET, OLD] },
  'the current one of two': { secrets: [OLD, SECRET] },
  'an empty previous secret beside': { secrets: [SECRET, ''] },
  'a byte order mark': own(Buffer.from('\uFEFF{}')),
  emoji: own(Buffer.from('{"t":"👩‍👩‍👧 çß"}')),
  'bytes that are no UTF-8': own(Buffer.from([0xff, 0xfe, 0x00, 0x80])),
  'an empty body': own(Buffer.alloc(0)),
  '3 MB': own(Buffer.alloc(3 * 1024 * 1024, 0x61)),
  'odd spacing': own(Buffer.from('{ "a" :\t1 ,\r\n"b":2}')),
  'the old header beside the new one': {
    headers: { 'x-hub-signature-256': good, 'x-hub-signature': `sha1=${hmac(BODY, SECRET, 'sha1')}` },
  },
  'Kapso: hex without a prefix': { scheme: kapso, headers: { 'x-webhook-signature': hmac(BODY) } },
  '360dialog: the header that was agreed': { scheme: dialog, headers: { authorization: SECRET } },
  'SHA-512, if somebody has it': {
    scheme: { header: 'x-sig', prefix: 'v1=', algorithm: 'sha512' },
    headers: { 'x-sig': `v1=${hmac(BODY, SECRET, 'sha512')}` },
  },
};

const REFUSED: Record<string, Case> = {
  'no header': { headers: {} },
  'an empty header': signed(''),
  'only the prefix': signed('sha256='),
  'no prefix': signed(hmac(BODY)),
  'another prefix': signed(`sha512=${hmac(BODY)}`),
  'the prefix in capitals': signed(`SHA256=${hmac(BODY)}`),
  'a space after the prefix': signed(`sha256= ${hmac(BODY)}`),
  'a space at the end': signed(`${good} `),
  'a line end': signed(`${good}\n`),
  '63 digits': signed(good.slice(0, -1)),
  '65 digits': signed(`${good}0`),
  '64 digits with one that is none': signed(`sha256=${hmac(BODY).slice(0, -1)}g`),
  capitals: signed(`sha256=${hmac(BODY).toUpperCase()}`),
  'the first digit wrong': signed(flipped(good, 7)),
  'the last digit wrong': signed(flipped(good, good.length - 1)),
  'all zero': signed(`sha256=${'0'.repeat(64)}`),
  'wide digits': signed(`sha256=${'０'.repeat(64)}`),
  base64: signed(`sha256=${Buffer.from(hmac(BODY), 'hex').toString('base64')}`),
  'the header twice': signed(`${good}, ${good}`),
  'a list of signatures': signed([good]),
  'an object': signed({}),
  'a number': signed(5),
  'SHA-1 in the old header': { headers: { 'x-hub-signature': `sha1=${hmac(BODY, SECRET, 'sha1')}` } },
  'SHA-1 in the new header': signed(`sha1=${hmac(BODY, SECRET, 'sha1')}`),
  'SHA-1 with the new prefix': signed(`sha256=${hmac(BODY, SECRET, 'sha1')}`),
  'SHA-512 in the header for SHA-256': signed(`sha256=${hmac(BODY, SECRET, 'sha512')}`),
  'the good value in the old header': { headers: { 'x-hub-signature': good } },
  'another secret': signed(`sha256=${hmac(BODY, 'wrong')}`),
  'the secret with a space': signed(`sha256=${hmac(BODY, `${SECRET} `)}`),
  'the secret in capitals': signed(`sha256=${hmac(BODY, SECRET.toUpperCase())}`),
  'the previous secret after it was taken away': signed(`sha256=${hmac(BODY, OLD)}`),
  'an empty secret, signed with it': { headers: { 'x-hub-signature-256': `sha256=${hmac(BODY, '')}` }, secrets: [''] },
  'no secret at all': { secrets: [] },
  'only empty secrets': { secrets: ['', ''] },
  'no hash but a bare digest': signed(`sha256=${'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'}`),
  'the body serialised again': { body: Buffer.from(JSON.stringify(JSON.parse(BODY.toString()))) },
  'the slash without its escape': { body: Buffer.from(BODY.toString().replace('\\/', '/')) },
  'one byte more': { body: Buffer.concat([BODY, Buffer.from(' ')]) },
  'one byte less': { body: BODY.subarray(0, -1) },
  'one bit different': { body: Buffer.from(BODY.map((byte, at) => (at === 3 ? byte ^ 1 : byte))) },
  'an empty body for another': { body: Buffer.alloc(0) },
  'a byte order mark added': { body: Buffer.concat([Buffer.from('\uFEFF'), BODY]) },
  'a text instead of bytes': { body: BODY.toString() as never },
  'no body': { body: undefined as never, scheme: { ...META }, headers: {} },
  'Kapso with Meta’s prefix': { scheme: kapso, headers: { 'x-webhook-signature': good } },
  '360dialog: another text': { scheme: dialog, headers: { authorization: `${SECRET}x` } },
  '360dialog: a part of the text': { scheme: dialog, headers: { authorization: SECRET.slice(0, -1) } },
  '360dialog: nothing agreed, nothing sent': { scheme: dialog, headers: { authorization: '' }, secrets: [''] },
};

describe('signature', () => {
  for (const [name, one] of Object.entries(ACCEPTED)) it(`accepts ${name}`, () => assert.equal(fits(one), true));
  for (const [name, one] of Object.entries(REFUSED)) it(`refuses ${name}`, () => assert.equal(fits(one), false));
  it('never throws', () => {
    const throwing = {
      rawBody: BODY,
      header: () => {
        throw new Error('no');
      },
    };
    assert.equal(signatureFits(throwing, META, [SECRET]), false);
    assert.equal(signatureFits(null as never, META, [SECRET]), false);
    assert.equal(signatureFits({ rawBody: BODY, header: () => good }, META, null as never), false);
  });
  it('has looked at enough', () => assert(Object.keys(ACCEPTED).length + Object.keys(REFUSED).length >= 60));
});
