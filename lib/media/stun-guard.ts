import type { IceProtocol, RTCIceConnection } from './ice-connection.ts';

type Parse = (data: Buffer, key?: Buffer) => unknown;

/**
 * Lets only those connectivity checks of others through that prove to know our password (RFC 8445 §7.3, RFC 8489 §9.1.3). The library answers
 * everybody, takes whoever asks for a candidate and sends checks there: anyone could make us send to an address of their choice, or change our role.
 *
 * @param refused told of each that is dropped
 */
export function guardChecks(connection: RTCIceConnection, parse: Parse, refused: () => void): void {
  const ensure = connection.ensureProtocol;
  connection.ensureProtocol = (protocol: IceProtocol) => {
    const { onRequestReceived } = protocol;
    const execute = onRequestReceived.execute;
    onRequestReceived.execute = (message, address, data) => {
      const [local] = String(message.getAttributeValue('USERNAME') ?? '').split(':', 1);
      const key = Buffer.from(connection.localPassword, 'utf8');
      if (local === connection.localUsername && parse(data, key) !== undefined) execute(message, address, data);
      else refused();
    };
    ensure.call(connection, protocol);
  };
}
