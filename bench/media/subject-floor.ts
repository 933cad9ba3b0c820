import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { figures } from './figures.ts';
import { serve, type ToSubject } from './protocol.ts';
import { seal, unseal } from './sealed.ts';

/** No WebRTC at all: two sockets per call, one seal or unseal per packet. Nothing in JavaScript on `dgram` can be cheaper. */
const calls = new Map<number, Socket>();

async function open(): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

serve<ToSubject>(async (command) => {
  if (command.do === 'figures') return figures();
  if (command.do === 'offer') {
    const socket = await open();
    calls.set(command.call, socket);
    return String(socket.address().port);
  }
  if (command.do !== 'connect') return undefined;
  const person = calls.get(command.call) as Socket;
  const plain = await open();
  const personPort = Number(command.answer);
  person.on('message', (packet) => plain.send(unseal(packet), command.rtpPort, '127.0.0.1'));
  plain.on('message', (packet) => person.send(seal(packet), personPort, '127.0.0.1'));
  return { port: plain.address().port, ms: 0 };
});
