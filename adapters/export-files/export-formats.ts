import { UsageError } from '../../src/errors.ts';

/** One cold-start row as it leaves the project: what was asked, what was accepted, and by which rules. */
export interface SftRow {
  /** Id of the problem within `source`. */
  readonly id: string;
  readonly source: string;
  readonly problem: string;
  /** Reference answer as the source spells it. */
  readonly answer: string;
  /** What the student is asked: the template filled with the problem. */
  readonly prompt: string;
  /** What it should answer, tags included. */
  readonly target: string;
  /** Parallel blocks in the target, and paths in all of them together. */
  readonly blocks: number;
  readonly paths: number;
  /** Checker mode and verifier version that accepted it. */
  readonly checker: string;
  readonly verifier: string;
  /** SHA-256 of the teacher's prompt template, hex. */
  readonly template: string;
  readonly sample: number;
  readonly seed: number;
}

/** How a format spells a row, and the line the data set card says about it. */
export interface ExportFormat {
  /** A line of JSON; null: the format is parquet in the layout of verl. */
  readonly toObject: ((row: SftRow) => Readonly<Record<string, unknown>>) | null;
  readonly card: string;
}

/** Names of the formats that can be written. */
export const EXPORT_FORMATS = ['messages', 'sharegpt', 'alpaca', 'trl', 'verl', 'text'] as const;

/** One of these names. */
export type ExportFormatName = (typeof EXPORT_FORMATS)[number];

const FORMATS: Readonly<Record<ExportFormatName, ExportFormat>> = {
  messages: {
    toObject: ({ prompt, target }) => ({
      messages: [
        { role: 'user', content: prompt },
        { role: 'assistant', content: target },
      ],
    }),
    card: 'OpenAI chat format: `messages` with one user and one assistant turn.',
  },
  sharegpt: {
    toObject: (row) => ({
      id: toRowId(row),
      conversations: [
        { from: 'human', value: row.prompt },
        { from: 'gpt', value: row.target },
      ],
    }),
    card: 'ShareGPT format: `conversations` with one `human` and one `gpt` turn.',
  },
  alpaca: {
    toObject: (row) => ({ id: toRowId(row), instruction: row.prompt, input: '', output: row.target }),
    card: 'Alpaca format: `instruction` (the prompt), empty `input`, `output` (the target).',
  },
  trl: {
    toObject: (row) => ({ id: toRowId(row), prompt: row.prompt, completion: row.target }),
    card: 'TRL prompt-completion format: `prompt` and `completion`.',
  },
  verl: {
    toObject: null,
    card: 'verl layout (parquet): `prompt`, `reward_model.ground_truth`, and for SFT `extra_info.question` (the prompt) and `extra_info.answer` (the target).',
  },
  text: {
    toObject: ({ id, source, problem, answer, prompt, target, ...lineage }) => ({
      ...{ id, source, problem, answer, prompt, text: target },
      ...lineage,
    }),
    card: 'Full rows: `prompt`, `text` (the target), and where each row came from (`source`, `id`, `sample`, `seed`, `template`, `checker`, `verifier`).',
  },
};

/** Looks up a format by name. Throws `UsageError` for one that cannot be written. */
export function selectExportFormat(name: string): ExportFormat {
  if (Object.hasOwn(FORMATS, name)) return FORMATS[name as ExportFormatName];
  throw new UsageError(`unknown export format "${name}"; known: ${EXPORT_FORMATS.join(', ')}`);
}

/** Unique within an export: problem and sample. */
function toRowId({ source, id, sample }: SftRow): string {
  return `${source}/${id}#${sample}`;
}
