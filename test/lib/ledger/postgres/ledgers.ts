import { strict as assert } from 'node:assert';
import type { CallReservation } from '../../../../lib/ledger/ledger.ts';
import { PostgresEngine } from '../../../../lib/ledger/postgres/engine.ts';
import { findProfile } from '../../../../lib/permission/rules.ts';
import { freshSchema } from '../../../postgres.ts';
import { ANA, NUMBER } from '../stand.ts';

/** A ledger by the machine's own clocks. */
export function open(connection: string, schema = freshSchema()): Promise<PostgresEngine> {
  const profile = findProfile('meta-2026');
  assert.ok(profile);
  return PostgresEngine.open({ connection, schema, profile });
}

/** A person allows calls for good. */
export const grant = (id: string, contact = ANA) => ({
  type: 'permission.replied' as const,
  id,
  at: Date.now(),
  businessNumberId: NUMBER.id,
  contact,
  response: 'accept' as const,
  permanent: true,
  source: 'user_action' as const,
});

export function call(ledger: PostgresEngine, contact = ANA): Promise<CallReservation> {
  return ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: 'x' });
}
