import { strict as assert } from 'node:assert';
import type { ProfileOverrides } from '../../../lib/permission/overrides.ts';
import { ANA, DAY, HOUR, MINUTE, NUMBER, onEveryEngine, Stand, word } from './stand.ts';

onEveryEngine('an appointment', (engine) => {
  for (const [title, overrides, answer] of [
    ['succeeds under the 7-day profile', {}, 'ok'],
    ['succeeds with a validity of 24 h', { validitySeconds: 86_400 }, 'ok'],
    ['is refused with a maximum grant age of 15 min', { maxGrantAgeSeconds: 900 }, 'permission_too_old'],
  ] as [string, ProfileOverrides, string][]) {
    it(`R16: asked at T-24 h, granted at T-23.5 h, the call at T-1 h ${title}`, async () => {
      const stand = await Stand.open({ engine, overrides });
      try {
        const appointment = stand.now + DAY;
        await stand.asked('wamid.1');
        stand.clock.pass(30 * MINUTE);
        await stand.granted(ANA, { contextId: 'wamid.1' });
        assert.equal((await stand.ledger.status(NUMBER.id, ANA)).grantedAt, appointment - 23.5 * HOUR);
        stand.clock.pass(22.5 * HOUR);
        assert.equal(stand.now, appointment - HOUR);
        assert.equal(word(await stand.call()), answer);
      } finally {
        await stand.ledger.close();
      }
    });
  }
});

onEveryEngine('the country of the business number', (engine) => {
  it('R9: decides about requests and calls, whatever the country of the person', async () => {
    const stand = await Stand.open({ engine });
    const american = { phone: '12125550199' };
    const answers = async (phone: string): Promise<string[]> => {
      const businessNumber = { id: `n${phone}`, phone };
      const contact = phone.startsWith('49') ? american : ANA;
      await stand.granted(contact, { businessNumberId: businessNumber.id });
      const intent = { businessNumber, contact, purpose: 'your order' };
      return [
        word(await stand.ledger.reserveRequest({ ...intent, via: 'template', hasTemplate: true })),
        word(await stand.ledger.reserveCall(intent)),
      ];
    };
    try {
      const no = 'country_not_supported';
      for (const phone of ['12125550100', '14165550100', '201001234567', '84912345678', '2348031234567'])
        assert.deepEqual(await answers(phone), [no, no], phone);
      // Jamaica; Turkey, which Meta took from its list in 2026; Germany, with a person in the United States.
      for (const phone of ['18765550100', '902125550100', '4930123456'])
        assert.deepEqual(await answers(phone), ['ok', 'ok'], phone);
    } finally {
      await stand.ledger.close();
    }
  });
});
