import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { IceSocket } from '../../../lib/media/ice-socket.ts';

const LOOPBACK = { address: '127.0.0.1' };

describe('the socket of a leg', () => {
  it('tells media from checks and handshake by the first byte, and survives what the library stumbles over', async () => {
    const got: string[] = [];
    const arrived = Promise.withResolvers<void>();
    const socket = await IceSocket.open(4, LOOPBACK, (data) => {
      got.push(`media ${data[0]}`);
      if (data[0] === 191) arrived.resolve();
    });
    socket.onData = (data, [host]) => {
      got.push(`${data[0]} ${host}`);
      throw new Error('broken');
    };
    const stranger = createSocket('udp4');
    for (const data of [[], [0, 1], [3], [20, 1], [63], [64], [127], [192], [255], [128, 111], [191, 200]])
      await new Promise((sent) => stranger.send(Buffer.from(data), socket.port, '127.0.0.1', sent));
    await arrived.promise;
    const others = [undefined, 0, 3, 20, 63, 64, 127, 192, 255].map((first) => `${first} 127.0.0.1`);
    assert.deepEqual(got, [...others, 'media 128', 'media 191']);
    stranger.close();
    await socket.close();
  });

  it('sends at once, and nothing any more when it is closed', async () => {
    const peer = createSocket('udp4').bind(0, '127.0.0.1');
    await once(peer, 'listening');
    const socket = await IceSocket.open(4, LOOPBACK, () => undefined);
    assert.equal(socket.host, '127.0.0.1');
    const message = once(peer, 'message');
    socket.sendNow(Buffer.from('now'), ['127.0.0.1', peer.address().port]);
    const [data, from] = await message;
    assert.equal(String(data), 'now');
    assert.equal(from.port, socket.port);
    await socket.close();
    await socket.close();
    socket.sendNow(Buffer.from('late'), ['127.0.0.1', peer.address().port]);
    await socket.send(Buffer.from('late'), ['127.0.0.1', peer.address().port]);
    peer.close();
  });

  it('takes every port of its range, in any order, and says when there is none left', async () => {
    const portRange: [number, number] = [47_320, 47_323];
    const sockets = [];
    for (let count = 0; count < 4; count += 1)
      sockets.push(await IceSocket.open(4, { ...LOOPBACK, portRange }, () => undefined));
    assert.deepEqual(sockets.map(({ port }) => port).toSorted(), [47_320, 47_321, 47_322, 47_323]);
    await assert.rejects(
      IceSocket.open(4, { ...LOOPBACK, portRange }, () => undefined),
      { code: 'EADDRINUSE' },
    );
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('refuses an address that is not this machine’s', async () => {
    await assert.rejects(
      IceSocket.open(4, { address: '198.51.100.9' }, () => undefined),
      { code: 'EADDRNOTAVAIL' },
    );
  });
});
