import { changesByForm, deniesByForm, isOtherScript } from '../read/other-scripts.ts';
import { hasClass } from '../read/word-classes.ts';

/**
 * Whether words of other languages right before or behind a box deny, bound or change its content: "至少 [7]",
 * "答案不是 [7]", "[7] 左右", "größer als [7]". English is read by `isStatedBetween`.
 */
export function isChangedInLanguages(before: string, after: string): boolean {
  if (!NOT_ASCII.test(before) && !NOT_ASCII.test(after)) return false;
  const lead = wordsOf(before.slice(before.search(LAST_CLAUSE)));
  const behind = wordsOf(after.slice(0, NEAR).split(CLAUSE_END)[0]!);
  return lead.slice(-NEAR_WORDS).some(changes) || isChangedRun(lead.at(-1) ?? '') || changesBehind(behind);
}

const NOT_ASCII = /[^\0-\x7f]/;
const NEAR = 24;
const NEAR_WORDS = 3;
const LAST_CLAUSE = /[^,.;!?，。；！？\n]{0,60}$/;
const CLAUSE_END = /[,.;!?，。；！？\n]/;

function wordsOf(text: string): string[] {
  return text
    .replace(/\\[A-Za-z]{1,12}/g, ' ')
    .split(/[^\p{L}\p{M}'’]+/u)
    .filter((word) => word !== '');
}

/** A word of a script or language that sets its words apart; a run of signs is looked at near the box only. */
function changes(word: string): boolean {
  if (!NOT_ASCII.test(word) || IS_RUN.test(word)) return false;
  const known = word.toLowerCase();
  return hasClass(known, 'denial') || hasClass(known, 'bound');
}

/** Chinese and Japanese are written without blanks. */
const IS_RUN = /[\u2e80-\uabff\uf900-\ufaff]/;

/** What joins a subject and its value, and signs that change whatever follows them. */
const JOINT_BEFORE = /(?:[是为為有得]|等[于於]|[达達]到?)$/u;
const SIGN_BEFORE = /(?:[负負第减減加乘近逾比每]|[乘除]以|マイナス)$/u;

function isChangedRun(run: string): boolean {
  if (!IS_RUN.test(run)) return false;
  const near = run.slice(-8);
  return SIGN_BEFORE.test(run) || (JOINT_BEFORE.test(run) ? deniesByForm(near) : changesByForm(near));
}

function changesBehind(words: readonly string[]): boolean {
  const [first = ''] = words;
  if (IS_RUN.test(first)) return SIGN_BEHIND.test(first) || changesByForm(first.slice(0, 8));
  if (/^(?:배|번째)(?:입니다|이다|다|의|가|를|로|임)?$/u.test(first)) return true;
  return words.slice(0, NEAR_WORDS).some((word) => isOtherScript(word) && changes(word));
}

const SIGN_BEHIND =
  /^(?:[的之の倍成折打多余餘几幾外吗嗎呢半百千万萬亿億]|[个個只名人元]?(?:多|余|左右|以[上下内外]|半))/u;
