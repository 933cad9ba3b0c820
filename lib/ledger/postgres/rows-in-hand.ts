/**
 * Rows of one kind during a try: those that were brought, and over them those that were written. What is handed out is a copy,
 * because it belongs to whoever asked.
 */
export class RowsInHand<Row extends { pairId: number }> {
  readonly #brought: ReadonlyMap<string, Row>;
  #ofPair: Map<number, string[]> | undefined;
  /** Rows as written, undefined for deleted ones. */
  readonly written = new Map<string, Row | undefined>();

  constructor(brought: ReadonlyMap<string, Row>) {
    this.#brought = brought;
  }

  /** Not a copy: for looking only. */
  get(id: string): Row | undefined {
    return this.written.has(id) ? this.written.get(id) : this.#brought.get(id);
  }

  write(id: string, row: Row): void {
    this.written.set(id, { ...row });
  }

  delete(id: string): void {
    this.written.set(id, undefined);
  }

  /** Rows of a pair, for looking only. */
  of(pairId: number): Row[] {
    this.#ofPair ??= this.#index();
    const rows: Row[] = [];
    for (const id of this.#ofPair.get(pairId) ?? []) {
      const row = this.#brought.get(id);
      if (row !== undefined && !this.written.has(id)) rows.push(row);
    }
    for (const row of this.written.values()) if (row?.pairId === pairId) rows.push(row);
    return rows;
  }

  /** The first row that fits, for looking only. */
  find(fits: (row: Row) => boolean): Row | undefined {
    for (const row of this.written.values()) if (row !== undefined && fits(row)) return row;
    for (const [id, row] of this.#brought) if (!this.written.has(id) && fits(row)) return row;
    return undefined;
  }

  /** Everything of one pair belongs to another one from now on. */
  move(gone: number, kept: number): void {
    for (const [id, row] of [...this.#brought, ...this.written]) {
      const now = this.get(id);
      if (row !== undefined && now?.pairId === gone) this.write(id, { ...now, pairId: kept });
    }
  }

  #index(): Map<number, string[]> {
    const index = new Map<number, string[]>();
    for (const [id, { pairId }] of this.#brought) {
      const ids = index.get(pairId);
      if (ids === undefined) index.set(pairId, [id]);
      else ids.push(id);
    }
    return index;
  }
}
