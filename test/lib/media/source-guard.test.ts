import { strict as assert } from 'node:assert';
import { allowedDestinations } from '../../../lib/media/allowed-destinations.ts';
import { LOCK_MS, SourceGuard } from '../../../lib/media/source-guard.ts';

const PBX = { address: '192.0.2.7', port: 5004 };
const NAT = { address: '198.51.100.9', port: 40_000 };
const ATTACKER = { address: '203.0.113.66', port: 9 };

describe('whom a bridge listens to and sends to', () => {
  it('fixed: only the host that was given, one port of it at a time, and never another destination', () => {
    const guard = new SourceGuard('fixed', PBX);
    assert.deepEqual(guard.destination, PBX);
    assert.equal(guard.accept(ATTACKER, 0), false);
    assert.ok(guard.accept({ ...PBX, port: 5006 }, 10));
    assert.equal(guard.accept({ ...PBX, port: 5008 }, 20), false);
    assert.ok(guard.accept({ ...PBX, port: 5008 }, 11 + LOCK_MS));
    assert.deepEqual(guard.destination, PBX);
    assert.equal(guard.strangers, 2);
    assert.ok(guard.knows(PBX.address));
    assert.equal(guard.knows(ATTACKER.address), false);
  });

  it('learned: the first sender, who cannot be pushed out while it sends, and after that only by its own host', () => {
    const guard = new SourceGuard('learned');
    assert.equal(guard.destination, undefined);
    assert.equal(guard.knows(NAT.address), false);
    assert.ok(guard.accept(NAT, 0));
    for (let at = 20; at < 20_000; at += 20) {
      assert.ok(guard.accept(NAT, at));
      assert.equal(guard.accept(ATTACKER, at + 1), false);
      assert.deepEqual(guard.destination, NAT);
    }
    assert.equal(guard.strangers, 999);
    assert.equal(guard.accept(ATTACKER, 20_000 + 2 * LOCK_MS), false, 'nor after it fell silent');
    const moved = { ...NAT, port: 40_002 };
    assert.ok(guard.accept(moved, 20_000 + 2 * LOCK_MS));
    assert.deepEqual(guard.destination, moved);
  });

  it('fixed, then learned: the given one until somebody sends; the given host may come back when that one is silent', () => {
    const guard = new SourceGuard('fixed_then_learned', PBX);
    assert.deepEqual(guard.destination, PBX);
    assert.ok(guard.accept(NAT, 0));
    assert.deepEqual(guard.destination, NAT);
    assert.equal(guard.accept(PBX, 100), false);
    assert.ok(guard.accept(PBX, LOCK_MS + 100));
    assert.deepEqual(guard.destination, PBX);
    assert.equal(guard.accept(ATTACKER, 3 * LOCK_MS), false);
  });

  it('learns nobody who is not on the list', () => {
    const guard = new SourceGuard('learned', undefined, allowedDestinations(['198.51.100.0/24']));
    assert.equal(guard.accept(ATTACKER, 0), false);
    assert.ok(guard.accept(NAT, 0));
  });
});

describe('list of allowed destinations', () => {
  it('knows addresses and networks of both families', () => {
    const allowed = allowedDestinations(['192.0.2.7', '10.1.0.0/16', '2001:db8:1::/48', ' 198.51.100.0/31 ']);
    for (const address of [
      '192.0.2.7',
      '10.1.0.0',
      '10.1.255.255',
      '2001:db8:1:2::3',
      '198.51.100.1',
      '::ffff:10.1.2.3',
    ])
      assert.ok(allowed(address), address);
    for (const address of [
      '192.0.2.8',
      '10.2.0.0',
      '2001:db8:2::1',
      '198.51.100.2',
      '127.0.0.1',
      '::1',
      'pbx.example.org',
      '',
    ])
      assert.equal(allowed(address), false, address);
    assert.equal(allowedDestinations([])('127.0.0.1'), false);
    assert.ok(allowedDestinations(['0.0.0.0/0'])('203.0.113.1'));
  });

  it('refuses what is neither', () => {
    for (const entry of [
      'pbx.example.org',
      '10.0.0.0/33',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '2001:db8::/129',
      '',
      '10.0.0/8',
      '10.0.0.0/-1',
    ])
      assert.throws(() => allowedDestinations([entry]), { code: 'media_address_refused' }, entry);
  });
});
