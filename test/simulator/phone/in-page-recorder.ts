import type { Page } from 'playwright-core';

/** Hz of what the recorder hands out. */
export const RECORDER_RATE = 16000;

/**
 * Records what the page's loudspeaker gets, from the moment that the remote stream is there.
 *
 * @returns stops and hands out everything recorded so far
 */
export async function recordLoudspeaker(page: Page): Promise<() => Promise<Float32Array>> {
  await page.evaluate(async (rate) => {
    const audio = document.getElementById('far-voice') as HTMLAudioElement;
    while (!audio.srcObject) await new Promise((resolve) => setTimeout(resolve, 5));
    const context = new AudioContext({ sampleRate: rate });
    const processor = context.createScriptProcessor(4096, 1, 1);
    const recorded: number[] = [];
    processor.onaudioprocess = (event) => {
      for (const sample of event.inputBuffer.getChannelData(0)) recorded.push(sample);
    };
    context.createMediaStreamSource(audio.srcObject as MediaStream).connect(processor);
    processor.connect(context.destination);
    (window as unknown as { recorded: number[] }).recorded = recorded;
  }, RECORDER_RATE);
  return async () =>
    Float32Array.from(await page.evaluate(() => (window as unknown as { recorded: number[] }).recorded));
}
