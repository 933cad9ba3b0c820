import { handshake } from './webhook-handshake.ts';
import type { World } from './world.ts';

/** Confirms the address in the background: the business may well start later than WhatsApp. */
export async function subscribe(
  world: World,
  target: { url: string; verifyToken: string },
  signal: AbortSignal,
): Promise<void> {
  world.sender.target = { ...target, verified: false };
  for (let pause = 200; !signal.aborted; pause = Math.min(pause * 2, 5000)) {
    try {
      await handshake(target);
      if (signal.aborted) return;
      world.sender.target = { ...target, verified: true };
      world.sender.pump();
      return;
    } catch (error) {
      if (signal.aborted) return;
      world.sender.target = { ...target, verified: false, problem: (error as Error).message };
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pause);
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
