/*
 * Where speech is mistaken: voices of espeak-ng in silence and in noise, through the codec, and sounds with nobody in them. Nothing is random, so
 * two runs give the same figures; only `cost` depends on the machine.
 *
 *   node bench/speech.ts [--seconds=60]
 */
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { SpeechDetector } from '../lib/media/speech-detector.ts';
import { bargeIn } from './speech/barge-in.ts';
import { nobody } from './speech/nobody.ts';
import { LEAD_MS, Listener, made, noise, onsetMs, scene, spoken } from './speech/scenes.ts';

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } });
const SECONDS = Number(values.seconds);
const OPTIONS = { endMs: 600, initialSilenceMs: 5000, longSilenceMs: 10_000 };
const SENTENCES: [voice: string, text: string][] = [
  ['en', 'Hello, this is Ana speaking. Who is calling please?'],
  ['pt', 'Alô, quem fala? Estou em casa até as cinco.'],
  ['de', 'Hallo, wer ist da bitte? Ich bin bis fünf zu Hause.'],
  ['es', 'Diga, ¿quién es? Estoy en casa hasta las cinco.'],
  ['en', 'Hello?'],
  ['en', 'Yes.'],
];
const PEOPLE = ['', '+m3', '+m7', '+f2', '+f5'];
const LEVELS = [-20, -30, -38];
const NOISES: [name: string, snr: number, colour: 'white' | 'brown'][] = [
  ['none', 99, 'white'],
  ['white, 20 dB below', 20, 'white'],
  ['white, 10 dB below', 10, 'white'],
  ['brown, 10 dB below', 10, 'brown'],
];

const quantile = (sorted: number[], share: number) =>
  Math.round(sorted[Math.floor(sorted.length * share)] ?? Number.NaN);

async function main(): Promise<void> {
  const listener = await Listener.create();
  const delays: number[] = [];
  const cuts: number[] = [];
  let scenes = 0;
  let early = 0;
  const missed: string[] = [];
  for (const [language, text] of SENTENCES)
    for (const person of PEOPLE) {
      const voice = spoken(language + person, text);
      const onset = LEAD_MS + onsetMs(voice);
      for (const level of LEVELS)
        for (const [name, snr, colour] of NOISES) {
          scenes += 1;
          const sound = scene(voice, level, snr, noise(scenes), colour);
          const starts = listener.hear(sound, OPTIONS).told.filter(({ event }) => event === 'speech_start');
          early += starts.filter(({ toldMs }) => toldMs < LEAD_MS).length;
          const first = starts.find(({ toldMs }) => toldMs >= LEAD_MS);
          if (first) delays.push(first.toldMs - onset);
          else missed.push(`${language}${person} "${text}" ${level} dBFS, noise ${name}`);
        }
      const cut = await bargeIn([...listener.packets(scene(voice, -20, 99))], onset);
      if (cut !== undefined) cuts.push(cut);
    }
  delays.sort((a, b) => a - b);
  cuts.sort((a, b) => a - b);
  console.log(`voices: ${scenes} scenes, ${delays.length} begins heard, ${early} told before the voice`);
  for (const what of missed) console.log(`  missed: ${what}`);
  const told = [0.5, 0.9, 0.95, 1].map((share) => quantile(delays, Math.min(share, 1 - 1 / delays.length)));
  console.log(
    `  told after the voice begins: median ${told[0]} ms, 90 % ${told[1]}, 95 % ${told[2]}, longest ${told[3]}`,
  );
  console.log(
    `barge-in: ${cuts.length} voices at -20 dBFS cut a prompt; its last packet left ${quantile(cuts, 0.5)} ms (median), ${cuts.at(-1)} ms (longest) after the voice began to arrive, ${cuts.filter((ms) => ms <= 200).length} within 200 ms`,
  );

  console.log(
    '\n| Nobody there | False begins per minute | Taken for speech, s per minute | Told as hold |\n|---|---|---|---|',
  );
  for (const [kind, sounds] of Object.entries(nobody()))
    for (const [name, sample] of Object.entries(sounds)) {
      const { told: events, speechMs } = listener.hear(made(SECONDS, sample), OPTIONS);
      const begins = events.filter(({ event }) => event === 'speech_start').length;
      const hold = events.find(({ event }) => event === 'hold_start');
      const perMinute = (value: number) => Math.round((value * 600) / SECONDS) / 10;
      console.log(
        `| ${kind}: ${name} | ${perMinute(begins)} | ${perMinute(speechMs / 1000)} | ${hold ? `after ${hold.toldMs / 1000} s` : 'no'} |`,
      );
    }

  const [language, text] = SENTENCES[0] ?? ['en', ''];
  const frames = [...listener.frames(spoken(language, text.repeat(6)))];
  const detector = new SpeechDetector();
  const cpu = process.threadCpuUsage();
  const began = performance.now();
  for (let round = 0; round < 5; round += 1) for (const frame of frames) detector.frame(frame, OPTIONS);
  const used = process.threadCpuUsage(cpu);
  const each = (used.user + used.system) / (5 * frames.length);
  console.log(
    `\ncost: ${each.toFixed(1)} µs of processor per frame of 20 ms, ${(each / 200).toFixed(2)} % of a core per call (${Math.round(performance.now() - began)} ms in all)`,
  );
  listener.close();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
