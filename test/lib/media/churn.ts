import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Leg, LegOptions, MediaEngine } from '../../../lib/media/media.ts';
import { answerAsMeta, type FakeMeta, reaches } from './fake-meta.ts';

/** Where a call is cut off. */
export const STAGES = [
  'created',
  'offering',
  'offered',
  'checks',
  'handshake',
  'connected',
  'accepted',
  'tasks',
] as const;
export type Stage = (typeof STAGES)[number];

/** A second of silence as a WAV: 8 kHz, 16 bit, mono. */
const PROMPT = Buffer.alloc(44 + 16_000);
PROMPT.write('RIFF....WAVEfmt ', 0, 'latin1');
PROMPT.writeUInt32LE(36 + 16_000, 4);
PROMPT.writeUInt32LE(16, 16);
PROMPT.writeUInt16LE(1, 20);
PROMPT.writeUInt16LE(1, 22);
PROMPT.writeUInt32LE(8000, 24);
PROMPT.writeUInt32LE(16_000, 28);
PROMPT.writeUInt16LE(2, 32);
PROMPT.writeUInt16LE(16, 34);
PROMPT.write('data', 36, 'latin1');
PROMPT.writeUInt32LE(16_000, 40);

/** One call that begins and is cut off at a stage. Resolves when its leg and the far side are closed. */
export async function brieflyCall(
  engine: MediaEngine,
  id: string,
  stage: Stage,
  options: LegOptions,
  folder: string,
  role: 'active' | 'passive',
): Promise<void> {
  const leg = await engine.createLeg(id, options);
  let meta: FakeMeta | undefined;
  const tasks: Promise<unknown>[] = [];
  try {
    if (stage === 'created') return;
    const offering = leg.createOffer();
    if (stage === 'offering') {
      const refused = offering.catch(() => undefined);
      await leg.close();
      await refused;
      return;
    }
    const offer = await offering;
    if (stage === 'offered') return;
    meta = await answerAsMeta(offer, role);
    // Nobody answers the checks: the far side is gone already.
    if (stage === 'checks') await meta.close();
    await leg.applyAnswer(meta.answer);
    if (stage === 'checks') return void (await sleep(Math.random() * 100));
    // Checks take some ms, the handshake some tens: one of them is under way.
    if (stage === 'handshake') return void (await sleep(Math.random() * 60));
    await Promise.race([reaches(leg, 'connected'), reaches(leg, 'failed'), reaches(leg, 'closed')]);
    if (stage === 'connected') return;
    leg.accepted();
    if (stage === 'accepted') return;
    tasks.push(Promise.allSettled(work(leg, id, folder)));
    await sleep(Math.random() * 300);
  } finally {
    await leg.close();
    await Promise.all(tasks);
    await meta?.close();
  }
}

/** Every kind of task that a call can have. */
export function work(leg: Leg, id: string, folder: string): Promise<unknown>[] {
  return [
    leg.play({ source: { wav: PROMPT }, times: Number.POSITIVE_INFINITY }).done,
    leg.record({ root: folder, name: `${id}.wav` }).done,
    leg.bridge({}).done,
    leg.bridge({ codec: 'PCMU' }).done,
    leg.statistics(),
  ];
}

/** What a process holds, by what the kernel says: files, sockets, timers. */
export interface Holdings {
  descriptors: number;
  udpSockets: number;
  timers: number;
  /** UDP ports of a range that anybody on this machine has. */
  ports: number;
}

/** @param range UDP ports that are looked at */
export async function holdings(range: [number, number], pid: number | 'self' = 'self'): Promise<Holdings> {
  const table = `${await readFile('/proc/self/net/udp', 'utf8')}${await readFile('/proc/self/net/udp6', 'utf8')}`;
  const rows = table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => /^\d+:$/.test(columns[0] ?? ''));
  const inodes = new Set(rows.map((columns) => columns[9]));
  const folder = `/proc/${pid}/fd`;
  const links = await Promise.all((await readdir(folder)).map((fd) => readlink(join(folder, fd)).catch(() => '')));
  const ports = rows.filter((columns) => {
    const port = Number.parseInt((columns[1] ?? '').split(':')[1] ?? '', 16);
    return port >= range[0] && port <= range[1];
  });
  return {
    descriptors: links.filter(Boolean).length,
    udpSockets: links.filter((link) => inodes.has(/^socket:\[(\d+)\]$/.exec(link)?.[1])).length,
    timers: process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length,
    ports: ports.length,
  };
}

/** Runs so many calls, so many at once, the stages in turn. */
export async function churn(
  calls: number,
  atOnce: number,
  call: (index: number, stage: Stage) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < calls; index = next++)
        await call(index, STAGES[index % STAGES.length] ?? 'created');
    }),
  );
}
