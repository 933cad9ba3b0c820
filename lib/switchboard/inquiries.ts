import type { Desk } from './desk.ts';
import type { Switchboard } from './switchboard.ts';

/** What the permission store tells about this number, so that nodes need not see the store itself. */
export function inquiries(
  desk: Pick<Desk, 'deps' | 'deliveries'>,
): Pick<Switchboard, 'explain' | 'list' | 'statistics' | 'audit' | 'verifyAudit' | 'erase'> {
  const { ledger, businessNumber } = desk.deps;
  const businessNumberId = businessNumber.id;
  return {
    explain: async (contact, purpose) => {
      const explanation = await ledger.explain(businessNumber, contact, purpose);
      const delivery = desk.deliveries.of(explanation.contact);
      return delivery === undefined ? explanation : { ...explanation, delivery };
    },
    list: (query) => ledger.list({ ...query, businessNumberId }),
    statistics: (query) => ledger.statistics({ ...query, businessNumberId }),
    audit: (query) => ledger.audit({ ...query, businessNumberId }),
    verifyAudit: () => ledger.verifyAudit(),
    erase: (contact) => ledger.erase(businessNumberId, contact),
  };
}
