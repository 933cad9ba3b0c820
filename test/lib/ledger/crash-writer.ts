/**
 * A process that works on the store at argv[2] and writes each thing down on stdout after the store has acknowledged it.
 * argv[3] tells this life from the others. argv[4]: how many things it acknowledges before it pauses (so that the log is
 * moved into the file), then as many again, and closes; without it, it works until it is killed. argv[5]: `backup` to copy the
 * store all the while, `old` to make a store of an older format first, `once` to leave out the pause and what follows it.
 *
 * A line is a kind and what it is about: `phase NAME`, `event ID`, `reserved|placed|finished RESERVATION`, `hot PHONE`,
 * `opt_out PHONE`, `granted PHONE`, `swept LIFE`, `backup PATH`.
 */
import { writeSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ledger } from '../../../lib/ledger/ledger.ts';
import { closeLingering, openLedger } from '../../../lib/ledger/open.ts';
import { makeOldStore, oldPhone } from './old-store.ts';
import { DAY, NUMBER } from './stand.ts';

const OLD_PEOPLE = 300;

const [path = '', life = '0', most = 'Infinity', manner = ''] = process.argv.slice(2);
let lines = 0;
let index = 0;
let enough = Number(most);

// Straight to the descriptor: what a killed process had only buffered would be missing in the proof.
function acknowledged(kind: string, id: string): void {
  for (;;) {
    try {
      writeSync(1, `${kind} ${id}\n`);
      break;
    } catch (error) {
      // The reader is busy; the pipe takes a line as a whole or not at all.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  lines++;
}

async function one(ledger: Ledger): Promise<void> {
  const nr = index++;
  const contact = { phone: `5511${String(900_000_000 + Number(life) * 100_000 + nr)}` };
  const id = `${life}-${nr}`;
  await ledger.append([
    {
      type: 'permission.replied',
      id: `grant-${id}`,
      at: Date.now(),
      businessNumberId: NUMBER.id,
      contact,
      response: 'accept',
      permanent: true,
      source: 'user_action',
    },
  ]);
  acknowledged('event', `grant-${id}`);
  const call = await ledger.reserveCall({ businessNumber: NUMBER, contact, purpose: 'crash' });
  if (!call.ok) throw new Error(`refused: ${call.reason.code}`);
  acknowledged('reserved', call.reservationId);
  await ledger.settle(call.reservationId, { state: 'consumed', providerId: `wacid-${id}` });
  acknowledged('placed', call.reservationId);
  await ledger.finishCall(call.reservationId, { outcome: 'failed', at: Date.now() });
  acknowledged('finished', call.reservationId);
  // Eight in a row want the same person, whom only one of them may ask.
  const hot = { phone: `4930${String(10_000_000 + Number(life) * 10_000 + (nr >> 3))}` };
  const request = await ledger.reserveRequest({
    businessNumber: NUMBER,
    contact: hot,
    purpose: 'crash',
    via: 'template',
    hasTemplate: true,
  });
  if (request.ok) acknowledged('hot', hot.phone);
  if (nr % 16 === 7) {
    await ledger.sweep();
    acknowledged('swept', life);
  }
  // Those who were not told to stop stay granted.
  if (nr % 2 === 0) acknowledged('granted', contact.phone);
  else {
    await ledger.doNotCall(NUMBER.id, contact, { listed: true, source: id });
    acknowledged('opt_out', contact.phone);
  }
}

async function backUp(ledger: Ledger): Promise<void> {
  if (ledger.backup === undefined) return;
  for (let copy = 0; lines < enough; copy++) {
    const to = `${path}.backup-${life}-${copy % 4}`;
    acknowledged('phase', `backing up ${to}`);
    await ledger.backup(to);
    acknowledged('backup', to);
    await sleep(50);
  }
}

async function work(): Promise<void> {
  if (manner === 'old') {
    makeOldStore(path, OLD_PEOPLE, Date.now() - DAY);
    for (let nr = 1; nr <= OLD_PEOPLE; nr++) acknowledged('granted', oldPhone(nr));
    enough += lines;
  }
  acknowledged('phase', 'opening');
  const { ledger, release } = await openLedger({ engine: 'sqlite', path });
  acknowledged('phase', 'open');
  // For the lives after this one: reading the sources again would be half of each.
  if (life === '0') flushCompileCache();
  const copies = manner === 'backup' ? backUp(ledger) : undefined;
  const inFlight = async (): Promise<void> => {
    while (lines < enough) await one(ledger);
  };
  await Promise.all(Array.from({ length: 16 }, inFlight));
  if (manner !== 'once') {
    // The log is moved into the file after a second of rest.
    await sleep(1_200);
    enough += Number(most);
    await Promise.all(Array.from({ length: 16 }, inFlight));
  }
  await copies;
  acknowledged('phase', 'closing');
  await release();
  await closeLingering();
  acknowledged('phase', 'closed');
}

void work();
