import { strict as assert } from 'node:assert';
import { Announcer } from '../../../lib/switchboard/announcer.ts';

describe('lib/switchboard/announcer', () => {
  it('tells everybody the first thing before what a listener sets off', () => {
    const announcer = new Announcer<string>(() => {});
    const heard: string[] = [];
    announcer.on((change) => {
      if (change === 'first') announcer.tell('second');
    });
    announcer.on((change) => heard.push(change));
    announcer.tell('first');
    assert.deepEqual(heard, ['first', 'second']);
  });

  it('goes on after a listener that throws, and stops telling who has left', () => {
    const log: string[] = [];
    const announcer = new Announcer<string>((level, text) => log.push(`${level}: ${text}`));
    const heard: string[] = [];
    announcer.on(() => {
      throw new Error('broken');
    });
    const listener = (change: string) => heard.push(change);
    const off = announcer.on(listener);
    announcer.on(listener);
    announcer.tell('one');
    off();
    announcer.tell('two');
    assert.deepEqual(heard, ['one', 'one', 'two']);
    assert.deepEqual(log, ['error: A listener failed: broken', 'error: A listener failed: broken']);
  });
});
