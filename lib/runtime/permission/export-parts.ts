/** A piece of a long text. */
export interface Part {
  text: string;
  index: number;
  /** Lines in it. */
  lines: number;
  last: boolean;
}

/** Characters of one message: small beside a Node-RED process, large beside what a message costs. */
const SIZE = 262_144;

/**
 * Gathers lines into texts of about `size` characters, each whole lines and ending with a line break, so that the texts one
 * after the other are the whole. Holds no more than two of them. No lines are one empty text.
 *
 * @param lines with or without a line break at their end
 */
export async function* inParts(lines: AsyncIterable<string>, size = SIZE): AsyncGenerator<Part> {
  let held: Omit<Part, 'last'> | undefined;
  let gathered: string[] = [];
  let length = 0;
  let index = 0;
  const take = (): Omit<Part, 'last'> => {
    const part = { text: gathered.join(''), index, lines: gathered.length };
    gathered = [];
    length = 0;
    index += 1;
    return part;
  };
  for await (const line of lines) {
    if (length >= size) {
      // Only who has the next one knows that this one is not the last.
      if (held !== undefined) yield { ...held, last: false };
      held = take();
    }
    const whole = line.endsWith('\n') ? line : `${line}\n`;
    gathered.push(whole);
    length += whole.length;
  }
  if (held !== undefined) yield { ...held, last: false };
  yield { ...take(), last: true };
}
