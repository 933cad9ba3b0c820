import { parentPort, receiveMessageOnPort } from 'node:worker_threads';
import type { LedgerError } from '../ledger.ts';
import type { Answer, Asked, FromWorker, PlainError, ToWorker } from './protocol.ts';

/** A store as its worker serves it. */
export interface Served {
  /** Takes what was asked for at the same time. Never throws: whatever becomes of an operation is told by `Say.answer`. */
  take(operations: Asked[]): void;
  /** Finishes what is under way and lets go of the store. */
  close(): Promise<void>;
}
/** What a worker tells the caller's thread. */
export interface Say {
  /** After what they are about is durable. */
  answer(answers: Answer[]): void;
  news(news: unknown): void;
}

/**
 * Serves a store to the thread that started this one (`Connection`).
 * @param open throws if the store cannot be had
 * @param fault what a failed opening is told as
 */
export function serve(open: (say: Say) => Promise<Served>, fault: (error: unknown) => LedgerError): void {
  const port = parentPort;
  if (port === null) throw new Error('this file runs as a worker');
  // As text: the caller's thread reads it in half the time that it needs to receive the objects themselves.
  const send = (message: FromWorker): void => port.postMessage(JSON.stringify(message));
  let served: Served | undefined;
  const finish = (): void => {
    send({ closed: true });
    port.close();
  };

  // From the beginning, because it is what keeps this thread alive. Nobody asks before it is ready.
  port.on('message', (first: ToWorker) => {
    let close = first.close === true;
    let operations = first.operations;
    for (let more = receiveMessageOnPort(port); more !== undefined; more = receiveMessageOnPort(port)) {
      const message = more.message as ToWorker;
      close ||= message.close === true;
      operations = operations.concat(message.operations);
    }
    if (operations.length > 0) served?.take(operations);
    // What was acknowledged is durable, whether or not the last step succeeds.
    if (close) void served?.close().then(finish, finish);
  });
  const say: Say = { answer: (results) => send({ results }), news: (news) => send({ news }) };
  open(say).then(
    (opened) => {
      served = opened;
      send({ ready: true });
    },
    (error: unknown) => {
      send({ failed: plain(fault(error)) });
      port.close();
    },
  );
}

/** An error as it crosses the threads. */
export function plain({ code, message, nextStep }: LedgerError): PlainError {
  return { code, message, nextStep };
}
