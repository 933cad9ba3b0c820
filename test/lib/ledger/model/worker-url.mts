/** Where the thread's code lies. In a file of its own, because only ES modules know their place. */
export const WORKER_URL = new URL('./worker.ts', import.meta.url);
