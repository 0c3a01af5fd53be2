/** Splits a file at its line feeds; numbers count from 1. */
export type ReadLines = (file: string) => AsyncIterable<{ readonly number: number; readonly text: string }>;

/** A row as its set spells it. */
export type RawRow = Readonly<Record<string, unknown>>;

/** Chooses the columns of a file by the names it has. */
export type ChooseColumns = (columns: readonly string[]) => readonly string[];
