import { type ChildProcess, fork } from 'node:child_process';
import { dirname, join } from 'node:path';
import type { Connected, FarResult, Figures, Kind, ToFar, ToSubject } from './protocol.ts';

const FILES: Record<Kind, string> = {
  ours: 'subject-ours',
  'ours, native': 'subject-ours',
  werift: 'subject-werift',
  'node-datachannel': 'subject-datachannel',
  floor: 'subject-floor',
  codec: 'subject-codec',
};
/** So many calls are set up at once; more only delay each other. */
const SETUPS = 10;
/** A subject that has not set up its calls by then is given up: so long, and so much longer for each call. */
const SETUP_LIMIT_MS = 20_000;
const SETUP_LIMIT_CALL_MS = 300;

class Process<Command> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #number = 0;

  constructor(name: string, env: Record<string, string>) {
    this.#child = fork(join(dirname(process.argv[1] ?? ''), 'media', `${name}.ts`), {
      env: { ...process.env, ...env },
    });
    this.#child.on('message', ({ number, value }: { number: number; value: unknown }) => {
      this.#waiting.get(number)?.resolve(value);
      this.#waiting.delete(number);
    });
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${name} ended with code ${code}`));
    });
  }

  ask<Value>(command: Command): Promise<Value> {
    const number = this.#number++;
    const answer = Promise.withResolvers<unknown>();
    answer.promise.catch(() => undefined);
    this.#waiting.set(number, answer);
    this.#child.send({ number, command });
    return answer.promise as Promise<Value>;
  }

  /** Lets it end by itself, so that a profile is written. */
  async leave(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.disconnect();
    await gone;
  }

  end(): void {
    this.#child.kill('SIGKILL');
  }
}

export interface TrialOptions {
  codec: 'opus' | 'PCMU';
  /** Folder in which each call is recorded, if it should be. */
  record?: string;
  /** AEAD_AES_128_GCM, or AES_CM_128_HMAC_SHA1_80. */
  srtp?: 'gcm' | 'cm';
  /** Node's options for the process under test. */
  nodeOptions?: string;
}

export interface SetUps {
  /** Offer to media, and answer to connected, of each call in ms. */
  offerMs: number[];
  answerMs: number[];
}

/** One process under test and one far end. */
export class Trial {
  readonly subject: Process<ToSubject>;
  readonly far: Process<ToFar>;
  readonly #kind: Kind;

  constructor(kind: Kind, { codec, record = '', srtp = 'gcm', nodeOptions }: TrialOptions) {
    const env = {
      BENCH_CODEC: codec,
      BENCH_RECORD: record,
      BENCH_SRTP: srtp,
      BENCH_ENGINE: kind === 'ours, native' ? 'node-datachannel' : 'werift',
    };
    this.subject = new Process(FILES[kind], nodeOptions === undefined ? env : { ...env, NODE_OPTIONS: nodeOptions });
    this.far = new Process('far', env);
    this.#kind = kind;
  }

  async setUp(calls: number): Promise<SetUps> {
    let next = 0;
    const times: SetUps = { offerMs: [], answerMs: [] };
    const one = async () => {
      for (let call = next++; call < calls; call = next++) {
        const begun = performance.now();
        const offer = await this.subject.ask<string>({ do: 'offer', call });
        const { answer, rtpPort } = await this.far.ask<{ answer: string; rtpPort: number }>({
          ...{ do: 'answer', call, kind: this.#kind, offer },
        });
        const { port, ms } = await this.subject.ask<Connected>({ do: 'connect', call, answer, rtpPort });
        await this.far.ask({ do: 'aim', call, port });
        times.offerMs.push(performance.now() - begun);
        times.answerMs.push(ms);
      }
    };
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error('set-up hangs')),
      SETUP_LIMIT_MS + calls * SETUP_LIMIT_CALL_MS,
    );
    try {
      await Promise.race([Promise.all(Array.from({ length: SETUPS }, one)), late.promise]);
    } finally {
      clearTimeout(timer);
    }
    return times;
  }

  figures(): Promise<Figures> {
    return this.subject.ask({ do: 'figures' });
  }

  result(): Promise<FarResult> {
    return this.far.ask({ do: 'end' });
  }

  close(): void {
    this.subject.end();
    this.far.end();
  }
}
