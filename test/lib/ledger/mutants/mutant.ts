/** One place of a source that a mutant has otherwise. */
export interface Edit {
  /** From the project's folder. */
  file: string;
  /** What stands there, exactly once; a piece that is gone or doubled is a failure, so that a mutant never dies unseen. */
  text: string;
  replacement: string;
}

/**
 * A mistake that a store of permissions could have, seeded into a copy of ours, and the test that notices it. To add one: put
 * it into the list of its part beside this file. If its test passes in spite of it, the tests have a hole: write the missing one
 * where it belongs first.
 */
export interface Mutant {
  /** What is wrong with this store, in plain words. */
  name: string;
  edits: readonly Edit[];
  /** Who notices: a file, and a test's whole title with those of the suites around it. */
  test: { file: string; title: string };
}

/** @param file path below the ledger's tests, without its ending */
export function noticedBy(file: string, title: string): Mutant['test'] {
  return { file: `test/lib/ledger/${file}.test.ts`, title };
}
