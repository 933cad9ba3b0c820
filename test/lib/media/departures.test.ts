import { strict as assert } from 'node:assert';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { depart, together } from '../../../lib/media/departures.ts';

/** A socket that only takes note of what is sent. */
function recorder(): { socket: Socket; sent: string[] } {
  const sent: string[] = [];
  return { sent, socket: { send: (data: Buffer) => sent.push(String(data)) } as unknown as Socket };
}

describe('departures', () => {
  const send = (socket: Socket, text: string) => depart(socket, Buffer.from(text), 9, '127.0.0.1');

  it('leave at once, or at the end of what is done together, in order', () => {
    const { socket, sent } = recorder();
    send(socket, 'a');
    assert.deepEqual(sent, ['a']);
    together(() => {
      send(socket, 'b');
      together(() => send(socket, 'c'));
      assert.deepEqual(sent, ['a']);
    });
    assert.deepEqual(sent, ['a', 'b', 'c']);
    send(socket, 'd');
    assert.deepEqual(sent, ['a', 'b', 'c', 'd']);
  });

  it('do not wait for long work', () => {
    const { socket, sent } = recorder();
    together(() => {
      send(socket, 'a');
      const until = performance.now() + 3;
      while (performance.now() < until);
      send(socket, 'b');
      assert.deepEqual(sent, ['a', 'b']);
      send(socket, 'c');
    });
    assert.deepEqual(sent, ['a', 'b', 'c']);
  });

  it('take place although the work fails, and although a socket was closed meanwhile', async () => {
    const { socket, sent } = recorder();
    const closed = createSocket('udp4').bind(0, '127.0.0.1');
    await once(closed, 'listening');
    assert.throws(
      () =>
        together(() => {
          send(closed, 'a');
          send(socket, 'b');
          closed.close();
          throw new Error('this');
        }),
      /this/,
    );
    assert.deepEqual(sent, ['b']);
    send(socket, 'c');
    assert.deepEqual(sent, ['b', 'c'], 'and nothing is held any more');
  });
});
