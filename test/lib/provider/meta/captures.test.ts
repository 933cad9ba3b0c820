import { strict as assert } from 'node:assert';
import type { ProviderEvent } from '../../../../lib/provider/event.ts';
import { mediaAddress } from '../../../../lib/provider/meta/media-address.ts';
import { parseWebhook } from '../../../../lib/provider/meta/parse.ts';
import { PROFILES } from '../../../../lib/provider/meta/profile.ts';
import { acceptance, connect } from '../../../../lib/provider/meta/requests.ts';
import { readTranscript } from '../../../../lib/provider/meta/transcript.ts';
import { readSha256 } from '../../../../lib/provider/sha256.ts';

const OFFER = 'v=0\r\n';
const CALL = 'wacid.HBgNNTUxMTk1NTUwMDEyMxUCABEYIDRBMUUy';
const consent = { purpose: 'delivery confirmation', language: 'pt' };
const optin = { status: 'ENABLED', purpose: 'delivery confirmation', announcement_language: 'pt' };
/** The sample of the call recording page. */
const RECORDING = {
  id: CALL,
  from: '5511955500123',
  from_user_id: 'BR.48219037716650284417',
  timestamp: '1795176110',
  event: 'call_recording_available',
  call_recording: {
    type: 'audio',
    audio: {
      id: '1188223344556677',
      sha256: 'T5eOrwrYdxjHgSIQ8QY7P5smxVE8ziDaXrTv0jGlRBA=',
      mime_type: 'audio/ogg; codecs=opus',
      url: 'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=EXAMPLE',
    },
  },
};
const SHA = '4f978eaf0ad87718c7812210f1063b3f9b26c5513cce20da5eb4efd231a54410';
const events = (...calls: object[]): ProviderEvent[] =>
  parseWebhook(
    Buffer.from(
      JSON.stringify({
        object: 'whatsapp_business_account',
        entry: [
          {
            id: '1',
            changes: [
              {
                field: 'calls',
                value: {
                  messaging_product: 'whatsapp',
                  metadata: { display_phone_number: '351211000100', phone_number_id: '334455667788990' },
                  calls,
                },
              },
            ],
          },
        ],
      }),
    ),
    0,
  );

describe('recording and transcription by WhatsApp', () => {
  it('is asked for with connect and accept, as Meta has it', () => {
    const call = { contact: { phone: '5511955500123' }, offer: OFFER, correlationId: 'c1' };
    assert.deepEqual(connect({ ...call, captures: { recording: consent } }), { ...connect(call), recording: optin });
    const both = { recording: consent, transcription: { ...consent, language: 'en_US' } };
    assert.deepEqual(connect({ ...call, captures: both }), {
      ...connect(call),
      recording: optin,
      transcription: { ...optin, announcement_language: 'en_US' },
    });
    assert.ok(!('recording' in connect({ ...call, captures: {} })));
    const accept = acceptance(CALL, OFFER, { preAccept: false, captures: { transcription: consent } });
    assert.deepEqual((accept as { transcription: object }).transcription, optin);
  });

  it('is not asked for with pre_accept, where Meta would refuse it', () => {
    const options = { preAccept: true, captures: { recording: consent } };
    assert.deepEqual(acceptance(CALL, OFFER, options), acceptance(CALL, OFFER, { preAccept: true }));
  });

  it('is refused before anything is sent if the person could not be told', () => {
    const call = { contact: { phone: '5511955500123' }, offer: OFFER, correlationId: 'c1' };
    const wrong = [
      { purpose: ' ', language: 'pt' },
      { purpose: 'x'.repeat(251), language: 'pt' },
      { purpose: 'x', language: 'Portuguese' },
      { purpose: 'x', language: '' },
    ];
    for (const recording of wrong) {
      assert.throws(() => connect({ ...call, captures: { recording } }), { code: 'provider_input_invalid' });
    }
    assert.ok(connect({ ...call, captures: { recording: { purpose: 'x'.repeat(250), language: 'vi' } } }));
  });

  it('tells where a recording is, once for every delivery of the same', () => {
    const expected = {
      type: 'capture.available',
      id: `capture:${CALL}:recording:1188223344556677`,
      at: 1795176110000,
      businessNumberId: '334455667788990',
      kind: 'recording',
      ofCall: CALL,
      media: { id: '1188223344556677', sha256: SHA, mimeType: 'audio/ogg; codecs=opus' },
    };
    assert.deepEqual(events(RECORDING), [expected]);
    const again = { ...RECORDING, timestamp: '1795176999', field_of_tomorrow: 1 };
    assert.equal(events(again)[0]?.id, expected.id);
  });

  it('knows the transcript by both of its names', () => {
    const document = { id: '99', sha256: SHA, mime_type: 'application/json' };
    for (const event of ['call_transcription_available', 'call_transcript_available', 'CALL_TRANSCRIPT_AVAILABLE']) {
      const [found] = events({ id: CALL, event, timestamp: '1795176110', call_transcript: { document } });
      assert.equal(found?.type, 'capture.available', event);
      assert.ok(found?.type === 'capture.available');
      assert.deepEqual(
        [found.kind, found.media],
        ['transcript', { id: '99', sha256: SHA, mimeType: 'application/json' }],
      );
    }
  });

  it('keeps raw what names no media, or something that is no id', () => {
    for (const audio of [undefined, {}, { id: '' }, { id: '../../etc/passwd' }, { id: 'a?b' }]) {
      assert.equal(events({ ...RECORDING, call_recording: { audio } })[0]?.type, 'unknown', JSON.stringify(audio));
    }
  });

  it('reads checksums in hex and base64, and takes nothing else for one', () => {
    assert.equal(readSha256('T5eOrwrYdxjHgSIQ8QY7P5smxVE8ziDaXrTv0jGlRBA='), SHA);
    assert.equal(readSha256('T5eOrwrYdxjHgSIQ8QY7P5smxVE8ziDaXrTv0jGlRBA'), SHA);
    assert.equal(readSha256(SHA.toUpperCase()), SHA);
    for (const none of ['', 'abc', SHA.slice(1), 7, null, undefined, {}]) assert.equal(readSha256(none), undefined);
  });

  it('fetches from Meta’s machines with Meta’s token, and from a proxy’s own with another', () => {
    const at = 'https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1';
    const graph = 'https://graph.facebook.com/v25.0';
    assert.equal(mediaAddress(at, graph, PROFILES.meta.media), at);
    assert.equal(
      mediaAddress(at, 'https://waba-v2.360dialog.io', PROFILES['360dialog'].media),
      'https://waba-v2.360dialog.io/whatsapp_business/attachments/?mid=1',
    );
    const refused = { code: 'provider_media_address_refused' };
    for (const url of [
      'http://lookaside.fbsbx.com/x',
      'https://lookaside.fbsbx.com:8443/x',
      'https://lookaside.fbsbx.com.evil.com/x',
      'https://user:pass@lookaside.fbsbx.com/x',
      'https://evil.com/lookaside.fbsbx.com',
    ]) {
      assert.throws(() => mediaAddress(url, graph, PROFILES.meta.media), refused, url);
    }
    assert.throws(() => mediaAddress(at, 'https://proxy.example.com', PROFILES.custom.media), refused);
    assert.equal(mediaAddress(at, 'https://proxy.example.com', { hosts: ['lookaside.fbsbx.com'], through: false }), at);
  });

  it('reads a transcript in our words, whatever is missing', () => {
    const segments = [
      { id: 0, speaker: 'Business', channel: 0, start: 0, end: 1.5, text: 'Hello.', confidence: 0.9, words: [] },
      { id: 1, speaker: 'Customer', text: 'Hi.' },
      { speaker: 'Business' },
      'nonsense',
    ];
    const bytes = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));
    const read = readTranscript(bytes({ transcript: { text: 'Hello. Hi.', language: 'en', duration: 3.2, segments } }));
    assert.deepEqual(read, {
      ...{ text: 'Hello. Hi.', language: 'en', durationSeconds: 3.2 },
      segments: [
        { speaker: 'business', start: 0, end: 1.5, text: 'Hello.' },
        { speaker: 'contact', text: 'Hi.' },
      ],
    });
    assert.equal(readTranscript(bytes({ transcript: { segments } }))?.text, 'Hello. Hi.');
    for (const none of [Buffer.from('{'), bytes([]), bytes({}), bytes({ transcript: 'x' }), Buffer.alloc(0)]) {
      assert.equal(readTranscript(none), undefined);
    }
  });
});
