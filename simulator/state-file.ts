import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { SimulatorError } from './simulator-error.ts';
import type { State } from './state.ts';

/** Only what the code relies on without asking; the rest of a record is taken as the simulator wrote it. */
const shape = z.looseObject({
  version: z.literal(1),
  clockAhead: z.number(),
  people: z.array(
    z.looseObject({ phone: z.string(), userId: z.string(), name: z.string(), aliases: z.array(z.string()) }),
  ),
  pairs: z.record(
    z.string(),
    z.looseObject({
      permission: z.looseObject({ status: z.enum(['no_permission', 'temporary', 'permanent']) }),
      requests: z.array(z.looseObject({ id: z.string(), at: z.number() })),
      connected: z.array(z.number()),
      unanswered: z.number(),
      chat: z.array(z.looseObject({ id: z.string(), text: z.string(), at: z.number() })),
    }),
  ),
  number: z.looseObject({
    started: z.array(z.number()),
    calling: z.looseObject({ status: z.string() }),
    templates: z.array(z.looseObject({ id: z.string(), name: z.string(), language: z.string() })),
    override: z.looseObject({}),
    businessNumber: z.string(),
  }),
  calls: z.array(z.looseObject({ id: z.string(), userId: z.string(), state: z.string(), placedAt: z.number() })),
  undelivered: z.array(z.looseObject({ id: z.string(), field: z.string(), value: z.looseObject({}) })),
});

/**
 * Reads the state of an earlier run; undefined if there is none.
 * @throws SimulatorError `state_file_invalid` if the file is not one of ours, `state_file_unreadable` if it cannot be read
 */
export function loadState(file: string): State | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') return undefined;
    throw new SimulatorError(
      'state_file_unreadable',
      `The simulator's state file cannot be read (${code}).`,
      'Check the path and its permissions, or start without a state file.',
    );
  }
  try {
    return shape.parse(JSON.parse(text)) as unknown as State;
  } catch {
    throw new SimulatorError(
      'state_file_invalid',
      'The state file was not written by this simulator, or is damaged.',
      'Move or delete the file to start afresh; permissions and chats of the simulated people are then forgotten.',
    );
  }
}

/** Replaces the file whole: whoever reads it, also after a kill, finds the old or the new state. */
export function saveState(file: string, json: string): void {
  const temporary = `${file}.${process.pid}.new`;
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(temporary, json, { mode: 0o600 });
    renameSync(temporary, file);
  } catch (error) {
    throw new SimulatorError(
      'state_file_unwritable',
      `The simulator's state file cannot be written (${(error as NodeJS.ErrnoException).code}).`,
      'Check that its folder exists and may be written to, and that the disk has room.',
      500,
    );
  }
}
