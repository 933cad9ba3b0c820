import type { RTCDtlsTransport } from 'werift';
import type { MediaKeys } from '../media-path.ts';
import { SrtcpStream } from './srtcp-stream.ts';
import { AEAD_AES_128_GCM, SrtpStream, srtpCipher } from './srtp-stream.ts';

type Werift = typeof import('werift');

/** Bytes of the master keys that the handshake yields (RFC 5764 §4.1.2, RFC 7714 §12). */
const KEY_BYTES = 16;
const SALT_BYTES = { gcm: 12, cm: 14 };
const CM_TAG_BYTES = 10;

/** Keys for media out of a handshake that has succeeded. */
export function srtpKeys(werift: Werift, { dtls }: Pick<RTCDtlsTransport, 'dtls'>): MediaKeys {
  const profile = dtls?.srtp.srtpProfile;
  if (!dtls || (profile !== 1 && profile !== 7)) throw new Error('The handshake agreed on no protection of media.');
  const gcm = profile === AEAD_AES_128_GCM;
  const keys = dtls.extractSessionKeys(KEY_BYTES, gcm ? SALT_BYTES.gcm : SALT_BYTES.cm);
  const session = new werift.SrtcpSession({
    keys: {
      localMasterKey: keys.localKey,
      localMasterSalt: keys.localSalt,
      remoteMasterKey: keys.remoteKey,
      remoteMasterSalt: keys.remoteSalt,
    },
    profile,
  });
  return {
    incoming: new SrtpStream(srtpCipher(profile, keys.remoteKey, keys.remoteSalt)),
    outgoing: new SrtpStream(srtpCipher(profile, keys.localKey, keys.localSalt)),
    control: new SrtcpStream(session, gcm ? 0 : CM_TAG_BYTES, (compound) =>
      werift.RtcpPacketConverter.deSerialize(compound),
    ),
  };
}
