import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { correlate, resample, speechLike, writeWav } from './audio.ts';
import { launchChromium } from './chromium.ts';

const RATE = 48000;

describe('Chromium as a telephone', () => {
  it('speaks our recording into a peer connection on this machine and hears it at the other end', async function () {
    this.timeout(60_000);
    const directory = await mkdtemp(path.join(os.tmpdir(), 'wa-chromium-'));
    const file = path.join(directory, 'voice.wav');
    const voice = speechLike({ seconds: 2, sampleRate: RATE, seed: 7 });
    await writeWav(file, { sampleRate: RATE, channels: [voice] });
    const browser = await launchChromium({ microphone: file, loop: true });
    try {
      const page = await browser.newPage();
      // getUserMedia needs a secure context; a routed https page needs no server.
      await page.route('https://phone.test/', (route) =>
        route.fulfill({ contentType: 'text/html', body: '<!doctype html><title>phone</title>' }),
      );
      await page.goto('https://phone.test/');
      const heard = Float32Array.from(await page.evaluate(callMyself, 5));
      const match = correlate(resample(voice, RATE, 16000), resample(heard, RATE, 16000), 16000);
      assert.ok(match.score > 0.8, `the recording is not in what arrived: ${JSON.stringify(match)}`);
    } finally {
      await browser.close();
      await rm(directory, { recursive: true });
    }
  });
});

/** Runs in the page: microphone -> connection -> connection -> samples at 48 kHz. */
async function callMyself(seconds: number): Promise<number[]> {
  const audio = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const microphone = await navigator.mediaDevices.getUserMedia({ audio });
  const [near, far] = [new RTCPeerConnection(), new RTCPeerConnection()];
  near.onicecandidate = (event) => far.addIceCandidate(event.candidate ?? undefined);
  far.onicecandidate = (event) => near.addIceCandidate(event.candidate ?? undefined);
  const arrived = new Promise<MediaStream>((resolve) => {
    far.ontrack = (event) => resolve(event.streams[0] ?? new MediaStream([event.track]));
  });
  for (const track of microphone.getTracks()) near.addTrack(track, microphone);
  await near.setLocalDescription();
  await far.setRemoteDescription(near.localDescription as RTCSessionDescription);
  await far.setLocalDescription();
  await near.setRemoteDescription(far.localDescription as RTCSessionDescription);
  const stream = await arrived;
  // A remote stream only flows into Web Audio once an element plays it.
  const element = new Audio();
  element.srcObject = stream;
  await element.play();
  const context = new AudioContext({ sampleRate: 48000 });
  const processor = context.createScriptProcessor(4096, 1, 1);
  const samples: number[] = [];
  const full = new Promise<void>((resolve) => {
    processor.onaudioprocess = (event) => {
      samples.push(...event.inputBuffer.getChannelData(0));
      if (samples.length >= seconds * 48000) resolve();
    };
  });
  context.createMediaStreamSource(stream).connect(processor);
  processor.connect(context.destination);
  await full;
  near.close();
  far.close();
  await context.close();
  return samples;
}
