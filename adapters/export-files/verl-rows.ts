import type { SchemaElement } from 'hyparquet-writer';
import type { SftRow } from './sft-row.ts';

/**
 * A row as verl reads it (method 4.7). `extra_info.question` is the whole prompt and `extra_info.answer`
 * the target: SFT reads these two, RL the prompt and the reference answer.
 */
export interface VerlRow {
  readonly data_source: string;
  readonly prompt: readonly { readonly role: string; readonly content: string }[];
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
export function toVerlRow({ source, prompt, answer, target }: SftRow, index: number): VerlRow {
  return {
    data_source: source,
    prompt: [{ role: 'user', content: prompt }],
    ability: 'math',
    reward_model: { ground_truth: answer, style: 'rule' },
    extra_info: { split: 'train', index: BigInt(index), question: prompt, answer: target, reward_method: 'accuracy' },
  };
}

/** The columns of the file, in order. */
export const VERL_COLUMNS = ['data_source', 'prompt', 'ability', 'reward_model', 'extra_info'] as const;

function text(name: string): SchemaElement {
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' };
}

function group(name: string, children: number): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', num_children: children };
}

/** The parquet schema of these rows, as a tree in preorder: lists and structs in the standard three levels. */
export const VERL_SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: VERL_COLUMNS.length },
  text('data_source'),
  { ...group('prompt', 1), converted_type: 'LIST' },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  group('element', 2),
  text('role'),
  text('content'),
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
