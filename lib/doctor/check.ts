import type { Facts } from './facts.ts';
import type { Finding } from './finding.ts';
import type { Subject } from './subject.ts';

/** Looks at one thing. Rejects only for faults of its own. */
export interface Check {
  /** Name of the thing, as in "… could not be looked at". */
  name: string;
  /** Undefined: the provider has no such thing. */
  run(subject: Subject, facts: Facts): Promise<Finding[]>;
}
