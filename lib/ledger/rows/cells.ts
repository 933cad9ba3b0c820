/** A row of a table, by column, as either engine's driver hands it over: numbers, texts, bytes and nulls. */
export type Cells = Readonly<Record<string, unknown>>;
