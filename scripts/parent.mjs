/**
 * npm passes SIGTERM on to the shell between it and us, and that shell dies without telling. Then nobody is left to
 * stop us: calls back once when npm's shell is gone. Without npm (`node scripts/…`) it does nothing, so that a
 * program put into the background stays there.
 */
export function whenNpmIsGone(callback) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 500);
  timer.unref();
}
