import type { TellingTask } from '../../lib/media/media.ts';
import media from '../../nodes/media.ts';
import { FakeNumber } from './fake-number.ts';
import { helper, Inbox } from './helper.ts';

const inbox = (id: string): object => ({ id, type: 'helper', z: 'tab', x: 1, y: 1, wires: [] });

/** One or more media nodes of a number that a test plays, with an inbox per output and a Catch node. */
export function mediaFlow(...nodes: Record<string, unknown>[]): object[] {
  return [
    { id: 'tab', type: 'tab', label: 'Test' },
    { id: 'number', type: 'wa-call-config' },
    ...nodes.map((node) => ({
      ...{ id: 'node', z: 'tab', x: 1, y: 1, type: 'wa-call-media', config: 'number', wires: [['out1'], ['out2']] },
      ...node,
    })),
    { id: 'catch', type: 'catch', z: 'tab', x: 1, y: 1, scope: null, wires: [['caught']] },
    ...['out1', 'out2', 'caught'].map(inbox),
  ];
}

/** A task of a leg that a test plays: what it was asked, and how it goes on. */
export class PlayedTask<Options extends object, News = never> {
  /** With what it was started. */
  options: Options | undefined;
  stops = 0;
  readonly begin = Promise.withResolvers<void>();
  readonly over = Promise.withResolvers<object>();
  #listener: ((news: News) => void) | undefined;

  /** Starts as soon as it is asked for, unless `waits`. */
  start(options: Options, waits = false): TellingTask<News, never> {
    this.options = options;
    if (!waits) this.begin.resolve();
    return {
      id: 't',
      started: this.begin.promise,
      done: this.over.promise as Promise<never>,
      stop: async () => {
        this.stops += 1;
        this.over.resolve({ result: 'stopped' });
      },
      listen: (listener) => {
        this.#listener = listener;
      },
    };
  }

  tell(news: News): void {
    this.#listener?.(news);
  }
}

/** Loads a flow of media nodes, whose calls have this leg. */
export async function loadMedia(
  leg: object,
  nodes: Record<string, unknown>[],
  secrets: Record<string, object> = {},
): Promise<{ done: Inbox; told: Inbox; caught: Inbox }> {
  const number = new FakeNumber();
  number.leg = () => leg as never;
  await helper.load([number.register, media], mediaFlow(...nodes), secrets);
  return { done: new Inbox('out1'), told: new Inbox('out2'), caught: new Inbox('caught') };
}

/** The code of an error that a Catch node got. */
export function codeOf(message: object): string {
  return (message as { error: { code: string } }).error.code;
}
