import { strict as assert } from 'node:assert';
import { ASKED, CALLED, RuledNumber } from './ruled-number.ts';

const MINUTE = 60;
type Warnings = { code: string; text: string; rule?: { id: string; source: string } }[] | undefined;

describe("rules of one's own, through the nodes", function () {
  this.timeout(20_000);
  const bench = new RuledNumber();
  const OWN = {
    maxGrantAgeSeconds: 15 * MINUTE,
    purposeBinding: 'warn',
    promise: 'warn',
    territories: 'off',
  } as const;
  before(() => bench.open(OWN));
  after(() => bench.close());

  const ask = (phone: string, more: object = {}) =>
    bench.questions.ask('ask', { contact: `+${phone}`, purpose: 'delivery 4471', ...more }, [...ASKED, 'caught']);

  it('R16: a grant that is too old needs a new permission, which is really asked for', async () => {
    const ana = await bench.person();
    await bench.allowedBy(ana);
    await bench.moved.pass(15 * MINUTE - 5);
    await bench.talks(ana);
    await bench.moved.pass(10);
    const reason = await bench.refused(() => bench.call(ana), {
      output: 'needs',
      code: 'permission_too_old',
      rule: 'grant-age',
    });
    assert.match(reason.rule?.source ?? '', /set in the permission store/);
    const again = await bench.ask(ana);
    assert.equal(again.output, 'asked', 'the old grant is not taken for an answer');
    await bench.answers(ana, 'temporary');
    await bench.talks(ana);
    await bench.noViolations();
  });

  it('a call for another purpose goes out with a warning in its messages', async () => {
    const ana = await bench.person();
    await bench.allowedBy(ana);
    await bench.number.control('script', { user: ana, script: 'answers', afterSeconds: 2, talkSeconds: 3 });
    const { output, msg } = await bench.questions.ask('call', { contact: ana, purpose: 'a discount' }, [
      ...CALLED,
      'caught',
    ]);
    assert.equal(output, 'ended');
    const warnings = msg.warnings as Warnings;
    assert.deepEqual(
      warnings?.map(({ code, rule }) => [code, rule?.id]),
      [['purpose_mismatch', 'purpose']],
    );
    assert.match(warnings?.[0]?.text ?? '', /"delivery 4471"/);
    const rui = await bench.person();
    await bench.allowedBy(rui);
    assert.equal((await bench.talks(rui)).msg.warnings, undefined, 'no warning without a reason');
  });

  it('a request may promise a time; one in the past goes out with a warning, one that is none not at all', async () => {
    const [ana, rui, eva] = [await bench.person(), await bench.person(), await bench.person()];
    const promised = new Date(bench.moved.now() + 5 * MINUTE * 1000).toISOString();
    const { output, msg } = await ask(ana, { promisedBy: promised });
    assert.deepEqual(
      [output, (msg.permission as { promisedBy?: string }).promisedBy, msg.warnings],
      ['asked', promised, undefined],
    );
    const late = await ask(rui, { promisedBy: bench.moved.now() - 1000 });
    assert.deepEqual(
      [late.output, (late.msg.warnings as Warnings)?.map(({ code }) => code)],
      ['asked', ['promise_missed']],
    );
    const before = await bench.reached();
    const wrong = await ask(eva, { promisedBy: 'tomorrow' });
    assert.equal(wrong.output, 'caught');
    assert.equal((wrong.msg.error as { code?: string }).code, 'property_invalid');
    assert.equal(await bench.reached(), before);
  });
});
