import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import { type SftRow, toTurns } from './export-formats.ts';

/** Rows held and written at a time. */
const GROUP_ROWS = 1_000;

/**
 * Writes rows as a parquet file, group by group; the same rows give the same bytes. Half a surrogate
 * pair, which is not valid Unicode, is written as U+FFFD.
 */
export function writeParquet(rows: Iterable<SftRow>, write: (bytes: Uint8Array) => void): void {
  const bytes = new DrainedWriter(write);
  const file = new ParquetWriter({ writer: bytes, schema: VERL_SCHEMA, createdBy: 'parallel-r1', statistics: false });
  let held: VerlRow[] = [];
  let index = 0;
  const flush = () => {
    if (held.length > 0) file.write({ columnData: toColumns(held), rowGroupSize: GROUP_ROWS });
    held = [];
  };
  for (const row of rows) {
    held.push(toVerlRow(row, index));
    index += 1;
    if (held.length === GROUP_ROWS) flush();
  }
  flush();
  file.finish();
}

function toColumns(rows: readonly VerlRow[]) {
  return VERL_COLUMNS.map((name) => ({ name, data: rows.map((row) => row[name]) }));
}

/** Hands its bytes on after every row group, so that memory holds one. */
class DrainedWriter extends ByteWriter {
  readonly #write: (bytes: Uint8Array) => void;

  constructor(write: (bytes: Uint8Array) => void) {
    super();
    this.#write = write;
  }

  flush(): void {
    this.#write(this.getBytes());
    this.index = 0;
  }

  override finish(): void {
    this.flush();
  }
}

/**
 * A row as verl reads it: SFT the `messages`, RL the prompt and the reference answer. Older SFT trainers read
 * `extra_info.question`, the whole prompt, and `extra_info.answer`, the target.
 */
export interface VerlRow {
  /** The name of the source: verl chooses a reward by it. */
  readonly data_source: string;
  readonly prompt: readonly { readonly role: string; readonly content: string }[];
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly ability: string;
  readonly reward_model: { readonly ground_truth: string; readonly style: string };
  readonly extra_info: {
    readonly split: string;
    readonly index: bigint;
    readonly question: string;
    readonly answer: string;
    readonly reward_method: string;
  };
}

/** Spells a row; `index` counts the rows of the export from 0. */
function toVerlRow(row: SftRow, index: number): VerlRow {
  const { source, prompt, answer, target } = row;
  const messages = toTurns(row);
  return {
    data_source: source,
    prompt: [messages[0]],
    messages,
    ability: 'math',
    reward_model: { ground_truth: answer, style: 'rule' },
    extra_info: { split: 'train', index: BigInt(index), question: prompt, answer: target, reward_method: 'accuracy' },
  };
}

/** The columns of the file, in order. */
const VERL_COLUMNS = ['data_source', 'prompt', 'messages', 'ability', 'reward_model', 'extra_info'] as const;

function text(name: string): SchemaElement {
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
}

function group(name: string, children: number): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', num_children: children };
}

/** A list of `{role, content}`. */
function turns(name: string): SchemaElement[] {
  return [
    { ...group(name, 1), converted_type: 'LIST' },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    group('element', 2),
    text('role'),
    text('content'),
  ];
}

/** The parquet schema of these rows, as a tree in preorder: lists and structs in the standard three levels. */
const VERL_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: VERL_COLUMNS.length },
  text('data_source'),
  ...turns('prompt'),
  ...turns('messages'),
  text('ability'),
  group('reward_model', 2),
  text('ground_truth'),
  text('style'),
  group('extra_info', 5),
  text('split'),
  { name: 'index', type: 'INT64', repetition_type: 'OPTIONAL' },
  text('question'),
  text('answer'),
  text('reward_method'),
];
