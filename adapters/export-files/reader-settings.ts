import { TAGS } from '../../src/core/grammar.ts';

/** How the trainers that read a file by settings of their own must be told about a format; null: they cannot read it. */
export interface ReaderSettings {
  /** The entry of LLaMA-Factory's `dataset_info.json` without the file's name. */
  readonly llamaFactory: Readonly<Record<string, unknown>> | null;
  /** Keys of an entry of axolotl's `datasets`, without the file's name. */
  readonly axolotl: Readonly<Record<string, unknown>> | null;
}

const CHAT = { role: 'role', content: 'content' };

/** Only the answer is trained on, its end of turn included. */
const ANSWER_ONLY = { roles_to_train: ['assistant'], train_on_eos: 'turn' };

/** A file with turns of `{role, content}` under `messages`. */
export const MESSAGES_READERS: ReaderSettings = {
  llamaFactory: {
    formatting: 'sharegpt',
    columns: { messages: 'messages' },
    tags: { role_tag: 'role', content_tag: 'content', user_tag: 'user', assistant_tag: 'assistant' },
  },
  axolotl: { type: 'chat_template', field_messages: 'messages', message_property_mappings: CHAT, ...ANSWER_ONLY },
};

/** A file with turns of `{from, value}` under `conversations`. */
export const SHAREGPT_READERS: ReaderSettings = {
  llamaFactory: {
    formatting: 'sharegpt',
    columns: { messages: 'conversations' },
    tags: { role_tag: 'from', content_tag: 'value', user_tag: 'human', assistant_tag: 'gpt' },
  },
  axolotl: {
    type: 'chat_template',
    field_messages: 'conversations',
    message_property_mappings: { role: 'from', content: 'value' },
    roles: { user: ['human'], assistant: ['gpt'] },
    ...ANSWER_ONLY,
  },
};

/** A file whose prompt and answer are texts under these keys. */
export function readPairs(prompt: string, answer: string): ReaderSettings {
  const bare = '{instruction}';
  return {
    llamaFactory: { formatting: 'alpaca', columns: { prompt, response: answer } },
    // The prompt as it is: axolotl's own alpaca type would put it into a text of its own.
    axolotl: {
      type: { field_instruction: prompt, field_output: answer, format: bare, no_input_format: bare },
    },
  };
}

/** A file of whole texts. */
export const TEXT_READERS: ReaderSettings = {
  llamaFactory: { formatting: 'alpaca', columns: { prompt: 'text' } },
  axolotl: { type: 'completion', field: 'text' },
};

/** `dataset_info.json` with an entry for the file; entries of other data sets in `before` stay. */
export function renderDatasetInfo(
  before: Readonly<Record<string, unknown>>,
  name: string,
  file: string,
  entry: Readonly<Record<string, unknown>>,
): string {
  return `${JSON.stringify({ ...before, [name]: { file_name: file, ...entry } }, null, 2)}\n`;
}

/** The part of an axolotl configuration that reads the file and knows the tags. */
export function renderAxolotl(file: string, entry: Readonly<Record<string, unknown>>): string {
  const type = file.endsWith('.parquet') ? 'parquet' : 'json';
  const keys = Object.entries({ path: file, ds_type: type, ...entry });
  return [
    '# For an axolotl configuration. The path is relative to the folder that axolotl is started in.',
    'datasets:',
    ...keys.map(([key, value], index) => `${index === 0 ? '  - ' : '    '}${key}: ${JSON.stringify(value)}`),
    '# The six tags, each as one token. With LoRA their rows must be trained too: lora_modules_to_save: [embed_tokens, lm_head]',
    'tokens:',
    ...TAGS.map((tag) => `  - ${JSON.stringify(tag)}`),
    '',
  ].join('\n');
}
