import { strict as assert } from 'node:assert';
import type { CallView } from '../../../lib/call/call.ts';
import { callMessage, contactMessage, permissionMessage, reasonMessage } from '../../../lib/runtime/messages.ts';

const AT = Date.UTC(2026, 10, 20, 17, 45, 1, 250);
const CALL: CallView = {
  id: 'r-1',
  correlationId: 'r-1',
  providerCallId: 'wacid.1',
  direction: 'outbound',
  state: 'ended',
  outcome: 'completed',
  contact: { phone: '5511955500123' },
  businessNumber: { id: '106540352242922', phone: '4930123456' },
  purpose: 'delivery 4471',
  startedAt: AT,
  answeredAt: AT + 5000,
  endedAt: AT + 65_000,
  durationSeconds: 60,
  endedBy: 'them',
};

describe('messages', () => {
  it('tells a call in ISO times, seconds and texts', () => {
    assert.deepEqual(callMessage(CALL), {
      id: 'r-1',
      correlationId: 'r-1',
      providerCallId: 'wacid.1',
      direction: 'outbound',
      state: 'ended',
      outcome: 'completed',
      contact: { phone: '+5511955500123' },
      businessNumber: '+4930123456',
      purpose: 'delivery 4471',
      startedAt: '2026-11-20T17:45:01.250Z',
      answeredAt: '2026-11-20T17:45:06.250Z',
      endedAt: '2026-11-20T17:46:06.250Z',
      durationSeconds: 60,
      endedBy: 'them',
    });
  });

  it('survives cloning and JSON unchanged', () => {
    const message = callMessage({ ...CALL, errors: [{ code: '138021', message: 'No media' }] });
    assert.deepEqual(structuredClone(message), message);
    assert.deepEqual(JSON.parse(JSON.stringify(message)), message);
  });

  it('leaves out what is not known', () => {
    assert.deepEqual(contactMessage({ userId: 'BR.48219037716650284417' }), { userId: 'BR.48219037716650284417' });
    assert.deepEqual(permissionMessage({ status: 'not_requested' }, { canRequest: true, canCall: false }), {
      status: 'not_requested',
      canRequest: true,
      canCall: false,
    });
  });

  it('tells a permission with its end', () => {
    const message = permissionMessage(
      { status: 'denied', ended: 'revoked', endedAt: AT, kind: 'temporary', purpose: 'p' },
      { canRequest: false, canCall: false },
    );
    assert.equal(message.endedAt, '2026-11-20T17:45:01.250Z');
    assert.equal(message.ended, 'revoked');
  });

  it('tells a reason with its rule', () => {
    const rule = { id: 'requests_day', limit: '1 in 24 h', source: 'Meta', date: '2026-06-24' };
    assert.deepEqual(
      reasonMessage({ code: 'request_limit_day', text: 'Too soon.', nextStep: 'Wait.', nextAllowedAt: AT, rule }),
      {
        code: 'request_limit_day',
        text: 'Too soon.',
        nextStep: 'Wait.',
        nextAllowedAt: '2026-11-20T17:45:01.250Z',
        rule,
      },
    );
  });
});
