import { LIMITS } from '../limits.ts';
import type { Policy } from '../policy.ts';
import { findConclusionEnd } from './aftermath.ts';
import { isTakenBack } from './assertion.ts';
import { findGroupStart, hasValue, readBoxGroup, type ScannedText } from './box-context.ts';
import { findBoxes, type MathSpan } from './boxes.ts';
import { flattenFormulas, splitSentences, stripLineMarks } from './flat-lines.ts';
import { findFormulas } from './formulas.ts';
import { findLabels, type Label, mayHoldLabel } from './labels.ts';
import { breaksOff, isCheckOf, namesTwice, supposesOrTests } from './suppositions.ts';

/** The place of a text that states its answer, as text to be read. */
export interface Statement {
  /** `closing`: the last sentence, where nothing is marked. */
  readonly source: 'label' | 'box' | 'sentence' | 'closing';
  /** What is to be read as a whole; empty behind a label with nothing behind it. Null when it cannot be read: the box in `-\boxed{7}`. */
  readonly text: string | null;
  /** Where it begins and ends in the text that was searched. */
  readonly at: number;
  readonly end: number;
  /** The sentences behind it on its line. */
  readonly rest: string;
  /** What the line concludes from it, where that holds a value: ", so there are 37 ways". */
  readonly conclusion?: string;
}

/** Code units from the end in which a closing sentence is looked for. */
const CLOSING = 8_000;

/**
 * The statement of the answer, null when there is none. In this order, and of each kind the last one:
 *
 *  1. a final label: "Final Answer:", `#### 7`, `<answer>7</answer>`, unless what follows takes it back
 *  2. a box, a line "Answer: 7", or a sentence "the answer is" with a value behind it, whichever stands last
 *  3. a sentence "the answer is" with words behind it
 *  4. where none of these is: the last sentence that holds a value, or the last sentence
 *
 * With `prefer: box` boxes go first, with `prefer: last` the first three are one kind.
 */
export function findStatement(text: string, policy: Policy): Statement | null {
  const formulas = findFormulas(text);
  const scan: ScannedText = { text, boxes: findBoxes(text), formulas };
  return findMarkedStatement(scan, policy) ?? findClosing(scan);
}

/** `findStatement` without its last resort: only what is marked as an answer. */
export function findMarked(text: string, policy: Policy): Statement | null {
  if (!text.includes('box') && !mayHoldLabel(text)) return null;
  return findMarkedStatement({ text, boxes: findBoxes(text), formulas: findFormulas(text) }, policy);
}

function findMarkedStatement(scan: ScannedText, policy: Policy): Statement | null {
  // "The answer is" inside of a box belongs to its sentence.
  const labels = findLabels(scan.text).filter(({ at }) => !scan.boxes.some((box) => at > box.at && at < box.end));
  if (labels.length === 0 && scan.boxes.length === 0) return null;
  const pick = (rank: Label['rank'], counts: (statement: Statement) => boolean = () => true) => {
    for (const label of labels.toReversed()) {
      const statement = label.rank === rank ? readLabel(scan, label) : null;
      if (statement !== null && counts(statement)) return label.isAsserted ? statement : { ...statement, text: null };
    }
    return null;
  };
  const box = pickBox(scan, policy);
  if (policy.prefer === 'box' && box !== null) return box;
  const final = pick('final');
  if (policy.prefer !== 'last' && final !== null && !isTakenBack(scan.text.slice(final.end))) return final;
  // What stands before the box is outranked by it.
  if (box !== null && labels.every(({ at }) => at < box.at)) return findLast(final, box);
  const valued = findLast(
    final,
    box,
    pick('line'),
    pick('sentence', (one) => startsWithValue(one) || HAS_COLON.test(scan.text.slice(one.at, one.at + 24))),
  );
  const worded = pick('sentence');
  if (valued === null || worded === null || worded.at <= valued.at) return valued ?? worded;
  return isTakenBack(scan.text.slice(valued.end, worded.at)) ? worded : valued;
}

function findLast(...statements: readonly (Statement | null)[]): Statement | null {
  return statements.reduce((last, one) => (last === null || (one !== null && one.at > last.at) ? one : last));
}

/** A label word with a colon, which marks what follows whatever it is. */
const HAS_COLON = /^[^\s:：]{1,12}[*_ ]{0,4}[:：]/;

/** "the answer is 7" and "the answer is x = 7", and not "the answer is independent of n". */
function startsWithValue({ text }: Statement): boolean {
  if (text === null) return true;
  let at = 0;
  for (let words = 0; words < 4; words += 1) {
    while (at < text.length && /[^A-Za-z\u0080-\uffff\d$\\([{+\-.]/.test(text[at]!)) at += 1;
    if (SYMBOL.test(text.slice(at, at + 8))) return true;
    const word = /^[A-Za-z]{1,15}(?= )/.exec(text.slice(at, at + 16))?.[0].toLowerCase();
    if (word === undefined || !BEFORE_VALUES.has(word)) break;
    at += word.length;
  }
  return at < text.length && !/[A-Za-z]/.test(text[at]!);
}

/** One letter that no word begins with, or a function: `g(x)`, `n!`, `x = 5`, `C.`, `max(a, b)`. */
const SYMBOL = /^(?:[A-Za-z](?:[^A-Za-z'’\s]|\s?[=<>+*/^≤≥-]|$)|[a-z]{2,6}\()/;

/** Words that may stand between "the answer is" and its value. */
const BEFORE_VALUES: ReadonlySet<string> = new Set(
  'simply just then thus therefore exactly about approximately not either minus negative between at less more the a an x y'.split(
    ' ',
  ),
);

function pickBox(scan: ScannedText, policy: Policy): Statement | null {
  const { text, boxes } = scan;
  if (boxes.length === 0) return null;
  const last = boxes.length - 1;
  const first = policy.boxes === 'last' ? last : policy.boxes === 'join-all' ? 0 : findGroupStart(text, boxes, last);
  const group = readBoxGroup(scan, first, last);
  if (first === last && last > 0 && areAlternatives(scan, boxes[last - 1]!, boxes[last]!))
    return { source: 'box', text: null, at: group.at, end: group.behind, rest: '' };
  return { source: 'box', text: group.text, at: group.at, end: group.behind, rest: '' };
}

/** "If order matters, it is [34]; if not, it is [17]": two cases, of which none is the answer. */
function areAlternatives({ text }: ScannedText, one: MathSpan, other: MathSpan): boolean {
  if (one.content.trim() === other.content.trim() || other.at - one.end > CASE) return false;
  return (
    CASE_BEFORE.test(text.slice(Math.max(0, one.at - CASE), one.at)) && CASE_BEFORE.test(text.slice(one.end, other.at))
  );
}

/** Code units in which a case opens. */
const CASE = 160;
const CASE_BEFORE =
  /(?:^|[.;\n])\s{0,3}(?:(?:but|and) )?(?:if|when|otherwise|with replacement|without replacement|in (?:the|that|this|one) (?:first |second |other )?case)(?![A-Za-z])[^.;\n]{0,120}$/i;

/** What a label marks: its line, or the lines behind it; a box in there counts alone. Null when there is nothing. */
function readLabel(scan: ScannedText, label: Label): Statement | null {
  const source = label.rank === 'sentence' ? 'sentence' : 'label';
  const end = findRegionEnd(scan, label);
  const boxes = scan.boxes.filter(({ at }) => at >= label.end && at < end);
  if (boxes.length > 0 && !statesBefore(scan, label.end, boxes[0]!.at)) {
    const last = scan.boxes.indexOf(boxes.at(-1)!);
    const first = Math.max(findGroupStart(scan.text, scan.boxes, last), scan.boxes.indexOf(boxes[0]!));
    const group = readBoxGroup(scan, first, last);
    return { source, text: group.text, at: label.at, end: group.behind, rest: '' };
  }
  const inside = scan.formulas.filter(({ at }) => at >= label.end && at < end);
  const region = flattenFormulas(scan.text.slice(label.end, end), shift(inside, label.end));
  const [own, ...below] = region.split('\n');
  const lines = [own!, ...below.map(stripLineMarks)].filter(isContent);
  if (lines.length === 0) return readEmpty(region, label, end === scan.text.length);
  const [sentence, ...rest] = splitSentences(stripEmphasis(lines[0]!));
  if (sentence === undefined) return null;
  const more = lines.slice(1).filter((line) => !/[A-Za-z\u0080-\uffff]{3}/.test(line.replace(/\\[A-Za-z]+/g, '')));
  const text = [sentence, ...(more.length === lines.length - 1 ? more : [])].map(stripEmphasis).join(' ; ');
  const conclusion = findConclusion(lines[0]!, rest);
  return { source, text, at: label.at, end, rest: rest.join('. '), ...(conclusion === null ? {} : { conclusion }) };
}

/** The last clause of the first sentence of a line, where "so" or its like leads to it and it holds a value. */
function findConclusion(line: string, rest: readonly string[]): string | null {
  const end = rest.findIndex((one) => !/^[,;]/.test(one));
  const last = (end < 0 ? rest : rest.slice(0, end)).findLast((one) => hasValue(one) || VALUE_AT_END.test(one));
  if (last === undefined || UNCERTAIN.test(line)) return null;
  return stripEmphasis(last.replace(/^[,;]\s{0,3}(?:which means(?: that)?)?/i, ''));
}

/** Whoever says so concludes nothing from it. */
const UNCERTAIN =
  /(?<![A-Za-z])(?:if|unless|guess(?:ing)?|maybe|perhaps|possibly|suppos(?:e|ing)|assum(?:e|ing)|unsure|not (?:sure|certain)|no idea|don['’]t know|do not know|cannot (?:tell|know|decide))(?![A-Za-z])/i;

/** A label with which the text breaks off states nothing; one with nothing but signs behind it what nobody can read. */
function readEmpty(region: string, { rank, at, end }: Label, isLast: boolean): Statement | null {
  if (rank === 'sentence' || !(isLast || /[=$]/.test(region))) return null;
  return { source: 'label', text: /[=$]/.test(region) ? null : '', at, end, rest: '' };
}

/** Whether a sentence with a value ends between two places: then what follows is not what a label marks. */
function statesBefore(scan: ScannedText, from: number, to: number): boolean {
  const inside = scan.formulas.filter(({ at, end }) => at >= from && end <= to);
  const sentences = splitSentences(`${flattenFormulas(scan.text.slice(from, to), shift(inside, from))}$`);
  return sentences.slice(0, -1).some(hasValue);
}

function shift(spans: readonly MathSpan[], by: number): MathSpan[] {
  return spans.map(({ at, end, content }) => ({ at: at - by, end: end - by, content }));
}

function isContent(line: string): boolean {
  if (END_OF_PROOF.test(line)) return false;
  return /[^\s*_#:=>"'.$-]/.test(line);
}

/** A square or a tick alone. */
const END_OF_PROOF = /^[\s$(\\]{0,6}(?:\\?(?:blacksquare|square|qed|checkmark|Box)|[∎■□✓✔✅])[\s$)\\.]{0,6}$/;

/** Lines behind a label that belong to it, at most. */
const MAX_LINES = 12;

/** End of the line behind a label and of the formula it ends in; when the line is blank, of the paragraph behind it. */
function findRegionEnd({ text, formulas }: ScannedText, label: Label): number {
  const closer =
    label.rank === 'final' && text[label.end - 1] === '>' ? text.toLowerCase().indexOf('</answer', label.end) : -1;
  const limit = Math.min(closer < 0 ? text.length : closer, label.end + 2 * LIMITS.extracted);
  let next = formulas.findIndex(({ at }) => at >= label.end);
  let hasContent = false;
  let lines = 0;
  for (let at = label.end; at < limit; at += 1) {
    while (next >= 0 && next < formulas.length && formulas[next]!.at < at) next += 1;
    const span = formulas[next];
    if (next >= 0 && span?.at === at) {
      at = span.end - 1;
      hasContent = true;
    } else if (text[at] === '\n') {
      const isBlank = /^[ \t]{0,8}(?:\n|$)/.test(text.slice(at + 1, at + 10));
      if (hasContent) lines += 1;
      if (hasContent && (isBlank || lines >= MAX_LINES || label.rank === 'sentence')) return at;
    } else if (!hasContent && !/[\s*_#:=>]/.test(text[at]!)) hasContent = true;
  }
  return limit;
}

/** The last sentence with a value; sentences behind it without one are its rest. Bold type marks the value of a sentence. */
function findClosing({ text, formulas }: ScannedText): Statement | null {
  if (PLAIN.test(text) && isContent(text) && !EMPTY_LABEL.test(text))
    return {
      source: 'closing',
      text: supposesOrTests(text) || breaksOff(text, []) ? null : text.trim(),
      at: 0,
      end: text.length,
      rest: '',
    };
  const from = Math.max(0, text.length - CLOSING);
  const flat = flattenFormulas(
    text.slice(from),
    shift(
      formulas.filter(({ at }) => at >= from),
      from,
    ),
  );
  const all = flat.split('\n').filter((line) => line.trim() !== '');
  const lines =
    all.length === 1
      ? [all[0]!.trim().replace(/^(?:\d{1,3}[.)] (?=[A-Za-z\u0080-\uffff])|#{1,6} )/, '')]
      : all.map(stripLineMarks);
  const sentences = lines
    .filter((line) => !TABLE_ROW.test(line))
    .flatMap((line) => splitSentences(line))
    .filter((one) => isContent(one) && !EMPTY_LABEL.test(one));
  const last = sentences.at(-1);
  const isWord = last !== undefined && all.length > 1 && LONE_WORD.test(last) && !SIGN_OFFS.test(last);
  const isValued = (one: string) => hasValue(one) || VALUE_AT_END.test(stripEmphasis(one));
  const end = isWord ? sentences.length : findConclusionEnd(sentences, isValued);
  const lastValued = isWord ? sentences.length - 1 : sentences.slice(0, end).findLastIndex(isValued);
  const at =
    lastValued > 0 && isCheckOf(sentences[lastValued]!, sentences[lastValued - 1]!) ? lastValued - 1 : lastValued;
  const sentence = at < 0 ? sentences.at(-1) : sentences[at];
  if (sentence === undefined) return null;
  const behind = at < 0 ? [] : sentences.slice(at + 1);
  const rest = behind.join('. ');
  if (supposesOrTests(sentence) || namesTwice(sentences[at - 1], sentence) || breaksOff(text, behind))
    return { source: 'closing', text: null, at: from, end: text.length, rest };
  return { source: 'closing', text: readBold(sentence) ?? stripEmphasis(sentence), at: from, end: text.length, rest };
}

/** A bare answer of one sentence and one line, without emphasis, money or anything to be cut off. */
const PLAIN = /^[^\n.?!;*_`#$"'“。！？।因所इ-]{0,200}$/;

/** `| 1 | 12 |`, and `| 8 |` with its blanks; `|x|` is a value. */
const TABLE_ROW = /^\|(?:[^|]*\|[^|]*\||\s[^|]*\|\s{0,9}$)/;

/** A number in words at the end of a sentence ("one" is too often a pronoun), or a symbol behind "is" or "equals". */
const VALUE_AT_END =
  /(?:^|[\s-])(?:(?:is|equals)\s{1,3}[A-Za-z](?:\s?[-+*/^]\s?[A-Za-z\d]){0,8}|zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|(?:twenty|[a-z]{2,5}ty)[ -]one|(?:thir|four|fif|six|seven|eigh|nine)(?:teen|ty)|twenty|forty|(?:hundred|thousand)(?: and)? one|hundred|thousand|million)$/i;

/** A last line of one word is the answer, unless it takes leave. */
const LONE_WORD = /^[*_`"]{0,3}[A-Za-z]{1,20}[*_`".]{0,4}$/;
const SIGN_OFFS =
  /^(?:done|qed|thanks|thank|ok|okay|end|finished|cheers|great|hello|bye|note|solution|explanation|answer)\W*$/i;

/** A label with nothing behind it. */
const EMPTY_LABEL = /^[*_#\s]{0,6}(?:the )?(?:final )?answer[*_\s]{0,4}(?:is|:)?[*_\s]{0,4}$/i;

/** The one value in bold type of a sentence, with what stands around it. */
function readBold(sentence: string): string | null {
  const parts = sentence.split('**');
  if (parts.length < 3 || parts.length % 2 === 0) return null;
  const spans: MathSpan[] = [];
  let at = 0;
  for (const [k, part] of parts.entries()) {
    if (k % 2 === 1 && hasValue(part)) spans.push({ at: at - 2, end: at + part.length + 2, content: part });
    at += part.length + 2;
  }
  if (spans.length !== 1) return null;
  return readBoxGroup({ text: sentence, boxes: spans, formulas: [] }, 0, 0).text;
}

/** Marks around a text, both ends side by side. */
const PAIRS = ['**', '__', '""', "''", '“”', '‘’'];

/** Without Markdown emphasis and quotes around it, and without the punctuation at its end. */
export function stripEmphasis(text: string): string {
  const bare = /[*_`]/.test(text) ? text.replaceAll('**', ' ').replaceAll('__', ' ').replaceAll('`', ' ') : text;
  let [from, to] = [0, bare.length];
  while (from < to && /[\s#]/.test(bare[from]!)) from += 1;
  while (to > from && /\s/.test(bare[to - 1]!)) to -= 1;
  while (to - from > 2 && PAIRS.includes(bare[from]! + bare[to - 1]!)) {
    from += 1;
    to -= 1;
  }
  return bare.slice(from, to).trim();
}
