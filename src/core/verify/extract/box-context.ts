import { changesNumber, startsNumber } from '../read/number-words.ts';
import { isUnitWord } from '../read/units.ts';
import { isInfinitive } from '../read/word-classes.ts';
import { isChangedInLanguages } from './box-languages.ts';
import { isStatedBetween } from './box-sentence.ts';
import type { MathSpan } from './boxes.ts';

/** A text with what was found in it. */
export interface ScannedText {
  readonly text: string;
  readonly boxes: readonly MathSpan[];
  readonly formulas: readonly MathSpan[];
}

/** Adjacent boxes as one statement, with what stands around them. */
export interface BoxGroup {
  readonly at: number;
  readonly end: number;
  /** Where the formula ends that it stands in. */
  readonly behind: number;
  /** What is to be read: the contents as a list, and the marks behind the last box. Null when a box is an operand of something larger. */
  readonly text: string | null;
  /** Whether its sentence states it. */
  readonly isStated: boolean;
}

/** More than this between two boxes is no separator. */
const MAX_GAP = 60;
/** Code units around a box that are looked at. */
const NEAR = 48;
/** Code units of the sentence around a box that are looked at, on either side. */
const FAR = 200;

/** What may stand around a box that is all of a text. */
const ALONE = /^[\s$.]{0,8}$/;

/** The boxes from `first` to `last` as one statement. */
export function readBoxGroup({ text, boxes, formulas }: ScannedText, first: number, last: number): BoxGroup {
  const [start, end] = [boxes[first]!, boxes[last]!];
  if (first === last && ALONE.test(text.slice(0, start.at)) && ALONE.test(text.slice(end.end)))
    return { at: start.at, end: end.end, behind: text.length, text: trimContent(start.content), isStated: true };
  const { content, isEnclosed } = joinContents(text, boxes.slice(first, last + 1));
  const around = formulas.find((one) => one.at <= end.at && one.end >= end.end && one.at < end.at);
  const closer =
    around === undefined
      ? end.end
      : around.end - (/(?:\${1,2}|\\[)\]])$/.exec(text.slice(around.at, around.end))?.[0].length ?? 0);
  const behind = around?.end ?? end.end;
  const suffix = readSuffix(
    around === undefined ? null : text.slice(end.end, Math.min(closer, end.end + NEAR)),
    text.slice(behind, behind + NEAR),
  );
  const isOperand =
    suffix === null || (!isEnclosed && isOperandBefore(text.slice(Math.max(0, start.at - NEAR), start.at)));
  // "$\frac{72}{6}$ or [12]" says one value twice: it is read with the first form, and only if both are one.
  const other = first === last && isPlainNumber(content) ? findOtherForm(text, start.at, formulas) : null;
  const before = blankFormulas(text, Math.max(0, start.at - FAR), other?.at ?? start.at, formulas);
  // "between" leads to a box that holds both ends.
  const isStated = isStatedBetween(
    /and|(?<!\\),/.test(content) ? before.replace(/between[\s$]{0,4}$/, '') : before,
    text.slice(end.end, end.end + FAR),
  );
  const rest = skipUnit(text.slice(end.end, end.end + NEAR));
  const gap = first > 0 ? text.slice(boxes[first - 1]!.end, start.at) : '';
  const again =
    first === last && isPlainNumber(content) ? OR_AGAIN.exec(text.slice(end.end, end.end + FAR))?.[1] : undefined;
  // Where an expression is not defined says nothing about it elsewhere.
  const isDomain = EXCEPT.test(text.slice(end.end, end.end + NEAR)) && /(?<![\\A-Za-z])[a-z](?![A-Za-z])/.test(content);
  const isOne =
    isStated &&
    !(gap.length <= MAX_GAP && ONE_OF_SEVERAL.test(gap)) &&
    !isChangedInLanguages(text.slice(Math.max(0, start.at - NEAR), start.at), text.slice(end.end, end.end + NEAR)) &&
    !isEndOfRange(before, rest) &&
    (isDomain ||
      again !== undefined ||
      !(CHANGED_BEHIND.test(rest) || CHANGED_BEHIND.test(text.slice(end.end, end.end + NEAR)))) &&
    !isStartOfRange(text.slice(end.end, end.end + FAR)) &&
    !SECOND_LABEL.test(text.slice(end.end, end.end + NEAR));
  const said = [...(other === null ? [] : [other.content]), content, ...(again === undefined ? [] : [again])].join(
    ' = ',
  );
  return { at: start.at, end: end.end, behind, text: isOperand || !isOne ? null : said + suffix, isStated };
}

/** "[\\frac32], or 1.5 in decimal form": the same value again. */
const OR_AGAIN = /^[\s$]{0,3}(?:\\[)\]])?\s?,\s?or (\$[^$]{1,40}\$|-?\d[\d,]{0,20}(?:\.\d{1,20})?%?)(?=[\s.]|$)/;

/** The formula before "or" and a box. */
function findOtherForm(text: string, to: number, formulas: readonly MathSpan[]): MathSpan | null {
  const or = /(?:,[\s$]{0,4}|\s)or\s[\s$]{0,4}$/.exec(text.slice(Math.max(0, to - NEAR), to));
  if (or === null) return null;
  const from = Math.max(0, to - NEAR) + or.index;
  const formula = formulas.findLast(({ end }) => end <= to);
  if (formula === undefined || !/^[\s,]{0,4}$/.test(text.slice(formula.end, from))) return null;
  // "1/3 of $360$, or [120]": only what "of" makes of it is the value.
  if (/(?<![A-Za-z])of[\s$]{0,3}$/i.test(text.slice(Math.max(0, formula.at - NEAR), formula.at))) return null;
  // The sides of its chain behind the last one with a symbol: all of them must agree.
  if (/\\(?:text|mbox)/.test(dropUnits(formula.content))) return null;
  const sides = formula.content.replace(/[\s,.]{1,4}$/, '').split('=');
  const content = sides.slice(sides.findLastIndex((side) => !isPlainNumber(side)) + 1).join('=');
  return content === '' ? null : { ...formula, content };
}

/** A number, with its unit: no symbol, whose value could be anything, and no decimal, which may be a rounded one. */
function isPlainNumber(content: string): boolean {
  const bare = dropUnits(content).replace(/\\(?:[dtc]?frac|sqrt|times|cdot|div|left|right|circ|pi|[,;:!%$ ])/g, ' ');
  return /\d/.test(bare) && !/[A-Za-z\\≈]|\.\d/.test(bare);
}

function dropUnits(content: string): string {
  return content.replace(/\\(?:text|mbox|mathrm) ?\{\s?([A-Za-z]{1,12})\s?\}/g, (whole, word: string) =>
    isUnitWord(word) ? ' ' : whole,
  );
}

/** A text with `#` for each formula that ends in it: its signs and full stops are none of the sentence, unless it joins by words. */
function blankFormulas(text: string, from: number, to: number, formulas: readonly MathSpan[]): string {
  let blanked = '';
  let at = from;
  for (const one of formulas) {
    if (one.end <= at || one.end > to) continue;
    const formula = text.slice(one.at, one.end);
    blanked += `${text.slice(at, Math.max(at, one.at))}${one.at >= at && JOINING.test(formula) ? formula : ENDS_SENTENCE.test(formula) && !/^\s[a-z]/.test(text.slice(one.end, one.end + 2)) ? ' #. ' : ' # '}`;
    at = one.end;
  }
  return blanked + text.slice(at, to);
}

/** `$x = 2.$ Then`: the full stop stands in the formula. */
const ENDS_SENTENCE = /\.\s{0,2}(?:\$|\\[\])])\$?$/;

const JOINING = /(?<![A-Za-z\\])(?:or|and|to)(?![A-Za-z])/;

/** The contents of boxes as a list; as a tuple where parentheses enclose them, and with their names where each has another. */
function joinContents(
  text: string,
  boxes: readonly MathSpan[],
): { readonly content: string; readonly isEnclosed: boolean } {
  const [start, end] = [boxes[0]!, boxes.at(-1)!];
  const joints = boxes.slice(1).map((box, k) => text.slice(boxes[k]!.end, box.at));
  const contents = boxes.map(({ content }) => trimContent(content));
  const lead = text.slice(Math.max(0, start.at - NEAR), start.at);
  const isTuple =
    joints.length > 0 &&
    joints.every((joint) => /^\s{0,3},(?:\\,)?\s{0,3}$/.test(joint)) &&
    /(?<![A-Za-z\d])(?:\\left ?)?\(\s?$/.test(lead) &&
    /^\s?(?:\\right ?)?\)/.test(text.slice(end.end, end.end + NEAR));
  if (isTuple) return { content: `(${contents.join(', ')})`, isEnclosed: true };
  const names = [lead, ...joints].map((before) => NAME_BEFORE.exec(before)?.[1]);
  if (joints.length > 0 && new Set(names).size === names.length && !names.includes(undefined))
    return { content: contents.map((one, k) => `${names[k]} = ${one}`).join(' ; '), isEnclosed: false };
  let content = contents[0]!;
  for (const [k, between] of joints.entries()) {
    const joint = findJoint(between) ?? ';';
    content += ` ${joint} ${contents[k + 1]!.replace(joint === '≈' ? /^\s?(?:\\approx|≈)/ : /^$/, '')}`;
  }
  return { content, isEnclosed: false };
}

/** `x =` right before a box. */
const NAME_BEFORE = /(?<![A-Za-z\d\\+*/^_{}-]\s?)([A-Za-z](?:_\{?\w\}?)?)\s?=\s?\$?$/;

/** "between [3] and 7", "from [3] to 7". */
function isEndOfRange(before: string, rest: string): boolean {
  const lead = /(?<![A-Za-z])(between|from)[\s$(\\]{0,4}$/i.exec(before)?.[1]?.toLowerCase();
  if (lead === undefined) return false;
  return /^[\s$,)\\]{0,4}(?:and|to)(?![A-Za-z])/.test(rest);
}

/** "[3] km to 7", "[3] to the opposite of 7": whatever "to" leads to has a value, and is no precision. */
function isStartOfRange(after: string): boolean {
  const to = /^[\s$,;)}\]\\]{0,6}to(?![A-Za-z])/.exec(skipUnit(after));
  if (to === null) return false;
  const sentence = /^[^\n.!?]*/.exec(skipUnit(after).slice(to[0].length))![0];
  const isInWords = startsNumber(/[a-z]+/.exec(sentence)?.[0] ?? '');
  return (
    (hasValue(sentence) || isInWords) &&
    !PRECISION.test(sentence) &&
    !isInfinitive(/^\s{1,3}([a-z]{2,20})\s/.exec(sentence)?.[1])
  );
}

/** "to the nearest 0.1", "to 3 decimal places", "to two significant figures". */
const PRECISION = /^\s{1,3}(?:the nearest(?![A-Za-z])|(?:\d{1,3}|[a-z]{3,6}) (?:d\.?p|s\.?f|decimal|significant|dec))/i;

/** A text without the unit it begins with: "$ km/h or 9" as " or 9". */
function skipUnit(after: string): string {
  let at = 0;
  for (let words = 0; words < 4; words += 1) {
    const match = /^[\s$,;)}\]\\]{0,6}(?:([A-Za-z]{1,12})|%)\/?/.exec(after.slice(at));
    if (match === null || (match[1] !== undefined && !isUnitWord(match[1]) && !/^per(?:cent)?$/.test(match[1]))) break;
    at += match[0].length;
  }
  return after.slice(at);
}

/**
 * What makes another value of the one in a box, or none, behind its unit: "or 7", "to 9", "and a half", "when n is prime",
 * "for n = 1", "for all other n".
 */
const CHANGED_BEHIND =
  /^[\s$,;()}\]\\]{0,6}(?:or(?![A-Za-z])|when(?=\s[^.;]{0,80}(?:[=<>≤≥]|\\(?:ge|le|ne|lt|gt)|(?:is|are) (?:even|odd|prime|positive|negative|zero)))|through (?=[\s$]{0,3}[\d\\])|up to (?=[\s$]{0,3}[\d\\])|per ?mille|‰|\.\.|(?:for|in) (?:the case of )?(?:(?:all |every |any |an )?(?:odd|even|prime|composite|positive|negative)(?![a-z])|[$(\\]{0,3}[A-Za-z][$)\\]{0,3} (?:is )?(?:odd|even|prime|composite|positive|negative))|to the (?:power|[a-z]{2,9}th|square|cube)|and (?:a|one) (?:half|third|quarter)|(?:plus|minus)(?![A-Za-z])|times(?=\s{1,3}[\d$(\\]|\s{1,3}(?:the|a|an|its|that)\s)|to\s{1,3}(?:[^A-Za-z\s]|neg|at |between|from|within|exactly|almost|around|roughly|some|any|no |not|minus|negative|double|half|twice|triple|thrice|a |one |(?:less|more|about|nearly|under|over|up)(?![a-z])|[a-z](?![a-z])|[a-z]{2,8}\(|(?:sin|cos|tan|log|ln|pi)(?![a-z]))|(?:for|in) (?:(?:(?:all|any|every) )?other|[$(\\]{0,3}[A-Za-z]\s?(?:[=<>≠≤≥]|\\(?:ne|le|ge|lt|gt))))/;

/** Between two boxes: "alternatively", "upper bound", "max", `B:`, or the number of a list. */
const ONE_OF_SEVERAL =
  /^[\s$,;.]{0,6}(?:or )?(?:alternatively|(?:the )?(?:upper|lower) bound|max(?:imum)?(?![a-z])|min(?:imum)?(?![a-z])|[A-Z][ \t]?[:：]|\d{1,2}[.)][ \t])/i;

/** "for $x \\ne 1$". */
const EXCEPT = /^[\s$,)]{0,6}(?:for|where|when|if)\s[\s$(]{0,4}[a-zA-Z]\s?(?:≠|\\neq?(?![A-Za-z]))/;

/** `, A: 8` behind a box marks another answer. */
const SECOND_LABEL = /^[^\n]{0,24}[,;.)$]\s{1,3}A[ \t]{0,3}[:：][ \t]/;

/** First box of the group that ends with box `last`: only separators stand between its members. */
export function findGroupStart(text: string, boxes: readonly MathSpan[], last: number): number {
  let first = last;
  while (first > 0 && findJoint(text.slice(boxes[first - 1]!.end, boxes[first]!.at)) !== null) first -= 1;
  return first;
}

function trimContent(content: string): string {
  return content.trim().replace(/[.,;:]$/, '');
}

/**
 * What a text between two boxes makes of them: `;` for members of one list ("and", commas, `y_2 =`, "for part (a)"),
 * `≈` for one value in two forms ("numerically", `\approx`). Null for any other words.
 */
function findJoint(between: string): ';' | 'or' | '≈' | '=' | null {
  if (between.length > MAX_GAP) return null;
  let joint: ';' | 'or' | '≈' | '=' = ';';
  let at = 0;
  while (at < between.length) {
    SEPARATOR.lastIndex = at;
    const match = SEPARATOR.exec(between);
    if (match === null) return null;
    at += match[0].length;
    if (/^or/i.test(match[0])) joint = 'or';
    if (/^(?:\\approx|≈|numeric|approx|about|which is|i\.e)/i.test(match[0])) joint = '≈';
    if (match[0] === '=' && joint === ';') joint = '=';
  }
  return joint;
}

/** One piece of what may stand between two boxes. Alternatives are disjoint and bounded. */
const SEPARATOR =
  /\s{1,60}|\$|\\[()[\],;:! ]|\\q?quad(?![A-Za-z])|[,;.&"=≈~]|(?:and|or)(?![A-Za-z])|\\approx(?![A-Za-z])|\+|(?:for|in) part(?= ?\()|\([a-z0-9]\)|[A-Za-z](?:_\{?\w\}?)?\s?=|\\(?:text|mbox)\s?\{|\}|(?:numerically|approximately|about|which is|i\.e\.)(?![A-Za-z])/iy;

/**
 * Marks and words behind a box that belong to its value; null when the box is an operand. `formula` is the rest of
 * the formula the box stands in, null outside of one; `after` is what follows.
 */
function readSuffix(formula: string | null, after: string): string | null {
  const bare = (formula ?? '').replace(/^_\{?10\}?(?!\d)/, '').replace(BLANKS_BEFORE, '');
  if (bare === '') return readSuffixOutside(after, formula !== null);
  const mark = readMark(bare);
  if (mark !== null) return mark;
  const text = /^\\(?:text|mbox|mathrm)\s?\{([^{}]{1,40})\}/.exec(bare);
  if (text !== null) return readSuffixWords(text[1]!, bare.slice(text[0].length));
  if (END_MARK.test(bare)) return '';
  return /^(?:[,.;:=&)\]}|]|\\(?:approx|equiv|end|Rightarrow|quad|qquad|implies|in|\\|right|\}))/.test(bare)
    ? ''
    : null;
}

function readSuffixOutside(after: string, isBehindFormula: boolean): string | null {
  const bare = after.replace(BLANKS_BEFORE, '');
  const mark = readMark(bare);
  if (mark !== null) return mark;
  // Outside of a formula an exclamation mark ends the sentence.
  if (END_MARK.test(bare) || /^![*_"')\]]{0,3}(?:\s{1,3}[^\s\d=+*/^!-]|\s{0,3}$)/.test(after)) return '';
  // "[7] + 1", "$[7]$ – 9", "[7]²", "[7]k"; words behind a dash are an aside.
  if (SECOND_OPERAND.test(after)) return null;
  const letter = /^[\s$]{0,2}([b-zB-HJ-Z])(?![A-Za-z.)'’&-])/.exec(after)?.[1];
  if (letter !== undefined && !isUnitWord(letter)) return null;
  const isDirect = !isBehindFormula && bare.length === after.length && /^[\^_!/*+\-\d(A-Za-z\\]/.test(after);
  if (isDirect || CROSSED.test(bare) || isFactorOutside(after) || /^(?:[*/^×·]|\\(?:times|cdot|div))/.test(bare))
    return null;
  // Behind a blank line stands another sentence, and no unit.
  if (/^[\s*$]{0,8}\n[ \t]{0,8}\n/.test(after)) return '';
  const text = /^\\(?:text|mbox|mathrm)\s?\{([^{}]{1,40})\}/.exec(bare);
  const words = text?.[1] ?? /^[A-Za-z][A-Za-z' ]{0,40}/.exec(bare)?.[0];
  return words === undefined ? '' : readSuffixWords(words, bare.slice(text?.[0].length ?? words.length));
}

const SECOND_OPERAND = /^[\s$]{0,4}(?:[-+−–—±×÷*/^·]\s?[\s$]{0,3}(?:[\d\\(]|pm)|[²³¹⁰-₟]|\\pm)/;

const BLANKS_BEFORE = /^(?:[\s~*]|\\[,;:! ]|\\q?quad(?![A-Za-z])){1,8}/;

/** The end of a proof, a tick, or a full stop set as text. */
const END_MARK =
  /^\\(?:(?:checkmark|blacksquare|square|qed|qedhere|qedsymbol|Box|hfill)(?![A-Za-z])|(?:text|mbox) ?\{ ?[.,;]? ?\})/;

/** Signs that cross out what stands before them. */
const CROSSED = /^(?:❌|✗|✘|❎|🚫|👎)/u;

/** `(\boxed{7})^2`: what closes the parentheses around a box makes a factor or a base of it. */
function isFactorOutside(after: string): boolean {
  const behind = /^(?:\s|\\right){0,3}[)\]]/.exec(after);
  if (behind === null) return false;
  return /^\s?(?:[\^_!*/×·\d(]|\\(?:times|cdot|div)|[-+]\s?\d)|^[A-Za-z]/.test(after.slice(behind[0].length));
}

/** Percent and degree marks, and a modulus. */
function readMark(bare: string): string | null {
  if (/^(?:\\?%|percent\b|pct\b|per cent\b)/.test(bare)) return '\\%';
  if (/^(?:\^\s?\{?\s?\\circ|°|\\degree|degrees?\b)/.test(bare)) return '^\\circ';
  const pmod =
    /^(?:\\[pb]?mod|modulo|mod)(?![A-Za-z])[\s$]{0,3}(?:\{([^{}]{1,20})\}|([a-z](?![A-Za-z])|\d{1,12}))/.exec(bare);
  return pmod === null ? null : ` \\pmod{${pmod[1] ?? pmod[2]}}`;
}

/**
 * "million", "cm", "square feet": what multiplies a value or is its unit. Other words begin the rest of the sentence,
 * and null is given where they take the value back.
 */
function readSuffixWords(words: string, rest: string): string | null {
  if (TAKEN_BACK.test(words)) return null;
  const power = /^\s?\^\s?\{?[23]\}?/.exec(rest)?.[0] ?? '';
  const taken: string[] = [];
  for (const word of words.trim().split(/\s{1,4}/)) {
    // "3 times" counts; "3 times 5" was seen before.
    if (
      word === 'in' ||
      word === 'times' ||
      !(changesNumber(word.toLowerCase()) || isUnitWord(word) || (taken.length > 0 && word === 'per'))
    )
      break;
    taken.push(word);
  }
  const quotient =
    taken.length === words.trim().split(/\s{1,4}/).length ? /^\s?\/\s?([A-Za-z]{1,12})/.exec(rest)?.[1] : undefined;
  if (quotient !== undefined) return isUnitWord(quotient) ? ` \\text{ ${taken.join(' ')}/${quotient}}` : null;
  return taken.length === 0 ? '' : ` \\text{ ${taken.join(' ')}}${power}`;
}

/** "is wrong", "does not work", "would be too much". */
const TAKEN_BACK =
  /^\s{0,3}(?:(?:is|was|does|would|can|could|will|isn't|doesn't)\s{1,3}(?:be\s)?)?(?:not|wrong|incorrect|too|impossible|invalid|per ?mille)(?![A-Za-z])|^\s{0,3}(?:isn't|doesn't|wasn't|can't|cannot)/i;

const OPERATOR_BEFORE =
  /(?:[+*/^_<>√±−–—-]|\\(?:times|cdot|div|pm|mp|frac|sqrt|not|notin|ne|neq|le|leq|ge|geq|lt|gt|leqslant|geqslant|ln|log|sin|cos|tan))\s{0,3}$/;

/** Whether a box stands behind a sign, a factor or a denial: then its content alone is not what the text states. */
function isOperandBefore(before: string): boolean {
  if (STRUCK.test(before) || isArgument(before)) return true;
  const bare = before
    .replace(/<\/?[a-z]{1,12}>[\s$]{0,4}$/i, '')
    .replace(/(?:[\s~{&*$]|\\[,;:! ([]|\\(?:quad|displaystyle|left)){1,24}$/, '');
  // A factor stands close: `2\boxed{7}`.
  if (/[\dA-Za-z)]$/.test(before) && !/\\[A-Za-z]{1,20}$/.test(before)) return true;
  // `f(`, `7(`, `-(` before a box.
  if (/(?:[A-Za-z\d)}]|[-+*/^]\s?)\(\s?$/.test(before)) return true;
  if (OPERATOR_BEFORE.test(bare)) return !/[A-Za-z:][ \t]{1,3}[-–—]$/.test(bare);
  return /(?<![A-Za-z])(?:not|isn't|minus|negative|plus|times|than|instead of|or maybe|or perhaps|perhaps|maybe|half of|twice)$/i.test(
    bare,
  );
}

/** Struck out, or a comment. */
const STRUCK = /(?:~~|<(?:s|del|strike)>)[\s$*]{0,6}$|(?:^|\n)\s{0,6}%[^\n]{0,48}$/i;

/** Whether a place stands in the braces of a command that makes something else of what is in them: `\cancel{`, `\frac{8}{`, `^{`. */
function isArgument(before: string): boolean {
  let depth = 0;
  for (let at = before.length - 1; at >= 0; at -= 1) {
    const char = before[at]!;
    if (before[at - 1] === '\\') continue;
    if (char === '}') depth += 1;
    else if (char === '{') {
      if (depth === 0) {
        const lead = before.slice(0, at).replace(/(?:\{[^{}]{0,40}\}|\[[^[\]]{0,40}\]){1,2}$/, '');
        if (
          /\\(?:cancel|[bx]cancel|sout|st|h?phantom|vphantom|overline|bar|hat|frac|[dtc]frac|sqrt|binom|not|color\{white\})$|[\^_]\s?$/.test(
            lead,
          )
        )
          return true;
      } else depth -= 1;
    }
  }
  return false;
}

/** Whether a text has a value: a number, or a formula in it, which may be typed without marks (`max(a, b)`, `|x|`, `n!`). */
export function hasValue(text: string): boolean {
  return /(?<![A-Za-z])(?:[A-Za-z]|max|min|gcd|lcm|floor|ceil|abs|sin|cos|tan|log|ln|exp|sqrt)\((?!s\))|\|[^|\s][^|]{0,60}\||(?<![A-Za-z])[A-Za-z](?:!|\^|\s?[*/]\s?[a-z](?![a-z]))|[\d²³¹¼-¾\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\u2070-\u209f\u2150-\u218f\u2460-\u24ff\uff10-\uff19]|\$[^$]|\\[a-zA-Z(]/.test(
    text,
  );
}
