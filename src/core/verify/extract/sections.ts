import { mayHoldThinking, stripThinking } from '../../canonicalise.ts';
import { findTags } from '../../format/tag-stream.ts';
import { LIMITS } from '../limits.ts';

/**
 * The part of a response that states the answer: what follows the thinking section, up to the next turn of a chat
 * or the next question, without the paths of blocks. `structured` says that the text is a trajectory; its summaries
 * belong to the main text, its paths do not. Linear time.
 */
export function findMainText(text: string, structured: boolean): string {
  const spoken = mayHoldThinking(text) ? stripThinking(text).content : text;
  const boxed = spoken.includes('_of_box|>') ? spoken.replace(GLM_BOX, '\\boxed{$1}') : spoken;
  const main = structured ? leaveOutPaths(boxed) : boxed;
  return restoreCommands(cutAtNextTurn(main.slice(-LIMITS.scanned)));
}

/** The box of GLM models, in tokens of a chat. */
const GLM_BOX = /<\|begin_of_box\|>([^<]{0,2000})<\|end_of_box\|>/g;

/**
 * Commands whose backslash an escape has eaten (`\b`, `\f`, `\t`, `\r` and the rest of the name), `boxed{7}` without one, and
 * `x**2`, whose stars are no emphasis.
 */
export function restoreCommands(text: string): string {
  let restored = text;
  if (ESCAPES.test(text))
    for (const [character, letter, rest] of EATEN)
      if (restored.includes(character)) restored = restored.replace(rest, `\\${letter}`);
  if (restored.includes('boxed{')) restored = restored.replace(/(?<![A-Za-z\\])boxed\{/g, '\\boxed{');
  return restored.includes('**') ? restored.replace(POWER, '^') : restored;
}

const ESCAPES = /[\b\f\t\r]/;

/** By the character that an escape made of it: the letter that is lost, and how the names go on that are known by it. */
const EATEN: readonly (readonly [character: string, letter: string, rest: RegExp])[] = [
  ['\b', 'b', /[\b](?=oxed|inom|eta|ar\{|egin\{|ig)/g],
  ['\f', 'f', /\f(?=rac|box|orall)/g],
  ['\t', 't', /\t(?=ext\{|ext(?:bf|it|rm|circ)|imes(?![a-z])|heta(?![a-z])|frac)/g],
  ['\r', 'r', /\r(?=ight|angle|floor|ceil)/g],
];

/** Two stars close to a symbol, a digit or a bracket on either side. */
const POWER = /(?<=(?<![A-Za-z])[A-Za-z]|(?<![\d.*])\d{1,9}|\))\*\*(?=-?[\dA-Za-z(])/g;

/** Main text and summaries, with a line break where tags stood. What stands in an unclosed block stays hidden. */
function leaveOutPaths(text: string): string {
  let main = '';
  let from = 0;
  let closer: string | null = null;
  for (const { tag, at, end } of findTags(text)) {
    if (closer === null) main += `${text.slice(from, at)}\n`;
    if (tag === closer) closer = null;
    else if (closer === null && (tag === '<Parallel>' || tag === '<Path>')) closer = tag.replace('<', '</');
    from = end;
  }
  return closer === null ? main + text.slice(from) : main;
}

const CHAT_TOKEN = /<\|[a-z_]{1,40}\|>|<\/s>|<end_of_turn>|<eoa>/gi;

/** A line with which a model that runs on asks itself the next question. */
const NEXT_QUESTION = /\n(?:Q|Question|Problem|User|Human|### Problem|### Instruction)[ \t]{0,3}:/g;
/** What makes a question before such a line an answered one. */
const ANSWERED = /answer|####|\\boxed|\nA[ \t]{0,3}:/i;

function cutAtNextTurn(text: string): string {
  if (!text.includes('<')) return cutAtNextQuestion(text);
  for (const { index } of text.matchAll(CHAT_TOKEN))
    if (isTurnEnd(text, index)) return cutAtNextQuestion(text.slice(0, index));
  return cutAtNextQuestion(text);
}

/** Code units before a `</s>` in which the `<s>` may stand that makes it the end of words that are struck out. */
const STRUCK_OUT = 200;

/** Something was said before it, and it does not close words that are struck out. */
function isTurnEnd(text: string, at: number): boolean {
  if (!text.startsWith('</s>', at)) return at >= text.length - text.trimStart().length;
  const before = text.slice(Math.max(0, at - STRUCK_OUT), at);
  const open = before.lastIndexOf('<s>');
  const isStruckOut = open >= 0 && at - before.length + open > 0 && !/\n|<\/s>/.test(before.slice(open));
  return !isStruckOut && at >= text.length - text.trimStart().length;
}

function cutAtNextQuestion(text: string): string {
  if (!text.includes('\n')) return text;
  const answered = text.search(ANSWERED);
  if (answered < 0) return text;
  NEXT_QUESTION.lastIndex = answered;
  const next = NEXT_QUESTION.exec(text);
  return next === null ? text : text.slice(0, next.index);
}

/** The reference implementation decodes without special tokens: tags vanish, what they enclose stays. */
export function removeTags(text: string): string {
  let result = '';
  let from = 0;
  for (const { at, end } of findTags(text)) {
    result += text.slice(from, at);
    from = end;
  }
  return result + text.slice(from);
}
