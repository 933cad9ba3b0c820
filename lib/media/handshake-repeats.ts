import type { RTCDtlsTransport } from 'werift';

/** RFC 6347 §4.2.2. */
const HELLO_VERIFY_REQUEST = 3;
/** The library's count of flights: it has answered the request. */
const ANSWERED = 3;

/**
 * Keeps from the library the second of two requests to verify. It takes it for the end of the handshake, though every peer sends it again when our
 * greeting was repeated (RFC 6347 §4.2.1), which takes no more than a second in which somebody was busy; and anybody could send it.
 */
export function dropRepeats({ dtls: socket }: Pick<RTCDtlsTransport, 'dtls'>): void {
  const handle = socket?.onHandleHandshakes;
  if (!socket || !handle) return;
  socket.onHandleHandshakes = (messages) =>
    handle(messages.filter(({ msg_type }) => msg_type !== HELLO_VERIFY_REQUEST || socket.dtls.flight < ANSWERED));
}
