import { findAnswerLabels, findLineEnd } from './answer.ts';
import { findTags } from './format/tag-stream.ts';
import { SUMMARY_GAP, type Tag } from './grammar.ts';

/** Neighbouring tags that the canonical form writes without anything between them. */
const TIGHT_PAIRS: ReadonlySet<string> = new Set([
  '<Parallel><Path>',
  '</Path><Path>',
  '</Path></Parallel>',
] satisfies `${Tag}${Tag}`[]);

/**
 * Brings the tags of a response into canonical form: no white space between the tags of a block and, unless `gap` is
 * `keep`, exactly the newline before `<Summary>` that a rollout inserts. Nothing else changes: text stays as it is, and
 * so does white space inside paths and summaries. Idempotent, linear time.
 */
export function canonicaliseResponse(text: string, options: { readonly gap?: 'newline' | 'keep' } = {}): string {
  const gap = options.gap ?? 'newline';
  const tags = findTags(text);
  let result = '';
  let from = 0;
  for (let i = 1; i < tags.length; i += 1) {
    const before = tags[i - 1]!;
    const after = tags[i]!;
    const pair = before.tag + after.tag;
    const isGap = gap === 'newline' && pair === '</Parallel><Summary>';
    if (!isGap && !TIGHT_PAIRS.has(pair)) continue;
    if (text.slice(before.end, after.at).trim() !== '') continue;
    result += text.slice(from, before.end) + (isGap ? SUMMARY_GAP : '');
    from = after.at;
  }
  return result + text.slice(from);
}

/**
 * A response without its tags, as ordinary text: what stood between two of them begins on a new line, in the same order.
 * White space beside a tag goes with it; a text without tags is returned unchanged. Idempotent, linear time.
 */
export function stripTags(text: string): string {
  const tags = findTags(text);
  if (tags.length === 0) return text;
  const pieces = tags.map(({ at }, i) => text.slice(tags[i - 1]?.end ?? 0, at));
  pieces.push(text.slice(tags.at(-1)!.end));
  const lines = pieces.map((piece) => piece.trim()).filter((piece) => piece !== '');
  return lines.join('\n');
}

/**
 * Replaces the value on the last `Final Answer:` line by the reference answer. Use it only once the value has been
 * verified as equal. A text without such a line is returned unchanged. Emphasis around the label is removed, because
 * its closing half was part of the value.
 */
export function rewriteAnswerLine(text: string, gold: string): string {
  const label = findAnswerLabels(text).at(-1);
  if (label === undefined) return text;
  const lineEnd = findLineEnd(text, label.end);
  const value = text.slice(label.end, lineEnd);
  const tail = value.slice(value.trimEnd().length);
  const blanks = value.slice(0, value.length - value.trimStart().length);
  const lineStart = text.lastIndexOf('\n', label.at - 1) + 1;
  const isPlain = !text.slice(label.at, label.end).includes('*') && !/[*#_]/.test(text.slice(lineStart, label.at));
  if (isPlain) return text.slice(0, label.end) + (blanks === value ? ' ' : blanks) + gold + tail + text.slice(lineEnd);
  return `${text.slice(0, lineStart)}Final Answer: ${gold}${tail}${text.slice(lineEnd)}`;
}

/** Texts that end a sequence or a turn in the common tokenizers; a server that strips no special tokens sends them along. */
const END_TEXTS = [
  ...['<|im_end|>', '<|endoftext|>', '<|eot_id|>', '<|end_of_text|>', '<|end|>', '<|return|>', '<|eom_id|>'],
  ...['</s>', '<eos>', '<end_of_turn>', '<｜end▁of▁sentence｜>', '[EOS]'],
];

/** The text without the end-of-sequence texts at its end and the white space around them; otherwise as it is. */
export function stripEnd(text: string): string {
  let end = text.length;
  for (;;) {
    const trimmed = text.slice(Math.max(0, end - END_WINDOW), end).trimEnd();
    const found = END_TEXTS.find((one) => trimmed.endsWith(one));
    if (found === undefined) return end === text.length ? text : text.slice(0, end).trimEnd();
    end = end - Math.min(END_WINDOW, end) + trimmed.length - found.length;
  }
}

/** How far behind the end such a text is looked for, white space included. */
const END_WINDOW = 200;

/** A response without its thinking; `code` says why nothing is left. */
export interface StrippedText {
  readonly content: string;
  /** Where the content begins in the response, in code units; with `thinking_unclosed` where the thinking does. */
  readonly at: number;
  readonly code: null | 'thinking_unclosed' | 'empty';
}

/**
 * What follows the last closing thinking tag, trimmed and without end-of-sequence text. The one way in which commands and
 * stages take a response from outside, before its format is checked or its answer is read. Opened after that and never closed: `thinking_unclosed`.
 */
export function stripThinking(text: string): StrippedText {
  const ends = THINKING.map(([, closer]) => {
    const at = text.lastIndexOf(closer);
    return at < 0 ? 0 : at + closer.length;
  });
  const from = Math.max(...ends);
  const open = THINKING.map(([opener]) => text.indexOf(opener, from)).filter((at) => at >= 0);
  if (open.length > 0) return { content: '', at: Math.min(...open), code: 'thinking_unclosed' };
  const rest = text.slice(from);
  const content = stripEnd(rest.trim());
  return { content, at: from + rest.length - rest.trimStart().length, code: content === '' ? 'empty' : null };
}

/** Tags around the thinking of a model, as the chat templates of its kind write them: Qwen3 and DeepSeek-R1, Magistral, Kimi, and prompts that ask for them. */
const THINKING: readonly (readonly [open: string, close: string])[] = [
  ...[['<think>', '</think>'] as const, ['[THINK]', '[/THINK]'] as const, ['◁think▷', '◁/think▷'] as const],
  ...[['<thinking>', '</thinking>'] as const, ['<thought>', '</thought>'] as const],
  ['<reasoning>', '</reasoning>'],
];

const THINKING_WORD = /[Tt]hink|THINK|thought|reasoning/;

/** Whether a text may hold thinking: a quick look before `stripThinking`. */
export function mayHoldThinking(text: string): boolean {
  return THINKING_WORD.test(text) && THINKING.some(([open, close]) => text.includes(close) || text.includes(open));
}
