import { fold, oneTypo, readings, readSentences, readWords, type Sentence } from './opt-out-text.ts';
import { OPT_OUT_WORDS } from './opt-out-words.ts';

/** A store's own changes to the list: whole words or phrases, in any spelling. */
export interface OptOutWords {
  added?: readonly string[];
  removed?: readonly string[];
}

/** What a message was taken for an opt-out by. */
export interface OptOutMatch {
  /** The word or phrase of the list, without accents. */
  phrase: string;
  /** Of that word, as a BCP 47 primary tag. Absent for added ones. */
  language?: string;
}

export type OptOutMatcher = (text: string) => OptOutMatch | undefined;

/** How a piece of the list may be used in a sentence. */
type Use = 'word' | 'phrase' | 'firm' | 'around' | 'asks';
interface Branch {
  next: Map<string, Branch>;
  uses: Set<Use>;
  match?: OptOutMatch;
  /** Words of `next` that are long enough to be mistyped, by first letter; under '' those where it may be that letter. */
  long: Map<string, string[]>;
}

/** Words shorter than this are too easily another word. */
const TYPO_LENGTH = 6;
/** A first letter is rarely mistyped, and in shorter words another one makes another word: "calling", "falling". */
const VERY_LONG = 9;
/** A longer sentence is no opt-out. */
const MOST_WORDS = 40;
/** A shorter phrase before a comma says too little: "no calls, just checking the price". */
const MEANINGFUL_WORDS = 3;
const MEANING: ReadonlySet<Use> = new Set(['word', 'phrase', 'firm']);

/**
 * Makes a judge of messages: does the person say not to be called any more? The whole message must say it, or a whole
 * sentence of it; words around that mean nothing ("please", greetings) are skipped, a typing error in a longer word is
 * forgiven, a question counts only if it asks for it. Knows the languages of `opt-out-words.ts`, all at once. Pure.
 *
 * @param words the store's own additions and removals
 */
export function optOutMatcher(words: OptOutWords = {}): OptOutMatcher {
  const list = listOf(words);
  return (text) => judge(list, readSentences(text));
}

interface List {
  root: Branch;
  conditions: string[][];
  notTypos: ReadonlySet<string>;
}

/** The list without changes, which takes a tenth of a second to put together and is never changed. */
let unchanged: List | undefined;

function listOf(words: OptOutWords): List {
  if ((words.added?.length ?? 0) + (words.removed?.length ?? 0) > 0) return build(words);
  unchanged ??= build({});
  return unchanged;
}

function build({ added = [], removed = [] }: OptOutWords): List {
  const root = branch();
  const gone = new Set(removed.map((phrase) => readWords(fold(phrase)).join(' ')));
  const enter = (phrase: string, use: Use, language?: string): void => {
    const path = readWords(phrase);
    const key = path.join(' ');
    if (path.length === 0 || (MEANING.has(use) && gone.has(key))) return;
    let at = root;
    for (const word of path) at = grow(at, word);
    at.uses.add(use);
    if (MEANING.has(use)) at.match ??= language === undefined ? { phrase: key } : { phrase: key, language };
  };
  for (const { language, ...lists } of OPT_OUT_WORDS) {
    for (const phrase of written(lists.words)) enter(phrase, 'word', language);
    for (const phrase of written(lists.phrases)) enter(phrase, 'phrase', language);
    for (const phrase of written(lists.firm)) enter(phrase, 'firm', language);
    for (const phrase of written(lists.around)) enter(phrase, 'around');
    for (const phrase of written(lists.asks)) enter(phrase, 'asks');
  }
  gone.clear();
  for (const phrase of added.map(fold)) enter(phrase, readWords(phrase).length > 1 ? 'phrase' : 'word');
  return {
    root,
    conditions: OPT_OUT_WORDS.flatMap(({ conditions }) => conditions.map((words) => readWords(fold(words)))),
    notTypos: new Set(OPT_OUT_WORDS.flatMap(({ notTypos }) => notTypos.map(fold))),
  };
}

function branch(): Branch {
  return { next: new Map(), uses: new Set(), long: new Map() };
}

function grow(at: Branch, word: string): Branch {
  let next = at.next.get(word);
  if (next === undefined) {
    next = branch();
    at.next.set(word, next);
    if (word.length >= TYPO_LENGTH) bucket(at.long, word[0] ?? '').push(word);
    if (word.length >= VERY_LONG) bucket(at.long, '').push(word);
  }
  return next;
}

function bucket(buckets: Map<string, string[]>, key: string): string[] {
  const known = buckets.get(key) ?? [];
  buckets.set(key, known);
  return known;
}

/** All spellings of a list. */
function written(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) => variants(fold(pattern)));
}

/** Writes out `(a|b|)` and `a|b`. */
function variants(pattern: string): string[] {
  const group = /\(([^()]*)\)/.exec(pattern);
  if (group === null) return pattern.split('|');
  const [whole, inside = ''] = group;
  // Alternatives of the whole pattern bind weaker than those in parentheses.
  const outer = pattern.replace(/\([^()]*\)/g, (text) => ' '.repeat(text.length));
  const cut = outer.indexOf('|');
  if (cut >= 0) return [...variants(pattern.slice(0, cut)), ...variants(pattern.slice(cut + 1))];
  const before = pattern.slice(0, group.index);
  const after = pattern.slice(group.index + whole.length);
  return inside.split('|').flatMap((part) => variants(`${before}${part}${after}`));
}

function judge(list: List, sentences: Sentence[]): OptOutMatch | undefined {
  const all = sentences.flatMap(({ clauses }) => clauses.flat());
  const asks = sentences.at(-1)?.question === true;
  const spelled = all.length > 2 && all.every((word) => /^\p{Script=Latin}$/u.test(word));
  const whole = parse(list, spelled ? [all.join('')] : all, ['word', 'phrase', 'firm'], asks);
  if (whole !== undefined) return whole;
  for (const { clauses, question } of sentences) {
    const found =
      // A single sentence has been looked at as the whole message.
      (sentences.length > 1 ? parse(list, clauses.flat(), ['phrase', 'firm'], question) : undefined) ??
      (question || clauses.length < 2 || isConditional(list, clauses[0] ?? []) ? undefined : inClauses(list, clauses));
    if (found !== undefined) return found;
  }
  return undefined;
}

function inClauses(list: List, clauses: string[][]): OptOutMatch | undefined {
  for (const [index, clause] of clauses.entries()) {
    const says = index === 0 && clause.length >= MEANINGFUL_WORDS;
    const found = parse(list, clause, says ? ['phrase', 'firm'] : ['firm'], false);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isConditional({ conditions }: List, clause: string[]): boolean {
  return conditions.some((words) => words.every((word, index) => clause[index] === word));
}

/** Whether pieces of the list make up all the words, at least one of them with one of these uses. */
function parse(list: List, words: string[], meaning: Use[], question: boolean): OptOutMatch | undefined {
  if (words.length === 0 || words.length > MOST_WORDS) return undefined;
  const sure = walk(list, words, meaning, question, false);
  if (sure !== undefined || !words.some((word) => word.length >= TYPO_LENGTH - 1)) return sure;
  return walk(list, words, meaning, question, true);
}

/** What is known of a way to read the first words. */
interface Way {
  match: OptOutMatch | undefined;
  asked: boolean;
}

function walk(
  list: List,
  words: string[],
  meaning: Use[],
  question: boolean,
  forgiving: boolean,
): OptOutMatch | undefined {
  // At most four ways lead to a place: with or without a meaning, with or without having asked.
  const ways: Way[][] = words.map(() => []);
  ways.push([]);
  ways[0]?.push({ match: undefined, asked: false });
  for (let from = 0; from < words.length; from += 1) {
    const here = ways[from] ?? [];
    if (here.length === 0) continue;
    pieces(list, words, from, forgiving, (to, piece) => {
      const means = meaning.some((use) => piece.uses.has(use)) ? piece.match : undefined;
      const asks = piece.uses.has('asks');
      if (means === undefined && !asks && !piece.uses.has('around')) return;
      for (const way of here) add(ways[to], { match: way.match ?? means, asked: way.asked || asks });
    });
  }
  return ways[words.length]?.find(({ match, asked }) => match !== undefined && (asked || !question))?.match;
}

function add(ways: Way[] | undefined, way: Way): void {
  const known = ways?.some(
    ({ match, asked }) => (match === undefined) === (way.match === undefined) && asked === way.asked,
  );
  if (known === false) ways?.push(way);
}

/** Every piece of the list that begins at a word, with where it ends. Forgiving: one mistyped word in each. */
function pieces(
  { root, notTypos }: List,
  words: string[],
  from: number,
  forgiving: boolean,
  found: (to: number, piece: Branch) => void,
): void {
  let open = [{ at: root, typo: false }];
  for (let index = from; index < words.length && open.length > 0; index += 1) {
    const word = words[index] ?? '';
    const further: typeof open = [];
    for (const { at, typo } of open) {
      for (const reading of readings(word)) {
        const next = at.next.get(reading);
        if (next !== undefined) further.push({ at: next, typo });
      }
      if (!forgiving || typo || word.length < TYPO_LENGTH - 1 || notTypos.has(word)) continue;
      for (const key of [word[0] ?? '', '']) {
        for (const long of at.long.get(key) ?? []) {
          const next = long !== word && oneTypo(word, long) ? at.next.get(long) : undefined;
          if (next !== undefined) further.push({ at: next, typo: true });
        }
      }
    }
    for (const { at } of further) if (at.uses.size > 0) found(index + 1, at);
    open = further;
  }
}
