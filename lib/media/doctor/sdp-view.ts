import { parse, type SessionDescription } from 'sdp-transform';

export type SdpMedia = SessionDescription['media'][number];

/** Whose description it is and what it is for. */
export interface SdpRole {
  from: 'us' | 'them';
  type: 'offer' | 'answer';
  /** What the message around it calls it (`sdp_type`), if it does. */
  declared?: string;
}

/** A description as the rules look at it. */
export interface SdpView extends SdpRole {
  text: string;
  session: SessionDescription;
  /** The first audio part. */
  audio: SdpMedia | undefined;
  /** `a=fingerprint` lines: algorithm in lower case, and value. */
  fingerprints: [string, string][];
  /** Codecs that the m= line lists: name in lower case. */
  codecs: { name: string; rate: number | undefined; payload: number }[];
}

/** Takes a description apart. Nothing if it cannot be parsed. */
export function viewSdp(text: string, role: SdpRole): SdpView | undefined {
  let session: SessionDescription;
  try {
    session = parse(text.trimStart());
  } catch {
    return undefined;
  }
  const audio = (session.media ?? []).find(({ type }) => type === 'audio');
  const listed = String(audio?.payloads ?? '').split(' ');
  return {
    ...role,
    text,
    session,
    audio,
    fingerprints: [...text.matchAll(/^a=fingerprint:(\S+) +(\S+)/gm)].map(([, algorithm = '', value = '']) => [
      algorithm.toLowerCase(),
      value,
    ]),
    codecs: (audio?.rtp ?? [])
      .filter(({ payload }) => listed.includes(String(payload)))
      .map(({ codec, rate, payload }) => ({ name: String(codec).toLowerCase(), rate, payload })),
  };
}
