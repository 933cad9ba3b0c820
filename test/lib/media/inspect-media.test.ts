import { strict as assert } from 'node:assert';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { inspectMedia } from '../../../lib/media/doctor/inspect-media.ts';

/** A STUN server that says it saw 198.51.100.9:4321. */
async function stunServer() {
  const socket = createSocket('udp4');
  let asked = 0;
  socket.on('message', (request, { address, port }) => {
    asked += 1;
    const reply = Buffer.alloc(32);
    reply.writeUInt16BE(0x0101, 0);
    reply.writeUInt16BE(12, 2);
    request.copy(reply, 4, 4, 20);
    reply.writeUInt16BE(0x0001, 20);
    reply.writeUInt16BE(8, 22);
    reply.writeUInt8(1, 25);
    reply.writeUInt16BE(4321, 26);
    Buffer.from([198, 51, 100, 9]).copy(reply, 28);
    // XOR-MAPPED-ADDRESS is what is read.
    reply.writeUInt16BE(0x0020, 20);
    reply.writeUInt16BE(4321 ^ 0x2112, 26);
    reply.writeUInt32BE((0xc633_6409 ^ 0x2112_a442) >>> 0, 28);
    socket.send(reply, port, address);
  });
  socket.bind({ address: '127.0.0.1', port: 0 });
  await once(socket, 'listening');
  return { socket, urls: `stun:127.0.0.1:${socket.address().port}`, asked: () => asked };
}

describe('doctor: the media set-up', function () {
  this.timeout(30_000);

  it('says what a call would offer, and asks nobody by itself', async () => {
    const findings = await inspectMedia({ bindAddress: '127.0.0.1' });
    assert.deepEqual(
      findings.map(({ id, level }) => [id, level]),
      [['addresses', 'info']],
    );
    assert.match(findings[0]?.what ?? '', /127\.0\.0\.1 \(loopback\)/);
  });

  it('says what a configured STUN server sees, also if the public address says otherwise', async () => {
    const server = await stunServer();
    try {
      const options = { bindAddress: '127.0.0.1', iceServers: [{ urls: server.urls }] };
      const works = await inspectMedia(options);
      assert.ok(server.asked() > 0);
      assert.match(works.find(({ id }) => id === 'stun_works')?.what ?? '', /198\.51\.100\.9:4321/);
      const [differs] = await inspectMedia({ ...options, publicAddress: '203.0.113.5' });
      assert.equal(differs?.id, 'public_address_differs');
    } finally {
      server.socket.close();
    }
  });

  it('says that a server does not answer, and that a port range is used up', async () => {
    const silent = createSocket('udp4');
    silent.bind({ address: '127.0.0.1', port: 0 });
    await once(silent, 'listening');
    try {
      const { port } = silent.address();
      const iceServers = [{ urls: `stun:127.0.0.1:${port}` }];
      const [failed] = await inspectMedia({ bindAddress: '127.0.0.1', iceServers });
      assert.deepEqual([failed?.id, failed?.level], ['stun_failed', 'warning']);
      const [refused] = await inspectMedia({ bindAddress: '127.0.0.1', portRange: [5000, 4000] });
      assert.deepEqual([refused?.id, refused?.level], ['sockets', 'fatal']);
    } finally {
      silent.close();
    }
  });
});
