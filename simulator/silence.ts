import type { CallDesk } from './call-desk.ts';
import { TIMES } from './call-script.ts';
import type { Relay } from './relay-contract.ts';

/**
 * Ends calls in which nothing comes from the business any more, as the person's client does after 30 s
 * (meta-cloud-api.md §9.7), and tells of sound that comes before the business has accepted. The 20 s at the start are planned with the pick-up; the first packet cancels them.
 */
export function watchForSilence(
  desk: CallDesk,
  relay: Relay,
  problem: (error: unknown) => void,
  early: (callId: string) => void,
): void {
  relay.on('business-media', (id) => {
    const call = desk.find(id);
    if (!call || call.script.name === 'no_media') return;
    call.heard = true;
    for (const name of ['no_media', 'silent']) {
      call.timers.get(name)?.cancel();
      call.timers.delete(name);
    }
  });
  relay.on('business-early', (id) => early(id));
  relay.on('business-silent', (id, detail) => {
    const call = desk.find(id);
    if (call?.state !== 'in_call' || !call.heard || call.timers.has('silent')) return;
    const left = Math.max(TIMES.noMediaLater - (detail?.seconds ?? 0), 0);
    const sofar = async () => (await relay.statistics(id)).fromBusiness;
    void sofar().then((before) => {
      if (call.state !== 'in_call' || call.timers.has('silent')) return;
      desk.plan(call, 'silent', left, () => {
        void sofar().then((after) => {
          if (after === before && call.state === 'in_call') desk.fail(call, 138021);
        }, problem);
      });
    }, problem);
  });
}
