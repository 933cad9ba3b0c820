import type { BrowserContext, Page } from 'playwright-core';

/** A page that keeps what its peer connections hear, whatever the page itself does with it. */
export async function hearingPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.addInitScript(listen);
  return page;
}

/** What was heard so far, 48 kHz, from the first remote track on. */
export async function heardBy(page: Page): Promise<Float32Array> {
  const text = await page.evaluate(() => {
    const { heard } = globalThis as unknown as { heard: Float32Array[] };
    const samples = Float32Array.from(heard.flatMap((block) => [...block]));
    const bytes = new Uint8Array(samples.buffer);
    let binary = '';
    for (let at = 0; at < bytes.length; at += 32768) binary += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return btoa(binary);
  });
  const bytes = Buffer.from(text, 'base64');
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Runs in the page, before its own scripts. */
function listen(): void {
  const heard: Float32Array[] = [];
  (globalThis as unknown as { heard: Float32Array[] }).heard = heard;
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Native {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      this.addEventListener('track', ({ track }) => {
        const context = new AudioContext({ sampleRate: 48000 });
        const source = context.createMediaStreamSource(new MediaStream([track]));
        const tap = context.createScriptProcessor(4096, 1, 1);
        tap.onaudioprocess = (event) => heard.push(event.inputBuffer.getChannelData(0).slice());
        source.connect(tap);
        tap.connect(context.destination);
      });
    }
  };
}
