import { strict as assert } from 'node:assert';
import { RequestDeliveries } from '../../../lib/switchboard/request-deliveries.ts';

const ANA = { phone: '5511955500123', userId: 'BR.1' };
const NUMBER = { id: '7246', phone: '351211000100' };
const event = (status: string, messageId = 'wamid.1', errors: { code: string; message: string }[] = []) => ({
  type: 'message.status' as const,
  id: `status:${messageId}:${status}`,
  at: 5_000,
  businessNumberId: NUMBER.id,
  messageId,
  status,
  contact: { phone: ANA.phone },
  errors,
});
const silent = { audit: async () => [] };

describe('how requests fare', () => {
  let deliveries: RequestDeliveries;
  const hear = (status: string, messageId?: string) => deliveries.hear(event(status, messageId), silent, NUMBER, 6_000);
  beforeEach(() => {
    deliveries = new RequestDeliveries();
  });
  const send = (requestId = 'wamid.1') => deliveries.sent({ requestId, at: 1_000, contact: ANA, purpose: 'delivery' });

  it('a message that is no request is none', async () => {
    assert.equal(await hear('delivered', 'wamid.other'), undefined);
    assert.equal(await hear('failed', 'wamid.other'), undefined);
    assert.equal(deliveries.of(ANA), undefined);
  });

  it('only what is further on is news, in whatever order it comes', async () => {
    send();
    assert.equal(deliveries.of({ userId: 'BR.1' })?.status, 'accepted');
    assert.equal((await hear('delivered'))?.status, 'delivered');
    assert.equal(await hear('sent'), undefined);
    assert.equal(await hear('delivered'), undefined);
    assert.equal((await hear('READ'))?.status, 'read');
    assert.equal(deliveries.of(ANA)?.status, 'read');
    assert.deepEqual([deliveries.of(ANA)?.purpose, deliveries.of(ANA)?.at], ['delivery', 5_000]);
  });

  it('a status that is faster than the provider’s reply is not lost', async () => {
    assert.equal(await hear('failed'), undefined);
    assert.equal(await hear('sent'), undefined, 'and a late one does not take its place');
    assert.equal(send()?.status, 'failed');
    assert.equal(send('wamid.2'), undefined);
  });

  it('the newest request of a person counts', async () => {
    send('wamid.1');
    send('wamid.2');
    await hear('read', 'wamid.1');
    assert.deepEqual([deliveries.of(ANA)?.requestId, deliveries.of(ANA)?.status], ['wamid.2', 'accepted']);
  });

  it('a failure after a restart is known by the audit', async () => {
    const audit = async () => [
      { seq: 1, at: 5_500, event: 'request_undeliverable', detail: { requestId: 'wamid.0' } },
      { seq: 2, at: 5_500, event: 'request_undeliverable', detail: null },
      { seq: 3, at: 5_600, event: 'request_undeliverable', detail: { requestId: 'wamid.9', codes: ['131026'] } },
    ];
    assert.equal(await deliveries.hear(event('failed', 'wamid.8'), { audit }, NUMBER, 6_000), undefined);
    const found = await deliveries.hear(
      event('failed', 'wamid.9', [{ code: '131026', message: 'x' }]),
      { audit },
      NUMBER,
      6_000,
    );
    assert.deepEqual([found?.status, found?.errors[0]?.code], ['failed', '131026']);
    assert.equal(await deliveries.hear(event('failed', 'wamid.9'), { audit }, NUMBER, 6_000), undefined, 'once');
  });
});
