import { workerData } from 'node:worker_threads';
import type { Answer } from '../worker/protocol.ts';
import { plain, type Say, type Served, serve } from '../worker/serve.ts';
import { asLedgerError } from './faults.ts';
import { PostgresSession, type SessionOperation, type SessionSettings } from './session.ts';

export interface WorkerSettings extends Omit<SessionSettings, 'onNews'> {
  /** Somebody on the caller's thread wants to hear of news. */
  listening: boolean;
}

/** Has the connections to the database. */
async function open({ listening, ...settings }: WorkerSettings, say: Say): Promise<Served> {
  const session = await PostgresSession.open({ ...settings, onNews: (news) => say.news(news) });
  if (listening) await session.ask('listen', []);
  let answers: Answer[] = [];
  // A batch is answered in one turn: it crosses as one message.
  const answer = (one: Answer): void => {
    if (answers.push(one) > 1) return;
    queueMicrotask(() => {
      say.answer(answers);
      answers = [];
    });
  };
  return {
    take(asked) {
      for (const { id, name, args } of asked) {
        // What is asked for is an operation of the session: `PostgresEngine` has no other names.
        session.ask(name as SessionOperation, args).then(
          (value) => answer({ id, value }),
          (error: unknown) => answer({ id, error: plain(faultOf(settings, error)) }),
        );
      }
    },
    close: () => session.close(),
  };
}

function faultOf({ connection, schema }: Pick<WorkerSettings, 'connection' | 'schema'>, error: unknown) {
  return asLedgerError(error, connection.location, schema);
}

const settings = workerData as WorkerSettings;
serve(
  (say) => open(settings, say),
  (error) => faultOf(settings, error),
);
