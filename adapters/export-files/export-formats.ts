import { UsageError } from '../../src/errors.ts';
import { MESSAGES_READERS, type ReaderSettings, readPairs, SHAREGPT_READERS, TEXT_READERS } from './reader-settings.ts';

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

/** How a format spells a row, how trainers are told to read it, and the line the data set card says about it. */
export interface ExportFormat {
  /** A line of JSON; null: the format is parquet in the layout of verl. */
  readonly toObject: ((row: SftRow) => Readonly<Record<string, unknown>>) | null;
  readonly readers: ReaderSettings | null;
  readonly card: string;
}

/** Names of the formats that can be written. */
export const EXPORT_FORMATS = ['messages', 'sharegpt', 'alpaca', 'trl', 'trl-chat', 'verl', 'text'] as const;

/** One of these names. */
export type ExportFormatName = (typeof EXPORT_FORMATS)[number];

/** Stands between prompt and target where a reader joins the two as they are. */
const SEPARATOR = '\n';

/** One user and one assistant turn. */
export function toTurns({ prompt, target }: SftRow) {
  return [
    { role: 'user', content: prompt },
    { role: 'assistant', content: target },
  ] as const;
}

const FORMATS: Readonly<Record<ExportFormatName, ExportFormat>> = {
  messages: {
    toObject: (row) => ({ messages: toTurns(row) }),
    readers: MESSAGES_READERS,
    card: 'OpenAI chat format: `messages` with one user and one assistant turn. Train on the assistant turn alone, its end of turn included (TRL: `assistant_only_loss=True`).',
  },
  sharegpt: {
    toObject: (row) => ({
      id: toRowId(row),
      conversations: [
        { from: 'human', value: row.prompt },
        { from: 'gpt', value: row.target },
      ],
    }),
    readers: SHAREGPT_READERS,
    card: 'ShareGPT format: `conversations` with one `human` and one `gpt` turn; role under `from`, text under `value`.',
  },
  alpaca: {
    toObject: (row) => ({ id: toRowId(row), instruction: row.prompt, input: '', output: row.target }),
    readers: readPairs('instruction', 'output'),
    card: 'Alpaca format: `instruction` (the prompt), empty `input`, `output` (the target).',
  },
  trl: {
    toObject: (row) => ({ id: toRowId(row), prompt: row.prompt + SEPARATOR, completion: row.target }),
    readers: readPairs('prompt', 'completion'),
    card: 'TRL prompt-completion format in plain text: `prompt`, which ends with a line feed, and `completion`; TRL joins the two as they are and trains on the completion.',
  },
  'trl-chat': {
    toObject: (row) => {
      const [user, assistant] = toTurns(row);
      return { id: toRowId(row), prompt: [user], completion: [assistant] };
    },
    readers: null,
    card: 'TRL prompt-completion format as a conversation: `prompt` with the user turn, `completion` with the assistant turn; the chat template of the model is applied, and the completion is trained on.',
  },
  verl: {
    toObject: null,
    readers: MESSAGES_READERS,
    card: 'verl layout (parquet): `messages` for its SFT, and for RL `prompt`, `data_source` and `reward_model.ground_truth`; older SFT trainers read `extra_info.question` (the prompt) and `extra_info.answer` (the target).',
  },
  text: {
    toObject: ({ id, source, problem, answer, prompt, target, ...lineage }) => ({
      ...{ id, source, problem, answer, prompt, target, text: prompt + SEPARATOR + target },
      ...lineage,
    }),
    readers: TEXT_READERS,
    card: 'Full rows: `text` (prompt, line feed, target), which readers of plain text train on as a whole, then `prompt` and `target` apart, and where each row came from (`source`, `id`, `sample`, `seed`, `template`, `checker`, `verifier`).',
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
