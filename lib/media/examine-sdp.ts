import type { Finding } from './doctor/finding.ts';
import { lintSdp } from './doctor/lint-sdp.ts';
import type { SdpRole } from './doctor/sdp-view.ts';
import { type LegOptions, MediaError } from './media.ts';
import { withinReach } from './remote-address.ts';
import { type RemoteDescription, readSdp } from './sdp-reader.ts';

/**
 * What can be known to fail is not tried, what may fail is told.
 * @throws MediaError `media_sdp_invalid`
 */
export function examineSdp(sdp: string, role: SdpRole, options: LegOptions, tell: (finding: Finding) => void): void {
  for (const finding of lintSdp(sdp, role, options)) {
    if (finding.level === 'fatal') {
      const why = `The SDP cannot be used: ${finding.what} ${finding.why}`;
      throw new MediaError('media_sdp_invalid', why, finding.next);
    }
    tell(finding);
  }
}

/** The far side's description, examined, with only those addresses that we may send to. @throws MediaError */
export function readTheirs(
  sdp: string,
  type: 'offer' | 'answer',
  options: LegOptions,
  tell: (finding: Finding) => void,
): RemoteDescription {
  examineSdp(sdp, { from: 'them', type }, options, tell);
  return withinReach(readSdp(sdp), options);
}
