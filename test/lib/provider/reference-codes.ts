/**
 * Meta's error codes as its documents list them (troubleshooting page, 24 Jun 2026; error codes page, 11 Sep 2026), kept apart
 * from our table: `http` as the document prints it (undefined: none, or webhook only), `where` the code occurs, `retry` N: never
 * without a change, T: transient, W: wait, O: the operator must fix something.
 */
export interface DocumentedCode {
  code: number;
  http?: number;
  where: readonly ('connect' | 'request' | 'query' | 'terminate' | 'accept' | 'settings' | 'ended' | 'status')[];
  retry?: 'N' | 'T' | 'W' | 'O';
}

const CALLS = ['connect', 'accept', 'terminate'] as const;

export const CALLING_CODES: readonly DocumentedCode[] = [
  { code: 100, http: 400, where: ['connect', 'request', 'terminate', 'accept', 'settings', 'query'], retry: 'N' },
  { code: 613, http: 429, where: ['query'], retry: 'T' },
  { code: 131009, http: 400, where: ['request'], retry: 'N' },
  { code: 131026, where: ['request', 'status'], retry: 'N' },
  { code: 131030, http: 400, where: ['connect', 'request'], retry: 'O' },
  { code: 131044, http: 400, where: ['connect', 'accept', 'ended'], retry: 'O' },
  { code: 131055, http: 400, where: CALLS, retry: 'O' },
  { code: 138000, http: 401, where: ['connect', 'request', 'accept', 'terminate', 'settings', 'query'], retry: 'O' },
  { code: 138001, http: 400, where: ['connect', 'request'], retry: 'N' },
  { code: 138002, http: 429, where: ['connect'], retry: 'T' },
  { code: 138003, http: 400, where: ['connect'], retry: 'W' },
  { code: 138004, http: 500, where: ['connect'], retry: 'T' },
  { code: 138005, http: 429, where: ['connect'], retry: 'W' },
  { code: 138006, http: 401, where: ['connect'], retry: 'N' },
  { code: 138007, http: 500, where: ['connect', 'accept'], retry: 'T' },
  { code: 138008, http: 400, where: ['connect', 'accept'], retry: 'N' },
  { code: 138009, http: 400, where: ['request'], retry: 'W' },
  { code: 138010, http: 400, where: ['connect', 'request'], retry: 'N' },
  { code: 138011, http: 400, where: ['request'], retry: 'N' },
  { code: 138012, http: 400, where: ['connect'], retry: 'W' },
  { code: 138013, http: 400, where: ['connect', 'request'], retry: 'O' },
  { code: 138014, http: 400, where: ['connect', 'request'], retry: 'W' },
  { code: 138015, http: 400, where: ['settings'], retry: 'O' },
  { code: 138016, http: 400, where: ['connect', 'request'] },
  { code: 138017, http: 400, where: ['request'], retry: 'N' },
  { code: 138018, http: 400, where: ['settings'], retry: 'O' },
  { code: 138019, where: ['ended'], retry: 'T' },
  { code: 138020, where: ['ended'], retry: 'T' },
  { code: 138021, where: ['ended'], retry: 'T' },
  { code: 138022, where: ['ended'], retry: 'T' },
  { code: 138023, where: ['ended'], retry: 'T' },
];

const ANY = ['connect', 'request', 'terminate', 'query', 'settings', 'accept'] as const;
const MESSAGES = ['request', 'status'] as const;
const general = (where: DocumentedCode['where'], http: number, ...codes: number[]): DocumentedCode[] =>
  codes.map((code) => ({ code, http, where }));

export const GENERAL_CODES: readonly DocumentedCode[] = [
  ...general(ANY, 401, 0, 190),
  ...general(ANY, 403, 3, 10, 131005, 368, 131031),
  ...general(ANY, 429, 4, 80007),
  ...general(MESSAGES, 429, 130429, 131048, 131056),
  ...general(MESSAGES, 400, 131064, 130497, 130403, 131021, 131047, 131049, 131050),
  ...general(ANY, 500, 1, 2, 131000),
  ...general(ANY, 503, 131016, 133004, 131057),
  ...general(ANY, 400, 33, 131008, 131042, 131045, 133010),
  ...general(MESSAGES, 400, 132000, 132005, 132007, 132012, 132015, 132016),
  ...general(MESSAGES, 404, 132001),
  ...general(ANY, 400, 133016),
];

/** Codes that no document names: in the families that have a meaning, and outside them. */
export const UNKNOWN_CODES: readonly DocumentedCode[] = [
  { code: 200, http: 403, where: ANY },
  { code: 299, http: 403, where: ANY },
  { code: 138099, http: 400, where: ['connect', 'request', 'ended', 'accept', 'terminate'] },
  { code: 999_999, http: 400, where: [...ANY, 'ended', 'status'] },
];

export const EVERY_CODE = [...CALLING_CODES, ...GENERAL_CODES, ...UNKNOWN_CODES];
