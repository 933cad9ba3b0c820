import type { RTCDtlsTransport } from 'werift';

/** RFC 6347 §4.3.2. */
const CLIENT_HELLO = 1;
const HELLO_VERIFY_REQUEST = 3;
/** The library's count of flights: as client it has answered the request; as server it has said hello itself. */
const ANSWERED = 3;
const GREETED = 4;

/** Bytes before the session id: version and random (RFC 6347 §4.2.1). */
const BEFORE_SESSION_ID = 34;

type Handled = NonNullable<NonNullable<RTCDtlsTransport['dtls']>['onHandleHandshakes']>;
type Message = Parameters<Handled>[0][number];

function hasCookie({ fragment }: Message): boolean {
  const sessionId = fragment[BEFORE_SESSION_ID] ?? 0;
  return (fragment[BEFORE_SESSION_ID + 1 + sessionId] ?? 0) > 0;
}

/**
 * Keeps from the library what a network brings twice, or a peer repeats (RFC 6347 §4.2.4: after a second in which somebody was busy), and what it would
 * take for a new beginning. As client: the second request to verify, which would end the handshake. As server: greetings that come after ours, which
 * would change the keys of a handshake that is under way, or begin another on a connection that stands. Anybody could send either.
 */
export function dropRepeats({ dtls: socket }: Pick<RTCDtlsTransport, 'dtls'>): void {
  const handle = socket?.onHandleHandshakes;
  if (!socket || !handle) return;
  const isNew = (message: Message) => {
    const { flight } = socket.dtls;
    if (message.msg_type === HELLO_VERIFY_REQUEST) return flight < ANSWERED;
    if (message.msg_type !== CLIENT_HELLO) return true;
    // Our own hello may be lost: then the one with the cookie comes again, and is answered again.
    return !socket.connected && (flight < GREETED || (flight === GREETED && hasCookie(message)));
  };
  socket.onHandleHandshakes = (messages) => handle(messages.filter(isNew));
}
