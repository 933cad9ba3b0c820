/**
 * What an examination found, for people who do not know WebRTC. `fatal`: a call cannot have sound like this. `warning`: it may fail, or fail
 * for some. `info`: good to know.
 */
export interface Finding {
  /** Stable, for programs. */
  id: string;
  level: 'fatal' | 'warning' | 'info';
  /** One sentence: what is the case. */
  what: string;
  /** Why that matters. */
  why: string;
  /** What to do. */
  next: string;
}
