import type { Check } from '../check.ts';
import type { DiskFacts } from '../disk.ts';
import { type Finding, fail, ok, unknown, warn } from '../finding.ts';

/** Below this the next weeks are in danger, and below that the next minutes. */
const LITTLE_BYTES = 500e6;
const NOTHING_BYTES = 20e6;
/** Each request, call and webhook waits for one durable write; Meta wants its answers within a second. */
const SLOW_MS = 100;
const TOO_SLOW_MS = 1000;

/** The permission store and the disk on which it lies. */
export const store: Check = {
  name: 'Permission store',
  async run({ store: { disk, health } }) {
    const [written, state] = await Promise.all([disk?.(), health === undefined ? undefined : healthOf(health)]);
    const findings = [...(written === undefined ? [] : judgeDisk(written)), ...(state ?? [])];
    if (findings.length > 0) return findings;
    return [
      unknown(
        'store_unseen',
        'The permission store could not be looked at.',
        'It is not open here.',
        'Deploy, and run the check from the editor.',
      ),
    ];
  },
};

async function healthOf(health: NonNullable<Parameters<Check['run']>[0]['store']['health']>): Promise<Finding[]> {
  try {
    const { ok: fine, engine, detail } = await health();
    if (fine) return [ok('store', 'The permission store works.', `Engine: ${engine}.`)];
    return [
      fail(
        'store_broken',
        'The permission store does not work.',
        detail ?? `Engine: ${engine}.`,
        'Look at the log; calls and requests are blocked until it works again.',
      ),
    ];
  } catch (error) {
    const { message, nextStep } = error as { message?: string; nextStep?: string };
    return [
      fail(
        'store_broken',
        'The permission store cannot be opened.',
        message ?? 'Something unexpected happened.',
        nextStep ?? 'Check path or connection in the permission store’s configuration.',
      ),
    ];
  }
}

function judgeDisk({ folder, refused, freeBytes, syncMs }: DiskFacts): Finding[] {
  const free =
    freeBytes === undefined ? '' : `${Math.floor(freeBytes / 1e6).toLocaleString('en-US')} MB are free in ${folder}.`;
  if (refused === 'ENOSPC' || refused === 'EDQUOT' || (freeBytes !== undefined && freeBytes < NOTHING_BYTES))
    return [
      fail(
        'disk_full',
        'The disk of the permission store is full.',
        free || `The system said ${refused}.`,
        'Make room. Until then no call is placed, and webhooks are sent back to WhatsApp.',
      ),
    ];
  if (refused !== undefined)
    return [
      fail(
        'disk_not_writable',
        'Nothing can be written into the folder of the permission store.',
        `${folder}: the system said ${refused}.`,
        'Give the user of Node-RED the right to write there, or choose another path for the store.',
      ),
    ];
  const findings: Finding[] = [];
  if (freeBytes !== undefined && freeBytes < LITTLE_BYTES)
    findings.push(
      warn('disk_low', 'The disk of the permission store is nearly full.', free, 'Make room before it is full.'),
    );
  if (syncMs !== undefined && syncMs >= SLOW_MS) {
    const words = `A durable write takes ${Math.round(syncMs).toLocaleString('en-US')} ms.`;
    const next = 'Put the store on a local SSD; network drives and SD cards are too slow.';
    findings.push(
      (syncMs >= TOO_SLOW_MS ? fail : warn)('disk_slow', words, 'Every request, call and webhook waits for one.', next),
    );
  }
  if (findings.length > 0) return findings;
  const speed = syncMs === undefined ? '' : ` A durable write takes ${syncMs.toFixed(1)} ms.`;
  return [ok('disk', 'The disk of the permission store can be written and has room.', `${free}${speed}`.trim())];
}
