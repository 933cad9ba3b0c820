import { strict as assert } from 'node:assert';
import { readCallId } from '../../../lib/runtime/call-id.ts';
import { readCallData, readOrigin } from '../../../lib/runtime/call-origin.ts';
import { isContact } from '../../../lib/runtime/contact-filter.ts';
import { recordingName } from '../../../lib/runtime/recording-name.ts';
import { readRtpAddress } from '../../../lib/runtime/rtp-address.ts';
import { readTemplateParameters } from '../../../lib/runtime/template-parameters.ts';

const code = (expected: string) => (error: { code?: string }) => error.code === expected;

describe('what nodes read from messages', () => {
  it('a call: its id, or the whole call', () => {
    assert.equal(readCallId('r-1'), 'r-1');
    assert.equal(readCallId({ id: 'r-1', state: 'answered' }), 'r-1');
    for (const nothing of [undefined, null, '', {}, { id: {} }, []]) {
      assert.throws(() => readCallId(nothing), code('call_missing'));
    }
  });

  it('template parameters: a list, an object or one text', () => {
    assert.deepEqual(readTemplateParameters(['Ana', 7]), ['Ana', '7']);
    assert.deepEqual(readTemplateParameters({ name: 'Ana' }), { name: 'Ana' });
    assert.deepEqual(readTemplateParameters('Ana'), ['Ana']);
    assert.equal(readTemplateParameters(undefined), undefined);
    for (const wrong of [[{}], { a: [] }, [null]]) {
      assert.throws(() => readTemplateParameters(wrong), code('parameters_invalid'));
    }
  });

  it('call data: small JSON only', () => {
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    assert.deepEqual(readCallData({ order: 4471 }), { order: 4471 });
    assert.equal(readCallData(''), undefined);
    for (const wrong of [loop, 'x'.repeat(5000), () => 1, 10n]) {
      assert.throws(() => readCallData(wrong), code('data_invalid'));
    }
  });

  it('an origin, also of another version', () => {
    assert.deepEqual(readOrigin({ nodeId: 'n', data: { ticket: 't', data: 1 } }), {
      nodeId: 'n',
      ticket: 't',
      data: 1,
    });
    assert.deepEqual(readOrigin({ nodeId: 'n', data: 'other' }), { nodeId: 'n', ticket: '' });
    assert.equal(readOrigin(undefined), undefined);
  });

  it('an RTP address, IPv6 included', () => {
    assert.deepEqual(readRtpAddress('192.0.2.7:5004'), { address: '192.0.2.7', port: 5004 });
    assert.deepEqual(readRtpAddress('[2001:db8::7]:5004'), { address: '2001:db8::7', port: 5004 });
    assert.deepEqual(readRtpAddress({ address: 'h', port: '5004' }), { address: 'h', port: 5004 });
    assert.equal(readRtpAddress(''), undefined);
    for (const wrong of ['192.0.2.7', ':5', 'h:0', 'h:70000', 5004, {}]) {
      assert.throws(() => readRtpAddress(wrong), code('rtp_address_invalid'));
    }
  });

  it('a recording’s name, with nothing in it that leads elsewhere', () => {
    const now = new Date(Date.UTC(2026, 10, 20, 17, 45, 1));
    const call = { id: '../../x/y', contact: { phone: '5511955500123' }, purpose: ' Your delivery: ../4471 für Zoë ' };
    assert.equal(recordingName('{date}-{time}-{id}', call, now), '2026-11-20-174501-.._.._x_y.wav');
    assert.equal(recordingName('{contact}/{purpose}.wav', call, now), '55119_0123/Your-delivery-4471-für-Zoë.wav');
    assert.equal(recordingName('{callId}-{part}-{side}', { id: 'r' }, now), 'r-{part}-{side}.wav');
    assert.equal(recordingName('{purpose}', { id: 'r', purpose: '../..' }, now), 'none.wav');
    assert.ok(Buffer.byteLength(recordingName('{purpose}', { id: 'r', purpose: 'é'.repeat(300) }, now)) <= 64);
    assert.equal(recordingName('fixed.WAV', { id: 'r' }, now), 'fixed.WAV');
    for (const wrong of ['{phone}', '{}', '{constructor}', '{__proto__}'])
      assert.throws(() => recordingName(wrong, call, now), code('file_name_invalid'), wrong);
  });

  it('a contact filter: phone in any format, user id, or everybody', () => {
    const ana = { phone: '5511955500123', userId: 'BR.48219037716650284417' };
    assert.ok(isContact('', ana));
    assert.ok(isContact('+55 11 95550-0123', ana));
    assert.ok(isContact('BR.48219037716650284417', ana));
    assert.ok(!isContact('+351912000456', ana));
    assert.ok(!isContact('nonsense', ana));
  });
});
