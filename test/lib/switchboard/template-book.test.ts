import { strict as assert } from 'node:assert';
import type { ProviderTemplates } from '../../../lib/provider/provider-templates.ts';
import { transportError } from '../../../lib/provider/transport-error.ts';
import { TemplateBook } from '../../../lib/switchboard/template-book.ts';
import type { StoredTemplate } from '../../../lib/template/template.ts';

const template = (more: Partial<StoredTemplate> = {}): StoredTemplate => ({
  name: 'ask',
  language: 'pt_BR',
  category: 'utility',
  status: 'approved',
  body: 'Oi {{1}}',
  variables: ['1'],
  asksPermission: true,
  quickReplies: [],
  ...more,
});
const signal = new AbortController().signal;

describe('the book of templates', () => {
  let versions: StoredTemplate[];
  let asked: number;
  let now: number;
  let fails: boolean;
  let log: string[];
  let book: TemplateBook;
  beforeEach(() => {
    versions = [template()];
    asked = 0;
    now = 1_000_000;
    fails = false;
    log = [];
    const provider: ProviderTemplates = {
      create: () => assert.fail(),
      remove: () => assert.fail(),
      changeIn: () => undefined,
      list: async () => {
        asked += 1;
        if (fails) throw transportError('provider_timeout', 'unknown');
        return versions;
      },
    };
    book = new TemplateBook(
      provider,
      () => now,
      (level, text) => log.push(`${level}: ${text}`),
    );
  });
  const refusal = (language = 'pt_BR') => book.refusal('ask', language, signal);

  it('lets the provider judge where it cannot ask, and complains once', async () => {
    fails = true;
    assert.equal(await refusal(), undefined);
    assert.equal(await refusal(), undefined);
    assert.equal(log.length, 1);
    assert.match(log[0] ?? '', /^warn: The state of a template could not be asked/);
    assert.equal(
      await new TemplateBook(
        undefined,
        () => now,
        () => {},
      ).refusal('ask', 'pt_BR', signal),
      undefined,
    );
  });

  it('refuses every state but approved, with the reason', async () => {
    for (const [status, told] of [
      ['pending', /still being reviewed/],
      ['rejected', /rejected by WhatsApp \(TAG\)/],
      ['paused', /paused/],
      ['disabled', /disabled/],
      ['novel', /has the state novel/],
    ] as const) {
      versions = [template({ status, ...(status === 'rejected' ? { reason: 'TAG' } : {}) })];
      book.forget();
      const reason = await refusal();
      assert.equal(reason?.code, 'template_not_approved', status);
      assert.match(reason?.text ?? '', told);
    }
  });

  it('refuses one that is not there, and names the languages that are', async () => {
    const reason = await refusal('pt_PT');
    assert.deepEqual([reason?.code, reason?.nextStep.includes('pt_BR')], ['template_not_approved', true]);
    versions = [];
    book.forget();
    assert.match((await refusal())?.nextStep ?? '', /create the template/);
  });

  it('refuses one that grants nothing, with its button', async () => {
    versions = [template({ asksPermission: false, quickReplies: ['Allow calls'] })];
    const reason = await refusal();
    assert.equal(reason?.code, 'template_grants_nothing');
    assert.match(reason?.text ?? '', /“Allow calls”/);
  });

  it('asks once for many at the same time, and keeps a good answer for minutes', async () => {
    assert.deepEqual(await Promise.all([refusal(), refusal(), refusal()]), [undefined, undefined, undefined]);
    assert.equal(asked, 1);
    now += 9 * 60_000;
    await refusal();
    assert.equal(asked, 1);
    now += 2 * 60_000;
    versions = [template({ status: 'paused' })];
    assert.equal((await refusal())?.code, 'template_not_approved');
    assert.equal(asked, 2);
  });

  it('asks again soon after a bad answer, and at once after news', async () => {
    versions = [template({ status: 'pending' })];
    assert.equal((await refusal())?.code, 'template_not_approved');
    versions = [template()];
    assert.equal((await refusal())?.code, 'template_not_approved', 'not for every person of a campaign');
    now += 20_000;
    assert.equal(await refusal(), undefined);
    versions = [template({ status: 'paused' })];
    book.forget();
    assert.equal((await refusal())?.code, 'template_not_approved');
  });

  it('goes by what it knew if it cannot ask again', async () => {
    versions = [template({ status: 'paused' })];
    await refusal();
    now += 20_000;
    fails = true;
    assert.equal((await refusal())?.code, 'template_not_approved');
  });
});
