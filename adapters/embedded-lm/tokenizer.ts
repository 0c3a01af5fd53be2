import { ANSWER_LABEL, TAGS } from '../../src/core/grammar.ts';
import { CHAIN_JOINTS } from '../../src/core/word-sums/chain.ts';
import { CHECK_JOINTS } from '../../src/core/word-sums/check.ts';
import { PATH_LABELS, STRATEGY_WORDS } from '../../src/core/word-sums/solutions.ts';
import { TOTALS_JOINTS } from '../../src/core/word-sums/totals.ts';
import { WORD_FAMILIES, type WordFamilyName } from '../../src/core/word-sums/word-problem.ts';
import { ITEMS, JOINTS, NAMES, VERBS } from '../../src/core/word-sums/wording.ts';

/** Ends a sequence. */
export const EOS_TEXT = '<eos>';

/** Opens a prompt; the chat template writes it, nothing else does. */
export const PROMPT_TEXT = 'Q';

/**
 * The vocabulary of word sums; the index is the token id. Every word, digit and tag is one token. Verbs carry
 * the space before their number, which keeps prompts at 12, 16 and 20 tokens for 2, 3 and 4 operands.
 */
const SUMS_VOCABULARY: readonly string[] = [
  EOS_TEXT,
  PROMPT_TEXT,
  ...TAGS,
  '\n',
  `${ANSWER_LABEL} `,
  STRATEGY_WORDS.parallel,
  STRATEGY_WORDS.direct,
  ...PATH_LABELS,
  ';',
  '+',
  '=',
  ...'0123456789',
  ...NAMES,
  ...ITEMS,
  ...VERBS.map((verb) => `${verb} `),
  JOINTS.has,
  ' ',
  JOINTS.next,
  JOINTS.ask,
];

/** Tokens per family; that of the mixed one begins with the other, so that ids of either are ids of the longer. */
export const VOCABULARIES: Readonly<Record<WordFamilyName, readonly string[]>> = {
  'word-sums': SUMS_VOCABULARY,
  mixed: [
    ...SUMS_VOCABULARY,
    ...WORD_FAMILIES.mixed.labels,
    '-',
    ...Object.values(TOTALS_JOINTS),
    ...Object.values(CHAIN_JOINTS),
    `${CHECK_JOINTS.loses} `,
    CHECK_JOINTS.ask,
  ],
};

/** The longest vocabulary. */
const TOKENS = VOCABULARIES.mixed;

/** The token that ends a completion. */
export const EOS_ID = TOKENS.indexOf(EOS_TEXT);

/** The token that begins a prompt (`Q`). */
export const PROMPT_ID = TOKENS.indexOf(PROMPT_TEXT);

/** Tokens that `skip_special_tokens` leaves out of text. */
const SPECIAL_IDS: ReadonlySet<number> = new Set([EOS_TEXT, PROMPT_TEXT, ...TAGS].map((text) => TOKENS.indexOf(text)));

const ID_BY_TEXT: ReadonlyMap<string, number> = new Map(TOKENS.map((text, id) => [text, id]));

// Longest first, so that ` has ` is not read as a space and something unknown; sticky, so that nothing is skipped.
const NEXT_TOKEN = new RegExp(
  [...TOKENS]
    .sort((a, b) => b.length - a.length)
    .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
    .join('|'),
  'y',
);

/** Characters of an unknown piece that a refusal quotes. */
const QUOTED_CHARS = 24;

/** Token ids of a text, or the first piece outside the family's vocabulary and its offset. Linear time; nothing is mapped silently. */
export function encodeText(
  text: string,
  family: WordFamilyName = 'word-sums',
): { readonly ids: number[] } | { readonly unknown: string; readonly at: number } {
  const ids: number[] = [];
  const size = VOCABULARIES[family].length;
  let at = 0;
  while (at < text.length) {
    NEXT_TOKEN.lastIndex = at;
    const match = NEXT_TOKEN.exec(text);
    const id = match === null ? size : ID_BY_TEXT.get(match[0])!;
    if (match === null || id >= size)
      return { unknown: /^\S+/.exec(text.slice(at, at + QUOTED_CHARS))?.[0] ?? text.charAt(at), at };
    ids.push(id);
    at += match[0].length;
  }
  return { ids };
}

/** The text of one token, whichever family it is of. Throws RangeError for an id outside the longest vocabulary. */
export function textOfToken(id: number): string {
  const text = TOKENS[id];
  if (text === undefined) throw new RangeError(`token id ${id} is outside the vocabulary of ${TOKENS.length}`);
  return text;
}

/** The text of a sequence; tags, `Q` and `<eos>` are left out when `skipSpecial` is set. */
export function decodeIds(ids: readonly number[], skipSpecial: boolean): string {
  let text = '';
  for (const id of ids) {
    if (!skipSpecial || !SPECIAL_IDS.has(id)) text += textOfToken(id);
  }
  return text;
}
