import type { Entry } from './record.ts';

/** What a disk may have kept, at a power cut, of what was written after the last flush. */
export const KEPT = ['nothing', 'some writes', 'some sectors'] as const;
export type Kept = (typeof KEPT)[number];

const SECTOR = 512;

type Change = { at: number; data: Uint8Array } | { length: number };

/** One file's content: what was flushed, and what was done to it since. */
class Content {
  #bytes = Buffer.alloc(0);
  #length = 0;
  #changes: Change[] = [];

  change(change: Change): void {
    this.#changes.push(change);
  }

  flush(): void {
    for (const change of this.#changes) this.#apply(change);
    this.#changes = [];
  }

  /** As the power cut leaves it. */
  left(kept: Kept | 'everything', random: () => number): Buffer {
    const copy = new Content();
    copy.#bytes = Buffer.from(this.#bytes.subarray(0, this.#length));
    copy.#length = this.#length;
    for (const change of this.#changes) {
      if (kept === 'everything') copy.#apply(change);
      else if (kept === 'nothing') break;
      else if (kept === 'some writes' || 'length' in change) random() < 0.5 && copy.#apply(change);
      else for (const sector of sectors(change)) if (random() < 0.5) copy.#apply(sector);
    }
    return copy.#bytes.subarray(0, copy.#length);
  }

  #apply(change: Change): void {
    if ('length' in change) {
      this.#bytes.fill(0, change.length, this.#length);
      this.#grow(change.length);
      this.#length = change.length;
      return;
    }
    const end = change.at + change.data.length;
    this.#grow(end);
    this.#bytes.set(change.data, change.at);
    this.#length = Math.max(this.#length, end);
  }

  #grow(length: number): void {
    if (length <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(length, this.#bytes.length * 2));
    larger.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = larger;
  }
}

/** The parts of a write that a disk takes or loses as a whole. */
function* sectors({ at, data }: { at: number; data: Uint8Array }): Generator<{ at: number; data: Uint8Array }> {
  for (let from = 0; from < data.length; ) {
    const end = Math.min(data.length, from + SECTOR - ((at + from) % SECTOR));
    yield { at: at + from, data: data.subarray(from, end) };
    from = end;
  }
}

/**
 * A folder on a disk that forgets: a file's content is sure after a flush of that file, its name (made, removed, renamed)
 * after a flush of the folder. Names change in the order in which they were asked to, as in every journalling file system.
 */
export class Disk {
  #names = new Map<string, Content>();
  #sureNames = new Map<string, Content>();
  #nameChanges: ((names: Map<string, Content>) => void)[] = [];
  readonly #open = new Map<number, Content | 'folder'>();

  apply(entry: Entry): void {
    const { kind, fd, number } = entry;
    const file = this.#open.get(fd);
    if (kind === 'C' || kind === 'O') this.#opened(kind, fd, entry.data.toString());
    else if (kind === 'X') this.#open.delete(fd);
    else if (kind === 'U') {
      const name = entry.data.toString();
      this.#rename((names) => void names.delete(name));
    } else if (kind === 'R') {
      const [from = '', to = ''] = entry.data.toString().split('\0');
      this.#rename((names) => {
        const content = names.get(from);
        if (content === undefined) return;
        names.delete(from);
        names.set(to, content);
      });
    } else if (file === 'folder') kind === 'S' && this.#flushNames();
    else if (file === undefined) throw new Error(`a record of a file that is not open (${kind} ${fd})`);
    else if (kind === 'S') file.flush();
    else if (kind === 'T') file.change({ length: number });
    else if (kind === 'W') file.change({ at: number, data: entry.data });
  }

  /** The files after a power cut, by their paths below the folder. */
  cut(kept: Kept | 'everything', random: () => number): Map<string, Buffer> {
    const names = new Map(this.#sureNames);
    const survives =
      kept === 'everything'
        ? this.#nameChanges.length
        : kept === 'nothing'
          ? 0
          : Math.floor(random() * (this.#nameChanges.length + 1));
    for (const change of this.#nameChanges.slice(0, survives)) change(names);
    return new Map([...names].map(([name, content]) => [name, content.left(kept, random)]));
  }

  #opened(kind: 'C' | 'O', fd: number, name: string): void {
    if (name === '') {
      this.#open.set(fd, 'folder');
      return;
    }
    let content = this.#names.get(name);
    if (content === undefined) {
      // Opened without being made: it was there before the recording.
      if (kind === 'O') throw new Error(`${name} was not recorded from its beginning`);
      const fresh = new Content();
      content = fresh;
      this.#rename((names) => void names.set(name, fresh));
    }
    this.#open.set(fd, content);
  }

  #rename(change: (names: Map<string, Content>) => void): void {
    change(this.#names);
    this.#nameChanges.push(change);
  }

  #flushNames(): void {
    for (const change of this.#nameChanges) change(this.#sureNames);
    this.#nameChanges = [];
  }
}
