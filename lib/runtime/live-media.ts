import type {
  AgentOptions,
  DigitNews,
  DigitOptions,
  Interruption,
  Leg,
  SpeechEvent,
  StreamNews,
  StreamOptions,
  StreamRate,
  StreamTask,
} from '../media/media.ts';
import { greetingWav } from './greeting.ts';
import type { MediaSettings, MessageTask, Surroundings } from './media-action.ts';
import { ReportableError } from './reportable-error.ts';

/** Where an address comes from that whoever wired the flow has written down; anything else may come from outside. */
export const WRITTEN_DOWN = ['str', 'env'];

/** The entries of a list of destinations. */
export function destinations(list: string): string[] {
  return list.split(/[\s,;]+/).filter((entry) => entry !== '');
}

/** What may cut a sound or a stream short, as the dialog names it. */
export function interruptions(setting: MediaSettings['interruptBy']): Interruption[] {
  if (setting === 'both') return ['speech', 'digit'];
  return setting === 'nothing' ? [] : [setting];
}

function streamMessage(news: StreamNews): Record<string, unknown> {
  const { kind, ...told } = news;
  if (news.kind !== 'chunk') return { topic: kind, media: { action: 'stream', event: kind, ...told } };
  const { pcm, sequence, timeMs, sampleRate } = news;
  return {
    topic: 'audio',
    payload: Buffer.from(pcm.buffer as ArrayBuffer, pcm.byteOffset, pcm.byteLength),
    audio: { sequence, timeMs, sampleRate, encoding: 'pcm_s16le', channels: 1 },
  };
}

/**
 * Opens a stream to the flow or to an agent.
 *
 * @throws ReportableError `agent_address_missing`; `MediaError` from the leg
 */
export async function stream(
  settings: MediaSettings,
  leg: Leg,
  call: { id: string; purpose?: string },
  { look, secrets, emit }: Surroundings,
): Promise<MessageTask> {
  const by = interruptions(settings.interruptBy);
  const options: StreamOptions = {
    sampleRate: settings.streamRate as StreamRate,
    chunkMs: settings.chunkMs,
    ...(by.length > 0 && { interruptBy: by }),
    ...(settings.streamTo === 'agent' && { agent: await agent(settings, call, look, secrets.agentToken ?? '') }),
  };
  const task = leg.stream(options);
  task.listen((news) => emit(streamMessage(news)));
  return {
    id: task.id,
    started: task.started.then(() => ({ topic: 'started', media: { action: 'stream', state: 'started' } })),
    done: task.done.then((result) => ({ stream: { ...result }, media: { action: 'stream', result: result.result } })),
    stop: () => task.stop(),
    stream: task,
  };
}

async function agent(
  settings: MediaSettings,
  call: { id: string; purpose?: string },
  look: Surroundings['look'],
  token: string,
): Promise<AgentOptions> {
  const url = await look(settings.agentUrl, settings.agentUrlType, 'agent');
  if (typeof url !== 'string' || url === '')
    throw new ReportableError(
      'agent_address_missing',
      'There is no address of the agent. Correct the field "Agent": it looks like wss://agent.example.com/call.',
    );
  const list = destinations(settings.allowedDestinations);
  const foreign = !WRITTEN_DOWN.includes(settings.agentUrlType);
  const given = await look('parameters', 'msg', 'parameters');
  const extra = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : {};
  const header = settings.agentHeader || 'Authorization';
  const value = header.toLowerCase() === 'authorization' && !/\s/.test(token) ? `Bearer ${token}` : token;
  return {
    url,
    parameters: { ...extra, callId: call.id, ...(call.purpose !== undefined && { purpose: call.purpose }) },
    reconnectSeconds: settings.reconnectSeconds,
    ...(token !== '' && { headers: { [header]: value } }),
    ...((foreign || list.length > 0) && { allowedDestinations: list }),
  };
}

/**
 * What a message asks of a stream that runs: sound in `payload`, `stream` with `clear` or `{ mark }`.
 *
 * @returns what to tell, if the message asked for anything
 */
export async function feed(task: StreamTask, msg: object): Promise<Record<string, unknown> | undefined> {
  const { payload, stream: order } = msg as { payload?: unknown; stream?: unknown };
  let told: Record<string, unknown> | undefined;
  if (order === 'clear') told = { event: 'clear', ...(await task.clear()) };
  if (payload instanceof Uint8Array) told = { event: 'write', ...(await task.write(payload)) };
  const { mark } = (typeof order === 'object' && order !== null ? order : {}) as { mark?: unknown };
  if (typeof mark === 'string' && mark !== '') {
    await task.mark(mark);
    told = { event: 'mark_set', ...told, name: mark };
  }
  return told && { action: 'stream', ...told };
}

function promptOf(value: unknown): DigitOptions['prompt'] {
  if (value instanceof Uint8Array) return { wav: value };
  return typeof value === 'string' && value !== '' ? { file: value } : undefined;
}

/** Asks for digits. */
export async function digits(settings: MediaSettings, leg: Leg, { look, emit }: Surroundings): Promise<MessageTask> {
  const sound = async (value: string, type: string, name: string): Promise<DigitOptions['prompt']> =>
    promptOf(type === 'greeting' ? greetingWav() : await look(value, type, name));
  const prompt = await sound(settings.prompt, settings.promptType, 'prompt');
  const retryPrompt = await sound(settings.retryPrompt, settings.retryPromptType, 'prompt of a retry');
  const task = leg.digits({
    length: settings.digitsLength,
    least: Math.min(settings.digitsLeast, settings.digitsLength || settings.digitsLeast),
    terminator: settings.terminator === 'none' ? '' : settings.terminator,
    firstDigitMs: settings.firstDigitSeconds * 1000,
    interDigitMs: settings.interDigitSeconds * 1000,
    tries: settings.tries,
    ...(settings.allowedDigits !== '' && { allowed: settings.allowedDigits }),
    ...(prompt && { prompt }),
    ...(retryPrompt && { retryPrompt }),
    ...(settings.secret && { secret: true }),
  });
  task.listen(({ kind: _, ...news }: DigitNews) =>
    emit({ topic: 'digit', ...(news.digit !== undefined && { payload: news.digit, digit: news.digit }), digits: news }),
  );
  return {
    id: task.id,
    started: task.started.then(() => undefined),
    done: task.done.then((result) => ({
      payload: result.digits,
      digits: { ...result },
      media: { action: 'digits', result: result.result },
    })),
    stop: () => task.stop(),
  };
}

/** Listens for a person. */
export async function speech(settings: MediaSettings, leg: Leg, { emit }: Surroundings): Promise<MessageTask> {
  const task = leg.speech({
    endMs: settings.endMs,
    initialSilenceMs: settings.initialSilenceSeconds * 1000,
    longSilenceMs: settings.longSilenceSeconds * 1000,
  });
  task.listen((event: SpeechEvent) => emit({ topic: event.event, payload: event.event, speech: { ...event } }));
  return {
    id: task.id,
    started: task.started.then(() => undefined),
    done: task.done.then((result) => ({ speech: { ...result }, media: { action: 'speech', result: result.result } })),
    stop: () => task.stop(),
  };
}
