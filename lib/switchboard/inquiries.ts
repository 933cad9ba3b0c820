import type { SwitchboardDeps } from './deps.ts';
import type { Switchboard } from './switchboard.ts';

/** What the permission store tells about this number, so that nodes need not see the store itself. */
export function inquiries({
  ledger,
  businessNumber,
}: SwitchboardDeps): Pick<Switchboard, 'explain' | 'list' | 'statistics' | 'audit' | 'verifyAudit' | 'erase'> {
  const businessNumberId = businessNumber.id;
  return {
    explain: (contact, purpose) => ledger.explain(businessNumber, contact, purpose),
    list: (query) => ledger.list({ ...query, businessNumberId }),
    statistics: (query) => ledger.statistics({ ...query, businessNumberId }),
    audit: (query) => ledger.audit({ ...query, businessNumberId }),
    verifyAudit: () => ledger.verifyAudit(),
    erase: (contact) => ledger.erase(businessNumberId, contact),
  };
}
