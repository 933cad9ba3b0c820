import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** An even UDP port of 127.0.0.1 that is free now: programs that take RTP there take the one above it for RTCP. */
export async function freeRtpPort(): Promise<number> {
  for (;;) {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    await once(socket, 'listening');
    const { port } = socket.address();
    socket.close();
    if (port % 2 === 0) return port;
  }
}
