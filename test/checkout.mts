import path from 'node:path';

/** The folder of the checkout. An ES module of its own, because only those know where they lie. */
export const checkout = path.dirname(import.meta.dirname);
