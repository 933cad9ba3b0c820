import { statfsSync } from 'node:fs';
import { LedgerError } from '../ledger.ts';

/** File systems of other machines, by the number the system gives them. Their locks and flushes cannot be relied on. */
const NETWORK_FILE_SYSTEMS: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0xff534d42, 'SMB (CIFS)'],
  [0xfe534d42, 'SMB'],
  [0x517b, 'SMB'],
  [0x01021997, '9P'],
  [0x00c36400, 'Ceph'],
  [0x5346414f, 'AFS'],
]);

/** Name of the network file system with this number, or undefined for local ones. Accepts the signed form that some systems give. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS.get(type >>> 0);
}

/**
 * Refuses folders on another machine's disk: SQLite's locks do not hold there, and files get damaged.
 * @throws LedgerError with code `store_network_drive`
 */
export function refuseNetworkDrive(directory: string, typeOf = (path: string) => statfsSync(path).type): void {
  const name = networkFileSystem(typeOf(directory));
  if (name === undefined && !directory.startsWith('\\\\')) return;
  throw new LedgerError(
    'store_network_drive',
    `The folder ${directory} is on a network drive (${name ?? 'UNC path'}), where a permission store is not safe.`,
    'Choose a folder on a disk of this machine. Several machines that share permissions need the PostgreSQL store.',
  );
}
