import { strict as assert } from 'node:assert';
import type { SetUp } from '../../../lib/doctor/create-subject.ts';
import { createSubject } from '../../../lib/doctor/create-subject.ts';
import { examine } from '../../../lib/doctor/examine.ts';
import { isHealthy } from '../../../lib/doctor/finding.ts';
import type { Answer } from '../../../lib/doctor/graph-reader.ts';
import type { Subject } from '../../../lib/doctor/subject.ts';
import { ProviderError } from '../../../lib/provider/provider.ts';
import { type ProxyFault, Stand } from './stand.ts';

/** Set-ups that are unlike the plain one and work all the same. `unseen`: what may be left open. */
interface Variant {
  change?: (setUp: SetUp, stand: Stand) => SetUp;
  spoil?: (subject: Subject) => Subject;
  proxy?: ProxyFault;
  unseen?: string[];
}

const without = <T extends object>(value: T, ...names: string[]): T =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as T;

const VARIANTS: Record<string, Variant> = {
  'without an account id: the token tells it': {
    change: (setUp) => ({ ...setUp, provider: without(setUp.provider, 'wabaId') }),
  },
  'a provider that speaks Meta’s API but tells nothing of apps': {
    change: (setUp) => ({ ...setUp, provider: { ...setUp.provider, profile: 'custom' } }),
    unseen: ['fields_unseen'],
  },
  'looked at from another process': {
    change: (setUp) => ({
      ...without(setUp, 'media', 'store'),
      webhook: without(setUp.webhook, 'watch', 'received', 'localUrl'),
    }),
    unseen: ['media_unseen', 'store_unseen'],
  },
  'a proxy that logs in where Node-RED wants it': {
    change: (setUp) => ({ ...setUp, webhook: { ...setUp.webhook, httpNodeAuth: true } }),
  },
  'a proxy that is slow, but not too slow': { proxy: { delayMs: 300 } },
  'a router that does not lead to its own public address': {
    change: (setUp) => ({
      ...setUp,
      webhook: {
        ...setUp.webhook,
        publicUrl: 'http://127.0.0.1:9/whatsapp-calling',
        received: () => ({ events: 5, refused: 0, handshakesRefused: 0 }),
      },
    }),
    unseen: ['webhook_not_from_here'],
  },
  'private addresses behind a router, and no server that was asked': {
    change: (setUp) => ({
      ...setUp,
      media: async () => [
        {
          id: 'own_candidates',
          level: 'warning',
          what: 'All our addresses are private.',
          why: 'That works behind most routers.',
          next: 'If calls stay silent, set "Public IP".',
        },
      ],
    }),
    unseen: ['media_own_candidates'],
  },
  'a clock that is off by some seconds': { change: (setUp) => ({ ...setUp, now: () => Date.now() + 4_000 }) },
  'a store in a database': {
    change: (setUp) => ({
      ...setUp,
      store: { health: async () => ({ ok: true, engine: 'postgres', location: 'database' }) },
    }),
  },
};

describe('the set-up check, of set-ups that are well', function () {
  this.timeout(30_000);
  const stand = new Stand();
  before(() => stand.start());
  after(() => stand.close());
  beforeEach(() => stand.heal());

  for (const [name, { change, spoil, proxy, unseen = [] }] of Object.entries(VARIANTS)) {
    it(`${name}${unseen.length > 0 ? `: leaves open ${unseen.join(', ')}` : ''}`, async () => {
      stand.proxyFault = proxy ?? {};
      const findings = await stand.examine((setUp) => change?.(setUp, stand) ?? setUp, spoil);
      const open = findings.filter(({ level }) => level !== 'ok');
      assert.ok(isHealthy(findings), JSON.stringify(open, null, 1));
      assert.deepEqual(open.map(({ id }) => id).sort(), [...unseen].sort());
    });
  }

  it('a provider that tells hardly anything is not blamed for it', async () => {
    const setUp = stand.setUp();
    const provider = { ...setUp.provider, profile: '360dialog' as const };
    const webhook = without(setUp.webhook, 'watch', 'received', 'localUrl');
    const subject = createSubject({ ...setUp, provider, webhook });
    const refused = new ProviderError('There is no such address.', 'Check it.', {
      code: 'provider_not_found',
      kind: 'operator',
      outcome: 'refused',
    });
    const read = async (path: string): Promise<Answer> =>
      path === '/calling/settings'
        ? { ok: true, body: { calling: { status: 'ENABLED' } } }
        : { ok: false, error: refused };
    const findings = await examine({ ...subject, graph: { read, readToken: () => read('') } });
    assert.ok(isHealthy(findings), JSON.stringify(findings.slice(0, 3)));
    const ids = findings.filter(({ level }) => level === 'ok').map(({ id }) => id);
    assert.deepEqual(ids, [
      'api_reached',
      'country',
      'calling',
      'restrictions',
      'media',
      'media_addresses',
      'disk',
      'store',
    ]);
  });

  it('a check that hangs or breaks is said to, and costs the others nothing', async () => {
    const subject = createSubject(stand.setUp());
    const checks = [
      { name: 'Hanging thing', run: () => new Promise<never>(() => undefined) },
      { name: 'Broken thing', run: () => Promise.reject(new Error('It broke.')) },
      { name: 'Fine thing', run: async () => [] },
    ];
    const findings = await examine(subject, { checks, limitMs: 50 });
    assert.deepEqual(
      findings.map(({ id, level }) => [id, level]),
      [
        ['hanging_thing_late', 'unknown'],
        ['broken_thing_broken', 'unknown'],
      ],
    );
    assert.ok(isHealthy(findings));
  });
});
