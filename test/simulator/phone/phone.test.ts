import { strict as assert } from 'node:assert';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { correlate, loudness, speechLike, writeWav } from '../../browser/audio.ts';
import { launchChromium } from '../../browser/chromium.ts';
import { BusinessLeg, until } from '../relay/business-leg.ts';
import { decode, encode } from '../relay/opus-sound.ts';
import { ANA, FakeSimulator, RUI } from './fake-simulator.ts';
import { RECORDER_RATE, recordLoudspeaker } from './in-page-recorder.ts';

const RATE = 16000;
const PIECE = RATE / 4;
const SILENCE = Uint8Array.of(0xf8, 0xff, 0xfe);
/** The person's voice: Chromium's microphone plays it over and over. */
const VOICE = { seconds: 3, sampleRate: RATE, seed: 21 };

describe('The phone page in Chromium', function () {
  this.timeout(90_000);
  let directory: string;
  let browser: Browser;
  let fake: FakeSimulator;
  let page: Page;
  let faults: string[];

  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'wa-phone-'));
    const microphone = path.join(directory, 'voice.wav');
    await writeWav(microphone, { sampleRate: RATE, channels: [speechLike(VOICE)] });
    browser = await launchChromium({ microphone, loop: true });
  });

  after(async () => {
    await browser.close();
    await rm(directory, { recursive: true });
  });

  beforeEach(async () => {
    fake = await FakeSimulator.open();
    page = await browser.newPage({ viewport: { width: 1100, height: 900 } });
    faults = [];
    page.on('pageerror', (error) => void faults.push(error.message));
  });

  afterEach(async () => {
    await page.close();
    await fake.close();
    assert.deepEqual(faults, [], 'errors in the page');
  });

  const at = (id: string) => page.getByTestId(id);
  const open = async (query = '') => {
    await page.goto(fake.url + query);
    await until(() => fake.listeners === 1, 'the page to listen');
  };
  const posted = async (where: string) => {
    await until(() => fake.posts.some((post) => post.path === where), `a POST to ${where}`);
    return fake.posts.filter((post) => post.path === where).map(({ body }) => body);
  };

  describe('chat and permission', () => {
    for (const [button, answer, line, header] of [
      ['allow-week', 'temporary', 'Allowed for a week', /^May call you until /],
      ['allow-always', 'permanent', 'Always allowed', /^May always call you$/],
      ['not-now', 'reject', 'Not now', /^May not call you$/],
    ] as const) {
      it(`answers the permission card with ${answer}, shows it, and lets the person change it`, async () => {
        await open();
        fake.ask('q1');
        await at(button).click();
        assert.deepEqual(await posted('permission'), [{ user: ANA.userId, requestId: 'q1', answer }]);
        await at('permission-choice').waitFor();
        assert.equal(await at('permission-choice').textContent(), line);
        assert.match((await at('permission-line').textContent()) ?? '', header);
        assert.equal(await at('allow-week').count(), 0);
        await at('change-permission').click();
        await at('allow-always').click();
        await until(() => fake.posts.length === 2, 'the second answer');
        assert.equal(fake.posts[1]?.body.answer, 'permanent');
        await page.getByText('Always allowed').waitFor();
      });
    }

    it('offers no choice on an expired card', async () => {
      fake.ask('old');
      fake.change(({ chat }) => {
        if (chat[0]?.request) chat[0].request.state = 'expired';
      });
      await open();
      await page.getByText('This question has expired').waitFor();
      assert.equal((await at('allow-week').count()) + (await at('change-permission').count()), 0);
    });

    it('shows what the simulator refuses, and stays usable', async () => {
      await open();
      fake.ask('q1');
      await at('allow-week').waitFor();
      fake.state().chat.length = 0;
      await at('allow-week').click();
      await at('toast').waitFor();
      assert.match((await at('toast').textContent()) ?? '', /There is no such question/);
      assert.equal(await at('allow-week').isEnabled(), true);
    });

    it('writes to the business, and shows texts as texts', async () => {
      await open();
      const text = '<img src=x onerror="window.hacked = 1"> olá 👋 & "ok"';
      await at('message-input').fill(text);
      await page.keyboard.press('Enter');
      assert.deepEqual(await posted('message'), [{ user: ANA.userId, text }]);
      await at('message-mine').waitFor();
      assert.ok((await at('message-mine').textContent())?.startsWith(text));
      assert.equal(await page.evaluate(() => (window as unknown as { hacked?: number }).hacked), undefined);
      assert.equal(await at('message-input').inputValue(), '');
    });

    it('always allows and revokes in the profile, by keyboard alone', async () => {
      await open();
      await at('open-profile').focus();
      await page.keyboard.press('Enter');
      await at('profile').waitFor();
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      assert.deepEqual(await posted('profile-permission'), [{ user: ANA.userId, answer: 'permanent' }]);
      await page.getByText('May always call you.').waitFor();
      await at('profile-revoke').click();
      await page.getByText('May not call you.').waitFor();
      assert.equal(fake.posts[1]?.body.answer, 'revoke');
      await page.keyboard.press('Escape');
      await at('profile').waitFor({ state: 'hidden' });
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'open-profile');
    });

    it('becomes another person’s phone', async () => {
      fake.ask('q1');
      await open();
      await at('allow-week').waitFor();
      await at('person').selectOption(RUI.userId);
      await at('allow-week').waitFor({ state: 'detached' });
      fake.change(({ chat }) => {
        chat.push({ id: 'r', from: 'business', kind: 'text', text: 'Olá Rui', at: Date.now() });
      }, RUI.userId);
      await page.getByText('Olá Rui').waitFor();
      await page.reload();
      await page.getByText('Olá Rui').waitFor();
      assert.equal(await at('person').inputValue(), RUI.userId);
    });

    it('finds its way back after the connection was lost and a proxy answered with an error', async () => {
      await open();
      fake.outage = 502;
      fake.dropStreams();
      await page.getByText('Connection lost').waitFor();
      fake.outage = undefined;
      fake.ask('later');
      await at('allow-week').waitFor();
      await page.getByText('Connection lost').waitFor({ state: 'hidden' });
    });

    it('works when the final slash of its address is missing', async () => {
      await page.goto(fake.url.slice(0, -1));
      await until(() => fake.listeners === 1, 'the page to listen');
      assert.equal(new URL(page.url()).pathname, new URL(fake.url).pathname);
    });
  });

  describe('calls', () => {
    let business: BusinessLeg;

    beforeEach(async () => {
      business = await BusinessLeg.open();
      await business.apply(await fake.relay.answerBusiness('call', await business.offer()));
      await business.connected();
    });

    afterEach(() => business.close());

    const inCall = () => until(async () => /^\d\d:\d\d$/.test((await at('timer').textContent()) ?? ''), 'the timer');

    it('carries the person’s voice to the business and the business’s to the person, whole', async () => {
      await open('?microphone=raw');
      fake.ring('call');
      await at('answer').click();
      const stop = await recordLoudspeaker(page);
      await inCall();
      assert.deepEqual((await posted('call/connected'))[0], { user: ANA.userId, callId: 'call' });
      const greeting = speechLike({ seconds: 2, sampleRate: RATE, seed: 77 });
      // Silence flows before anything is said, as from a real leg.
      await business.play(Array.from({ length: 50 }, () => SILENCE));
      await business.play(await encode(greeting));
      await until(() => business.audio().length > 300, 'six seconds of the person’s voice');
      const { fromBusiness, toPhone, fromPhone, toBusiness, phoneConnected } = await fake.relay.statistics('call');
      assert.deepEqual(
        { fromBusiness, toPhone, phoneConnected },
        { fromBusiness: 150, toPhone: 150, phoneConnected: true },
      );
      assert.ok(fromPhone - toBusiness < 25, `${fromPhone} came from the phone, ${toBusiness} went on`);

      const heard = await stop();
      const pieces = piecesFound(greeting, heard);
      assert.ok(Math.min(...pieces) > 0.5, `a piece of the greeting is missing: ${pieces}`);
      const other = piecesFound(speechLike({ seconds: 2, sampleRate: RATE, seed: 78 }), heard);
      assert.ok(Math.min(...other) < 0.5, `another greeting would be found as well: ${other}`);

      const spoken = await decode(business.audio());
      const voice = correlate(speechLike(VOICE), spoken, RATE, 1);
      assert.ok(voice.score > 0.8, `the person's voice did not arrive: ${JSON.stringify(voice)}`);
      assert.equal(new Set(business.audio().map(({ header }) => header.ssrc)).size, 1);
    });

    it('sends digits from the keypad and the keyboard, mutes, sets the volume and hangs up', async () => {
      await open('?microphone=raw');
      fake.ring('call');
      await at('answer').click();
      await inCall();
      await at('keypad-4').click();
      await page.keyboard.press('#');
      await until(() => business.events().length === 14, 'both digits');
      assert.deepEqual([business.events()[0]?.payload[0], business.events()[7]?.payload[0]], [4, 11]);
      assert.equal(await at('typed').textContent(), '4#');

      await at('volume').fill('30');
      assert.equal(await page.evaluate(() => (document.getElementById('far-voice') as HTMLAudioElement).volume), 0.3);
      await at('mute').click();
      assert.equal(await at('mute').getAttribute('aria-pressed'), 'true');
      const quietFrom = business.audio().length + 25;
      await until(() => business.audio().length > quietFrom + 75, 'muted sound');
      assert.ok(
        loudness(await decode(business.audio().slice(quietFrom))) < 0.001,
        'muted means silent, and packets flow on',
      );

      await at('hang-up').click();
      await at('ended').waitFor();
      assert.equal(fake.posts.at(-1)?.path, 'call/hangup');
      await at('ended').waitFor({ state: 'hidden' });
      await at('message-input').click();
    });

    it('passes on digits that the browser itself puts into its stream', async () => {
      await page.addInitScript(() => {
        const Original = RTCPeerConnection;
        window.RTCPeerConnection = class extends Original {
          constructor(configuration?: RTCConfiguration) {
            super(configuration);
            (window as unknown as { connection: RTCPeerConnection }).connection = this;
          }
        };
      });
      await open('?microphone=raw');
      fake.ring('call');
      await at('answer').click();
      await inCall();
      await page.evaluate(() => {
        const { connection } = window as unknown as { connection: RTCPeerConnection };
        connection.getSenders()[0]?.dtmf?.insertDTMF('9*', 100, 80);
      });
      const ends = (key: number) =>
        business.events().filter(({ payload }) => payload[0] === key && (payload[1] ?? 0) & 0x80);
      await until(() => ends(9).length === 3 && ends(10).length === 3, 'both digits with their ends');
      for (const { payload } of [...ends(9), ...ends(10)])
        assert.ok(
          Math.abs(payload.readUInt16BE(2) - 800) <= 160,
          `100 ms in 8000 Hz units, not ${payload.readUInt16BE(2)}`,
        );
      assert.equal(new Set(business.received.map(({ packet }) => packet.header.ssrc)).size, 1);
    });

    it('answers to listen only when there is no microphone, says so, and sends silence', async () => {
      await page.addInitScript(() => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
      });
      await open();
      fake.ring('call');
      await at('answer').click();
      await inCall();
      assert.match((await at('call-notice').textContent()) ?? '', /not allowed.*cannot hear you/);
      await until(() => business.audio().length > 50, 'silence');
      assert.ok(loudness(await decode(business.audio())) < 0.001);
    });

    it('answers to listen only where the page is no secure context', async () => {
      await page.addInitScript(() => Object.defineProperty(navigator, 'mediaDevices', { value: undefined }));
      await open();
      fake.ring('call');
      await at('answer').click();
      await inCall();
      assert.match((await at('call-notice').textContent()) ?? '', /neither on https/);
    });

    it('can be declined by keyboard', async () => {
      await open();
      fake.ring('call');
      await at('ringing').waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.id), 'answer');
      await at('decline').focus();
      await page.keyboard.press('Enter');
      assert.deepEqual(await posted('call/decline'), [{ user: ANA.userId, callId: 'call' }]);
      await page.getByText('Call declined').waitFor();
    });

    it('can be ignored: it rings on quietly and can still be taken', async () => {
      await open();
      fake.ring('call');
      await at('ignore').click();
      assert.deepEqual(await posted('call/ignore'), [{ user: ANA.userId, callId: 'call' }]);
      await at('ringing').waitFor({ state: 'hidden' });
      await at('return-to-call').click();
      await at('answer').click();
      await inCall();
    });

    it('stops ringing when the caller gives up', async () => {
      await open();
      fake.ring('call');
      await at('ringing').waitFor();
      fake.change((state) => {
        if (state.call) Object.assign(state.call, { state: 'ended', outcome: 'no_answer' });
      });
      await at('ended').waitFor();
      assert.equal(await page.locator('#ended-line').textContent(), 'Missed call');
      await at('ringing').waitFor({ state: 'hidden' });
    });

    it('keeps ringing, and says why, when answering fails', async () => {
      await open();
      fake.ring('gone');
      await at('answer').click();
      await at('toast').waitFor();
      assert.match((await at('toast').textContent()) ?? '', /no call gone/);
      await at('ringing').waitFor();
      await at('decline').click();
      await posted('call/decline');
    });

    it('can be continued after the page was loaded again', async () => {
      await open();
      fake.ring('call');
      await at('answer').click();
      await inCall();
      await page.reload();
      await at('continue-here').click();
      await until(
        () => fake.posts.filter((post) => post.path === 'call/connected').length === 2,
        'the second connection',
      );
      const before = business.audio().length;
      await until(() => business.audio().length > before + 25, 'the voice to come back');
      assert.equal(new Set(business.audio().map(({ header }) => header.ssrc)).size, 1);
    });
  });
});

/**
 * How well each quarter of a second of a recording is found where it belongs. The browser stretches sound while it adapts its jitter
 * buffer, so the whole is only the guide to the place of its pieces. The first holds the first 200 ms.
 */
function piecesFound(reference: Float32Array, signal: Float32Array): number[] {
  const whole = correlate(reference, signal, RECORDER_RATE, 1);
  const scores: number[] = [];
  for (let from = 0; from < reference.length; from += PIECE) {
    const near = Math.max(0, whole.lagSamples + from - PIECE / 2);
    scores.push(
      correlate(reference.subarray(from, from + PIECE), signal.subarray(near, near + 2 * PIECE), RATE, 1).score,
    );
  }
  return scores;
}
