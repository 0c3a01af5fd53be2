/**
 * The description of a table: one list of columns, from which follow the SQL that writes and reads it and the conversion
 * between records and cells. The type of the record makes sure that no column is forgotten. Of a query, only the list of
 * columns is built here.
 */

/** What a cell holds. */
export type Cell = string | number | Buffer | null;

/** One column: its name in SQL, and how a value of type T gets into a cell and out again. */
export interface Column<T> {
  readonly name: string;
  /** Null: the cell holds the value itself. */
  readonly codec: Codec<T> | null;
}

interface Codec<T> {
  toCell(value: T): Cell;
  fromCell(cell: Cell): T;
}

/** A column for every field of a record. */
export type Columns<Row> = { readonly [Field in keyof Row]: Column<Row[Field]> };

/** A table that is read as `Row`; `Beside` is only written (the run it belongs to, when it was saved). */
export interface Table<Row, Beside> {
  /** `INSERT INTO t (a, b_c) VALUES (?, ?)`, to be followed by a clause for keys that exist already. */
  readonly insert: string;
  /** `a AS "a", b_c AS "bC"`: the columns of `Row` in a SELECT. */
  readonly columns: string;
  /** The parameters of `insert`, as one list. */
  toCells(row: Row & Beside): Cell[];
  /** The row made of selected cells. Reuses the object; other selected columns stay in it. */
  fromCells<Selected extends Selection<Row>>(cells: Selected): Row & Omit<Selected, keyof Row>;
}

/** What SQLite gives for `columns`. */
export type Selection<Row> = { readonly [Field in keyof Row]: unknown };

/** Describes a table by the columns of its rows and those that are only written. */
export function describeTable<Row, Beside = object>(
  table: string,
  row: Columns<Row>,
  beside: Columns<Beside>,
): Table<Row, Beside> {
  const read = listColumns(row);
  const all = [...read, ...listColumns(beside)];
  const parameters = all.map(() => '?').join(', ');
  const coded = read.flatMap(({ field, codec }) => (codec === null ? [] : [{ field, codec }]));
  return {
    insert: `INSERT INTO ${table} (${listNames({ ...row, ...beside })}) VALUES (${parameters})`,
    columns: read.map(({ field, name }) => `${name} AS "${field}"`).join(', '),
    toCells: (values) => {
      const cells = new Array<Cell>(all.length);
      for (let i = 0; i < all.length; i += 1) {
        const { field, codec } = all[i]!;
        const value = (values as Record<string, unknown>)[field];
        cells[i] = codec === null ? (value as Cell) : codec.toCell(value);
      }
      return cells;
    },
    fromCells: (selected) => {
      const cells = selected as Record<string, unknown>;
      for (const { field, codec } of coded) cells[field] = codec.fromCell(cells[field] as Cell);
      return selected as never;
    },
  };
}

/** `a, b_c`: the names of columns in SQL. */
export function listNames<Row>(columns: Columns<Row>): string {
  return listColumns(columns)
    .map(({ name }) => name)
    .join(', ');
}

/** `a = @a, b_c = @bC` for an UPDATE, or with AND between them for a WHERE. */
export function listEqual<Row>(columns: Columns<Row>, separator: ', ' | ' AND ' = ', '): string {
  return listColumns(columns)
    .map(({ field, name }) => `${name} = @${field}`)
    .join(separator);
}

function listColumns<Row>(columns: Columns<Row>): ({ readonly field: string } & Column<unknown>)[] {
  return Object.entries<Column<unknown>>(columns as Record<string, Column<unknown>>).map(([field, column]) => ({
    field,
    ...column,
  }));
}

/** A number, text that this software chose itself, bytes, or NULL. */
export function plain<T extends Cell>(name: string): Column<T> {
  return { name, codec: null };
}

/** True or false as 1 or 0, and null as NULL where it is allowed. */
export function flag<T extends boolean | null>(name: string): Column<T> {
  const toCell = (value: T) => (value === null ? null : Number(value));
  return { name, codec: { toCell, fromCell: (cell) => (cell === null ? null : cell === 1) as T } };
}

/**
 * Text that a model, a server or a file wrote. SQLite text is UTF-8, which has no lone surrogates; a string that holds
 * one (JSON may spell it) goes in as a BLOB of UTF-16LE, so that every string comes back.
 */
export function anyText<T extends string | null>(name: string): Column<T> {
  return { name, codec: { toCell: toTextCell, fromCell: (cell) => fromTextCell(cell) as T } };
}

/** A text as a cell. */
export type TextCell = string | Buffer;

/** The cell of such a text. */
export function toTextCell(text: string | null): TextCell | null {
  return text === null || text.isWellFormed() ? text : Buffer.from(text, 'utf16le');
}

/** The text of such a cell. */
export function fromTextCell(cell: Cell): string | null {
  return Buffer.isBuffer(cell) ? cell.toString('utf16le') : (cell as string | null);
}
