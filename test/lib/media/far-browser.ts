import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Page } from 'playwright-core';
import { launchChromium } from '../../browser/chromium.ts';

/** A browser as the far end of a leg: its microphone plays a WAV file in a loop, what it hears is kept. */
export interface FarBrowser {
  page: Page;
  /** Takes our offer; returns its answer with all candidates. */
  answer(offer: string): Promise<string>;
  /** What it heard since `answer`, mono at 16 kHz. */
  heard(): Promise<Float32Array>;
  press(digits: string): Promise<void>;
  statistics(): Promise<{
    packetsReceived: number;
    packetsLost: number;
    concealedSamples: number;
    reportsReceived: number;
    roundTripTimes: number;
  }>;
  /** Ends at once, without a word to anybody. */
  die(): Promise<void>;
  close(): Promise<void>;
}

/* What runs in the page. */
const PAGE = `<!doctype html><meta charset="utf-8"><title>phone</title><audio id="out" autoplay></audio><script>
var pc, heard = [], context;
async function answer(offer) {
  pc = new RTCPeerConnection({ iceServers: [] });
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const mic = await navigator.mediaDevices.getUserMedia({ audio });
  context = new AudioContext({ sampleRate: 16000 });
  await context.resume();
  pc.ontrack = ({ track, streams }) => {
    const stream = streams[0] || new MediaStream([track]);
    document.getElementById('out').srcObject = stream;
    const tap = context.createScriptProcessor(4096, 1, 1);
    tap.onaudioprocess = (event) => heard.push(event.inputBuffer.getChannelData(0).slice());
    context.createMediaStreamSource(stream).connect(tap);
    tap.connect(context.destination);
  };
  await pc.setRemoteDescription({ type: 'offer', sdp: offer });
  for (const track of mic.getTracks()) pc.addTrack(track, mic);
  await pc.setLocalDescription(await pc.createAnswer());
  while (pc.iceGatheringState !== 'complete') await new Promise((done) => setTimeout(done, 10));
  return pc.localDescription.sdp;
}
function take() {
  const bytes = new Uint8Array(heard.length * 4096 * 4);
  heard.forEach((part, index) => bytes.set(new Uint8Array(part.buffer), index * 4096 * 4));
  let text = '';
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return btoa(text);
}
async function statistics() {
  const all = [...(await pc.getStats()).values()];
  const find = (type) => all.find((entry) => entry.type === type) || {};
  const { packetsReceived, packetsLost, concealedSamples } = find('inbound-rtp');
  return { packetsReceived, packetsLost, concealedSamples, reportsReceived: find('remote-outbound-rtp').reportsSent || 0,
    roundTripTimes: find('remote-inbound-rtp').roundTripTimeMeasurements || 0 };
}
</script>`;

interface PhoneWindow {
  answer(offer: string): Promise<string>;
  take(): string;
  statistics(): Promise<never>;
  pc: RTCPeerConnection;
}

export async function openFarBrowser(microphone: string): Promise<FarBrowser> {
  const server = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(PAGE));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const browser = await launchChromium({ microphone, loop: true });
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${port}/`);
  return {
    page,
    answer: (offer) => page.evaluate((sdp) => (window as unknown as PhoneWindow).answer(sdp), offer),
    async heard() {
      const bytes = Buffer.from(await page.evaluate(() => (window as unknown as PhoneWindow).take()), 'base64');
      return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    },
    press: (digits) =>
      page.evaluate((keys) => {
        const [sender] = (window as unknown as PhoneWindow).pc.getSenders();
        sender?.dtmf?.insertDTMF(keys, 100, 70);
      }, digits),
    statistics: () => page.evaluate(() => (window as unknown as PhoneWindow).statistics()),
    async die() {
      const gone = new Promise<void>((resolve) => browser.once('disconnected', () => resolve()));
      const session = await browser.newBrowserCDPSession();
      session.send('Browser.crash').catch(() => undefined);
      await gone;
    },
    async close() {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
