import { createHash } from 'node:crypto';
import type { CallView } from '../call/call.ts';
import { recoveredCall, storedEnd } from '../call/recovered.ts';
import { viewOf } from '../call/view.ts';
import type { StoredCall } from '../ledger/ledger.ts';
import { openKeptFile, readSmallFile } from '../media/kept-file.ts';
import type { ProviderEvent } from '../provider/event.ts';
import { ProviderError, type Transcript } from '../provider/provider.ts';
import type { Desk } from './desk.ts';
import { durably } from './durably.ts';
import { view } from './live-call.ts';
import { pause, told } from './patience.ts';
import type { Capture } from './switchboard.ts';

type Available = Extract<ProviderEvent, { type: 'capture.available' }>;

/** Below the recording folder, so that what the provider kept lies beside what was recorded here. */
const FOLDER = 'whatsapp';
const ENDINGS: [RegExp, string][] = [
  [/^audio\/ogg/, 'ogg'],
  [/^audio\/(mpeg|mp3)/, 'mp3'],
  [/^audio\/(mp4|aac|x-m4a)/, 'm4a'],
  [/^audio\/(wav|x-wav|wave)/, 'wav'],
  [/^application\/json/, 'json'],
  [/^text\/plain/, 'txt'],
];
/** Of hours of speech. A longer transcript is a file like any other. */
const LONGEST_TRANSCRIPT = 10_000_000;

/**
 * Brings what the provider kept of a call, notes it in the call's record and tells it. The event counts as handed out only
 * then: what a stop or a crash interrupts, the next start does. Tries for as long as that makes sense; then it warns.
 */
export async function fetchCapture(desk: Desk, event: Available): Promise<void> {
  const { ledger, log } = desk.deps;
  const stored = await find(desk, event);
  if (stored === undefined) {
    // Of a call of another system with our number, or of one that was erased.
    log('info', `A ${event.kind} of a call that is not ours is left with the provider.`);
  } else {
    const change = await bring(desk, event, stored);
    if (change === undefined || desk.mute || desk.shut) return;
    const origin = stored.origin === undefined ? {} : { origin: stored.origin };
    desk.calls.tell({ ...change, call: callOf(desk, stored), ...origin });
  }
  await durably(desk, 'An event handed out', () => ledger.dispatched([event.id]));
}

/** @throws LedgerError: the event waits in its inbox, for the next start */
async function find(desk: Desk, { ofCall }: Available): Promise<StoredCall | undefined> {
  const { ledger, businessNumber } = desk.deps;
  const stored = await ledger.findCall({ callId: ofCall });
  return stored?.businessNumberId === businessNumber.id ? stored : undefined;
}

type Told = { event: Capture['kind']; capture: Capture } | { event: 'warning'; text: string };

/** @returns undefined: we stop, somebody else will do it */
async function bring(desk: Desk, event: Available, stored: StoredCall): Promise<Told | undefined> {
  const { capturePausesMs } = desk.settings;
  const stop = desk.fetching.signal;
  for (let tried = 0; ; tried += 1) {
    try {
      const capture = await fetchOnce(desk, event, stored);
      if (capture === undefined) return { event: 'warning', text: notHere(event) };
      await durably(desk, `A ${event.kind} of call ${stored.reservationId}`, async () => {
        await desk.deps.ledger.noteRecording(stored.reservationId, { file: capture.file });
      });
      return { event: event.kind, capture };
    } catch (error) {
      if (stop.aborted) return undefined;
      const wait = capturePausesMs[tried];
      // An operator may mend what is wrong (a token, a disk) while the provider keeps it.
      const later = !(error instanceof ProviderError) || error.kind !== 'never';
      if (!later || wait === undefined) return { event: 'warning', text: failed(event, error) };
      if (tried === 0) desk.deps.log('warn', `${failed(event, error)} It will be tried again.`);
      await pause(wait, stop);
      if (stop.aborted) return undefined;
    }
  }
}

async function fetchOnce(desk: Desk, event: Available, stored: StoredCall): Promise<Capture | undefined> {
  const { provider, recordings } = desk.deps;
  if (recordings === undefined || provider.downloadMedia === undefined) return undefined;
  const { kind, media } = event;
  const file = await openKeptFile(recordings, FOLDER, fileName(event, stored));
  const type = media.mimeType === undefined ? {} : { mimeType: media.mimeType };
  if (typeof file === 'string') return { kind, file, ...type, ...(await transcriptOf(desk, kind, file)) };
  let got: { bytes: number; mimeType?: string };
  try {
    got = await provider.downloadMedia(media, file, { most: desk.settings.captureBytes, signal: desk.fetching.signal });
  } catch (error) {
    await file.discard();
    throw error;
  }
  const path = await file.complete();
  return { kind, file: path, ...type, ...got, ...(await transcriptOf(desk, kind, path)) };
}

/** The same media always get the same name, so that a second try finds what the first one brought. */
function fileName({ kind, media }: Available, { reservationId }: StoredCall): string {
  const id = reservationId.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 100);
  const which = createHash('sha256').update(media.id).digest('hex').slice(0, 8);
  const ending = ENDINGS.find(([type]) => type.test(media.mimeType ?? ''))?.[1];
  return `${id}-${kind}-${which}.${ending ?? (kind === 'transcript' ? 'json' : 'ogg')}`;
}

async function transcriptOf(desk: Desk, kind: Capture['kind'], file: string): Promise<{ transcript?: Transcript }> {
  if (kind !== 'transcript') return {};
  const bytes = await readSmallFile(file, LONGEST_TRANSCRIPT);
  const transcript = bytes === undefined ? undefined : desk.deps.provider.readTranscript?.(bytes);
  return transcript === undefined ? {} : { transcript };
}

/** Mostly over, and mostly still remembered. */
function callOf({ registry, deps }: Desk, stored: StoredCall): CallView {
  const live = registry.find(stored.reservationId);
  if (live !== undefined) return view(live);
  const state = storedEnd(stored, deps.businessNumber) ?? recoveredCall(stored, deps.businessNumber, deps.now()).state;
  return viewOf(state);
}

function failed({ kind }: Available, error: unknown): string {
  const next = error instanceof ProviderError ? ` ${error.nextStep}` : '';
  return `WhatsApp has a ${kind} of the call, but it could not be fetched: ${told(error)}${next}`;
}

function notHere({ kind }: Available): string {
  return `WhatsApp has a ${kind} of the call; this number has no folder to put it.`;
}
