import type { SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';

/** Details as lighteval writes them: nested columns, lists of text, whole numbers of 64 bits. */

/** One problem with the answers to it. */
export interface LightevalDetail {
  readonly id: string;
  readonly query: string;
  readonly choices: readonly string[];
  /** Of the choices that are right. */
  readonly golds: readonly number[];
  readonly level: string;
  readonly texts: readonly string[];
  /** Of all answers together. */
  readonly score: number;
}

type Tree = readonly [name: string, kind: SchemaElement['type'] | 'text' | readonly Tree[] | { readonly list: Tree }];

/** A parquet file of one task, whose score is called `avg`. */
export function toDetailsFile(taskName: string, details: readonly LightevalDetail[]): Buffer {
  const list = (name: string, kind: SchemaElement['type'] | 'text'): Tree => [name, { list: ['element', kind] }];
  const columns: readonly Tree[] = [
    [
      'doc',
      [
        ...([['query', 'text'], list('choices', 'text'), list('gold_index', 'INT64')] as const),
        ...([
          ['specific', [['level', 'text']]],
          ['id', 'text'],
          ['task_name', 'text'],
        ] as const),
      ],
    ],
    ['metric', [['avg', 'DOUBLE']]],
    ['model_response', [list('text', 'text'), list('text_post_processed', 'text')]],
  ];
  const docs = details.map(({ id, query, choices, golds, level }) => ({
    ...{ id, query, choices, task_name: taskName, specific: { level } },
    gold_index: golds.map(BigInt),
  }));
  const columnData = [
    { name: 'doc', data: docs },
    { name: 'metric', data: details.map(({ score }) => ({ avg: score })) },
    { name: 'model_response', data: details.map(({ texts }) => ({ text: texts, text_post_processed: texts })) },
  ];
  const schema: SchemaElement[] = [{ name: 'root', num_children: columns.length }, ...columns.flatMap(toElements)];
  return Buffer.from(parquetWriteBuffer({ columnData, schema }));
}

function toElements([name, kind]: Tree): SchemaElement[] {
  const optional = { name, repetition_type: 'OPTIONAL' } as const;
  if (kind === 'text') return [{ ...optional, type: 'BYTE_ARRAY', converted_type: 'UTF8' }];
  if (typeof kind === 'string' || kind === undefined) return [{ ...optional, type: kind! }];
  if ('list' in kind)
    return [
      { ...optional, num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      ...toElements(kind.list),
    ];
  return [{ ...optional, num_children: kind.length }, ...kind.flatMap(toElements)];
}
