/** WhatsApp's longest text (meta-cloud-api.md §3.1). What is beyond cannot come from there, and is not read. */
const LONGEST = 4_096;

const APOSTROPHES = /['’‘‛`´ʼ′]/gu;
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\u0640]/gu;
/** Accents of Latin, Greek and Cyrillic, points of Hebrew and Arabic, the Hindi nukta. Vowel signs of Indian scripts are letters. */
const MARKS = /[\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u093c]/gu;
/** Letters that have no accent to take off, and those that people write for one another. */
const FOLDED: ReadonlyMap<string, string> = new Map([
  ['ß', 'ss'],
  ['ø', 'o'],
  ['ł', 'l'],
  ['đ', 'd'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ı', 'i'],
  ['\u0649', '\u064a'],
  ['\u06cc', '\u064a'],
  ['\u06a9', '\u0643'],
  ['\u0629', '\u0647'],
  ['\u0901', '\u0902'],
]);
const FOLD = new RegExp([...FOLDED.keys()].join('|'), 'gu');

const UNSPACED = '\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\u30fc';
const SIGN = `[${UNSPACED}][\\u3099\\u309a]?`;
const LETTERS = `(?:(?![${UNSPACED}])[\\p{L}\\p{M}\\p{N}])+`;
const WORD = new RegExp(`${SIGN}|${LETTERS}`, 'gu');
/** What separates words and means something: the ends of questions, of other sentences, and of parts of sentences. */
const BREAK = /[?؟]|[.!;。।\n\r\u2028]|\p{Extended_Pictographic}|[,،、:()–—]|\s-+\s/gu;
const PAUSE = /^(?:[,،、:()–—]|\s-+\s)$/u;

/** A sentence of a message: its words between commas, and whether it asks. */
export interface Sentence {
  clauses: string[][];
  question: boolean;
}

/** The words of a text without what people write differently: case, accents, apostrophes, invisible characters, widths. */
export function fold(text: string): string {
  return text
    .slice(0, LONGEST)
    .toLowerCase()
    .normalize('NFKD')
    .replace(APOSTROPHES, '')
    .replace(INVISIBLE, '')
    .replace(MARKS, '')
    .normalize('NFC')
    .replace(FOLD, (letter) => FOLDED.get(letter) ?? letter);
}

/** Takes a message apart. The cost is bounded however long the text is. */
export function readSentences(text: string): Sentence[] {
  const sentences: Sentence[] = [];
  let sentence: Sentence = { clauses: [], question: false };
  const take = (part: string): void => {
    const words = part.match(WORD);
    if (words !== null) sentence.clauses.push(words);
  };
  const folded = fold(text);
  let from = 0;
  for (const { 0: mark, index } of folded.matchAll(BREAK)) {
    take(folded.slice(from, index));
    from = index + mark.length;
    if (PAUSE.test(mark) || sentence.clauses.length === 0) continue;
    sentence.question = mark === '?' || mark === '؟';
    sentences.push(sentence);
    sentence = { clauses: [], question: false };
  }
  take(folded.slice(from));
  if (sentence.clauses.length > 0) sentences.push(sentence);
  return sentences;
}

/** Words of a phrase that is one sentence and folded already. */
export function readWords(folded: string): string[] {
  return folded.match(WORD) ?? [];
}

/** How a word may be meant: letters held down ("stoooop") are one or two of them. */
export function readings(word: string): string[] {
  if (!/(.)\1\1/u.test(word)) return [word];
  return [word.replace(/(.)\1{2,}/gu, '$1'), word.replace(/(.)\1{2,}/gu, '$1$1')];
}

/** Whether one typing error (a letter wrong, missing, too many, or two swapped) makes one word of the other. */
export function oneTypo(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false;
  let start = 0;
  while (start < a.length && a[start] === b[start]) start += 1;
  let endA = a.length;
  let endB = b.length;
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const [left, right] = [endA - start, endB - start];
  if (left <= 1 && right <= 1) return true;
  return left === 2 && right === 2 && a[start] === b[start + 1] && a[start + 1] === b[start];
}
