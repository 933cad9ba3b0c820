/** Waits for a promise, but not longer than so many ms or beyond the signal. False: it was not in time. Leaves no timer behind. */
export async function within(ms: number, promise: Promise<unknown>, signal?: AbortSignal): Promise<boolean> {
  const late = Promise.withResolvers<false>();
  const giveUp = () => late.resolve(false);
  const timer = setTimeout(giveUp, ms);
  signal?.addEventListener('abort', giveUp);
  try {
    return await Promise.race([promise.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', giveUp);
  }
}
