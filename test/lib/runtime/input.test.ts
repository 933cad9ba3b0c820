import { strict as assert } from 'node:assert';
import { bindClose, bindInput } from '../../../lib/runtime/input.ts';
import { FakeNode } from './fake-node.ts';

const deliver = (node: FakeNode): Promise<unknown[]> =>
  new Promise((resolve) => {
    const calls: unknown[] = [];
    node.emit(
      'input',
      { _msgid: '1' },
      () => undefined,
      (error?: unknown) => {
        calls.push(error);
        // One turn later, so that a second call would be seen.
        setImmediate(() => setImmediate(() => resolve(calls)));
      },
    );
  });

describe('bindInput', () => {
  it('says done once after a handler resolved', async () => {
    const node = new FakeNode();
    bindInput(node.asNode(), async () => undefined);
    assert.deepEqual(await deliver(node), [undefined]);
  });

  it('turns a rejection and a synchronous throw into done(error) with a code', async () => {
    for (const handle of [
      () => Promise.reject(Object.assign(new Error('No store.'), { code: 'store_unavailable', nextStep: 'Start it.' })),
      () => {
        throw Object.assign(new Error('No store.'), { code: 'store_unavailable', nextStep: 'Start it.' });
      },
    ]) {
      const node = new FakeNode();
      bindInput(node.asNode(), handle);
      const [error, ...more] = (await deliver(node)) as { code: string; message: string }[];
      assert.equal(error?.code, 'store_unavailable');
      assert.equal(error?.message, 'No store. Start it.');
      assert.deepEqual(more, []);
    }
  });

  it('survives a done that throws', async () => {
    const node = new FakeNode();
    bindInput(node.asNode(), async () => undefined);
    node.emit(
      'input',
      {},
      () => undefined,
      () => {
        throw new Error('hook');
      },
    );
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(node.warnings, ['hook']);
  });

  it('registers listeners that are not async and have the arity that Node-RED looks at', () => {
    const node = new FakeNode();
    bindInput(node.asNode(), async () => undefined);
    bindClose(node.asNode(), async () => undefined);
    const [input] = node.listeners('input');
    const [close] = node.listeners('close');
    assert.equal(input?.length, 3);
    assert.equal(close?.length, 2);
    assert.equal((input as () => unknown).constructor.name, 'Function');
  });
});

describe('bindClose', () => {
  it('waits for the disposal, reports its failure and says done once', async () => {
    const node = new FakeNode();
    let disposed = false;
    bindClose(node.asNode(), async (removed) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      disposed = removed;
      throw new Error('socket');
    });
    let done = 0;
    await new Promise<void>((resolve) =>
      node.emit('close', true, () => {
        done += 1;
        assert.equal(disposed, true);
        setImmediate(resolve);
      }),
    );
    assert.equal(done, 1);
    assert.equal((node.errors[0] as Error).message, 'socket');
  });
});
