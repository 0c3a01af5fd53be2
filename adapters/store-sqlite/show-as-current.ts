import Database from 'better-sqlite3';
import { ROLLOUT_COUNTS_QUERY } from './migrations/0011-rollout-counts.ts';
import { MIGRATIONS } from './migrations.ts';

/** A column of a table, as SQLite describes it. */
interface ColumnInfo {
  readonly name: string;
  /** Its default as SQL; null for none, which reads as NULL. */
  readonly dflt_value: string | null;
}

/** Tables that follow from others, each with its query: an empty table would say that nothing is there. */
const DERIVED: Readonly<Record<string, string>> = { rollout_counts: ROLLOUT_COUNTS_QUERY };

/**
 * Lets an older store be read without touching it: temporary views and tables of this connection stand in for what
 * migrations have added since. Columns read as their defaults, tables as empty, and tables that follow from others as
 * the query they follow from. It relies on the rule that migrations only add (docs/run-store.md).
 */
export function showAsCurrent(db: Database.Database): void {
  db.pragma('temp_store = MEMORY');
  const current = new Database(':memory:');
  try {
    for (const { sql } of MIGRATIONS) current.exec(sql);
    for (const { name, sql } of listTables(current)) {
      const own = new Set(listColumns(db, name).map((column) => column.name));
      const query = DERIVED[name];
      if (own.size > 0) showTable(db, name, listColumns(current, name), own);
      else if (query !== undefined) db.exec(`CREATE TEMP VIEW ${name} AS ${query}`);
      else db.exec(sql.replace(/^CREATE TABLE/, 'CREATE TEMP TABLE'));
    }
  } finally {
    current.close();
  }
}

function showTable(
  db: Database.Database,
  table: string,
  columns: readonly ColumnInfo[],
  own: ReadonlySet<string>,
): void {
  if (columns.every(({ name }) => own.has(name))) return;
  const shown = columns.map(({ name, dflt_value }) => (own.has(name) ? name : `${dflt_value ?? 'NULL'} AS ${name}`));
  db.exec(`CREATE TEMP VIEW ${table} AS SELECT ${shown.join(', ')} FROM main.${table}`);
}

function listTables(db: Database.Database): { readonly name: string; readonly sql: string }[] {
  return db
    .prepare<[], { name: string; sql: string }>("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
    .all();
}

function listColumns(db: Database.Database, table: string): ColumnInfo[] {
  return db.pragma(`table_info(${table})`) as ColumnInfo[];
}
