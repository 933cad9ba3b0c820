import { strict as assert } from 'node:assert';
import { ContactError, maskContact, parseContact } from '../../../lib/permission/contact.ts';

describe('parseContact', () => {
  it('understands phone numbers as people and programs write them', () => {
    const same = [
      '+55 11 95550-0123',
      '5511955500123',
      '0055 11 95550 0123',
      'whatsapp:+5511955500123',
      'tel:+55-11-95550-0123',
      '+55 (11) 95550.0123',
      '\u202a+55 11 95550\u20110123\u202c',
      '＋５５１１９５５５００１２３',
      ' 5511955500123 ',
      5511955500123,
      { phone: '+5511955500123' },
      { phone: 5511955500123 },
    ];
    for (const input of same) assert.deepEqual(parseContact(input), { phone: '5511955500123' }, String(input));
  });

  it('reads national numbers only with a default country', () => {
    assert.deepEqual(parseContact('(11) 95550-0123', 'BR'), { phone: '5511955500123' });
    assert.deepEqual(parseContact('030 123456', 'de'), { phone: '4930123456' });
    assert.deepEqual(parseContact('5511955500123', 'DE'), { phone: '5511955500123' });
    assert.throws(() => parseContact('030 123456'), ContactError);
    assert.throws(() => parseContact('030 123456', 'XX'), /default country/);
  });

  it('leaves user ids as they are', () => {
    const userId = 'BR.48219037716650284417';
    const parentUserId = 'BR.ENT.77120945518830026194';
    assert.deepEqual(parseContact(userId), { userId });
    assert.deepEqual(parseContact(`whatsapp:${userId}`), { userId });
    assert.deepEqual(parseContact(parentUserId), { parentUserId });
    assert.deepEqual(parseContact({ userId: parentUserId }), { parentUserId });
    assert.deepEqual(parseContact({ phone: '+5511955500123', userId, parentUserId }), {
      phone: '5511955500123',
      userId,
      parentUserId,
    });
  });

  it('keeps what it is told about the person, checked', () => {
    const input = { phone: '+5511955500123', name: 'Ana Lima', language: 'pt_BR', timeZone: 'America/Sao_Paulo' };
    assert.deepEqual(parseContact(input), { ...input, phone: '5511955500123', language: 'pt-BR' });
    assert.throws(() => parseContact({ phone: '+5511955500123', timeZone: 'Mars/Olympus' }), /timeZone/);
    assert.throws(() => parseContact({ phone: '+5511955500123', language: '!!' }), /language/);
  });

  it('refuses everything else, saying what to do', () => {
    const hostile: unknown[] = [
      undefined,
      null,
      '',
      '   ',
      0,
      -5511955500123,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      2 ** 60,
      5511955500123.5,
      true,
      10n,
      Symbol('x'),
      () => '5511955500123',
      [],
      ['5511955500123'],
      {},
      new Map([['phone', '5511955500123']]),
      { phone: {} },
      { phone: Number.NaN },
      { phone: '', userId: '' },
      { phone: 'BR.48219037716650284417' },
      { userId: '5511955500123' },
      { userId: 'BR.<script>' },
      { phone: '+5511955500123', name: 'x'.repeat(300) },
      JSON.parse('{"__proto__":{"phone":"5511955500123"}}'),
      Object.create({ phone: '5511955500123' }),
      'not a phone',
      '+1',
      '+999123456789',
      '+55119555001234567',
      'BR.',
      'br.48219037716650284417',
      'BR.ENT.',
      "'; DROP TABLE pair; --",
      '+5511955500123\n+5511955500124',
    ];
    for (const input of hostile) {
      assert.throws(
        () => parseContact(input),
        (error) => error instanceof ContactError && error.code === 'contact_invalid' && error.nextStep.length > 20,
        typeof input === 'string' ? input : typeof input,
      );
    }
    assert.equal(Object.hasOwn(Object.prototype, 'phone'), false);
  });

  it('refuses huge input without reading it, and without repeating it', () => {
    const huge = '5'.repeat(10_000_000);
    for (const input of [huge, { phone: huge }, { userId: huge }, { phone: '+5511955500123', name: huge }]) {
      const started = process.hrtime.bigint();
      assert.throws(
        () => parseContact(input),
        (error) => error instanceof ContactError && error.message.length < 200,
      );
      // Reading 10 MB would take far longer; the bound is a guard against that, not a measurement.
      assert.ok(process.hrtime.bigint() - started < 1_000_000_000n);
    }
  });
});

describe('maskContact', () => {
  it('shows enough to recognise and too little to use', () => {
    assert.equal(maskContact('5511955500123'), '+55119…0123');
    assert.equal(maskContact({ phone: '5511955500123', userId: 'BR.48219037716650284417' }), '+55119…0123');
    assert.equal(maskContact({ userId: 'BR.48219037716650284417' }), 'BR.4821…4417');
    assert.equal(maskContact({ parentUserId: 'BR.ENT.77120945518830026194' }), 'BR.ENT.7712…6194');
    assert.equal(maskContact('123'), '+…');
    assert.equal(maskContact({ userId: 'BR.1234567' }), 'BR.…');
    assert.equal(maskContact({}), '…');
  });

  it('never shows a whole phone number of any length', () => {
    for (let length = 1; length <= 20; length++) {
      const phone = '12345678901234567890'.slice(0, length);
      const shown = maskContact(phone).replace(/\D/g, '').length;
      assert.ok(shown <= Math.max(0, length - 4), `${length} digits, ${shown} shown`);
    }
  });
});
