import { accessSync, constants } from 'node:fs';
import path from 'node:path';
import { type Browser, chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome'];

/** Headless, without a GPU, and without any traffic of the browser's own. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Microphone permission without a question, audio without a click, and WebRTC on 127.0.0.1. */
const CALLS = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  '--autoplay-policy=no-user-gesture-required',
  '--allow-loopback-in-peer-connection',
];

export interface ChromiumOptions {
  /** WAV file (PCM, 16 bit) that the fake microphone plays from the moment it is opened. Without it: beeps. */
  microphone?: string;
  /** Play the file again and again. Default: once, then silence, so that a correlation has one place to find. */
  loop?: boolean;
  /** Further command-line switches. */
  args?: string[];
}

/**
 * Starts the system's Chromium. Close it with `browser.close()`.
 *
 * @throws Error that names the missing program; `CHROMIUM_PATH` says where it is if it is not on the PATH.
 */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const args = [...QUIET, ...CALLS];
  if (options.microphone !== undefined) {
    // Chromium cuts the switch at the first `%`: what follows is `noloop`.
    args.push(`--use-file-for-fake-audio-capture=${options.microphone}${options.loop === true ? '' : '%noloop'}`);
  }
  args.push(...(options.args ?? []));
  return chromium.launch({ executablePath: chromiumPath(), headless: true, args });
}

function chromiumPath(): string {
  const given = process.env.CHROMIUM_PATH;
  if (given !== undefined && given !== '') return given;
  for (const directory of (process.env.PATH ?? '').split(path.delimiter)) {
    for (const name of NAMES) {
      const file = path.join(directory, name);
      try {
        accessSync(file, constants.X_OK);
        return file;
      } catch {
        // Not here: the next directory.
      }
    }
  }
  throw new Error('Chromium is missing. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.');
}
