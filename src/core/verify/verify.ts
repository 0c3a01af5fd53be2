import { compareAnswers } from './compare/compare-answers.ts';
import { sayOpposites } from './compare/opposites.ts';
import { isSameText, isSameWording, normaliseText } from './compare/texts.ts';
import { listRemarks, standsBehind } from './extract/aftermath.ts';
import { isRetracted, isTakenBack } from './extract/assertion.ts';
import { findMainText, removeTags, restoreCommands } from './extract/sections.ts';
import { findMarked, findStatement, type Statement, stripEmphasis } from './extract/statement.ts';
import { LIMITS, Refusal, StepBudget } from './limits.ts';
import { checkOptions, DEFAULT_POLICY, type Policy } from './policy.ts';
import { loadPreciseFunctions, type PreciseLibrary } from './precise/precise-functions.ts';
import { type Choice, findChoice, findChoices, readChoice, readChoices } from './read/choice.ts';
import { type Reading, readReference, readStatement } from './read/read-answer.ts';
import { verifyReferenceDapo, verifyReferenceGsm8k } from './reference-strings.ts';
import { type Item, isClosed } from './syntax-tree.ts';
import { isUnconfirmed, type Skipped, VERIFIER, type Verdict } from './verdict.ts';

/** How a response is judged. */
export interface VerifyOptions {
  /** The tolerant verifier, or one of the two string comparisons of the reference implementation. */
  readonly mode: 'math' | 'reference-dapo' | 'reference-gsm8k';
  /** The text is a trajectory: its tags are structure. */
  readonly structured: boolean;
  /** Deviations from `DEFAULT_POLICY`; `math` only. */
  readonly policy?: Partial<Policy>;
}

/**
 * Judges a response (or a bare answer) against a reference. Pure, synchronous and total: no two strings make it
 * throw; what cannot be judged is `unparsable` with a reason. Throws `TypeError` for options that are missing or
 * unknown. Linear in the length of the text.
 *
 * A few closed forms (complex roots and powers, ...) agree as doubles and our own long arithmetic has no value for
 * them: such a verdict is `unparsable` with the reason `unconfirmed`, which `verifyConfirmed` settles.
 */
export function verify(gold: string, text: string, options: VerifyOptions): Verdict {
  checkOptions(options);
  return judge(gold, text, options, null);
}

/** `verify`, and what it leaves unconfirmed decided with many digits. Loads mathjs for that, and only then. */
export async function verifyConfirmed(gold: string, text: string, options: VerifyOptions): Promise<Verdict> {
  const verdict = verify(gold, text, options);
  return isUnconfirmed(verdict) ? confirmVerdict(gold, text, options, await loadPreciseFunctions()) : verdict;
}

/** The verdict on a case that `verify` left unconfirmed; synchronous where the functions are loaded already. */
export function confirmVerdict(gold: string, text: string, options: VerifyOptions, precise: PreciseLibrary): Verdict {
  checkOptions(options);
  return judge(gold, text, options, precise);
}

function judge(gold: string, text: string, options: VerifyOptions, precise: PreciseLibrary | null): Verdict {
  try {
    if (options.mode === 'math')
      return judgeMath(gold, findMainText(text, options.structured), { ...DEFAULT_POLICY, ...options.policy }, precise);
    const plain = options.structured ? removeTags(text) : text;
    return options.mode === 'reference-dapo' ? verifyReferenceDapo(gold, plain) : verifyReferenceGsm8k(gold, plain);
  } catch (error) {
    return toVerdict('unparsable', 'refused', { reason: findReason(error) });
  }
}

/** The story: where the answer is stated, what the statement says as a whole, whether that is what the reference says. */
function judgeMath(gold: string, main: string, policy: Policy, precise: PreciseLibrary | null): Verdict {
  const reference = openReference(gold, policy);
  const option = reference.choice === null ? null : judgeChoice(reference.choice, main, policy);
  if (option !== null) return option;
  const statement = findStatement(main, policy);
  if (statement === null || statement.text === '') return toVerdict('unparsable', 'extract', { reason: 'no-answer' });
  const { text } = statement;
  if (text === null) return toVerdict('unparsable', 'parse', { reason: 'syntax' });
  const found = { extracted: text };
  const remarks = [
    // What the line concludes is none of it: "The answer is 6, so it has 2 prime factors".
    ...listRemarks(statement.rest.replace(/^[,;][^.]{0,400}/, ''), 'line'),
    ...listRemarks(main.slice(statement.end), statement.source === 'box' ? 'sentence' : 'below'),
  ];
  if (remarks.length > 0 && !standsBehind(remarks, compareWith(text, policy)))
    return toVerdict('unparsable', 'retracted', { ...found, reason: 'syntax' });
  if (isSameAsWritten(reference.text, text)) return toVerdict('correct', 'text-equal', found);
  const wanted = reference.read();
  if (typeof wanted === 'string') {
    if (isSameWording(reference.text, text)) return toVerdict('correct', 'text-equal', found);
    return toVerdict('unparsable', 'reference', { ...found, reason: 'unparsable reference' });
  }
  const said = readOrRefuse(() => readStatement(text, policy));
  const { conclusion } = statement;
  const isConcluding =
    conclusion !== undefined && (typeof said === 'string' || isSentence(said) || said.item.kind === 'text');
  const answer = isConcluding ? readOrRefuse(() => readStatement(conclusion, policy)) : said;
  const extracted = isConcluding ? conclusion : text;
  if (reference.options !== null && reference.options === readChoices(extracted))
    return toVerdict('correct', 'choice', { extracted });
  if (typeof answer === 'string') return toVerdict('unparsable', 'parse', { extracted, reason: answer });
  return compareReadings(wanted, answer, { extracted, skipped: answer.skipped }, policy, precise);
}

/** Whether a text states the value of a statement; null where one of them cannot be read, or the two cannot be compared. */
function compareWith(statement: string, policy: Policy): (other: string) => boolean | null {
  const said = readOrRefuse(() => readStatement(statement, policy));
  return (other) => {
    const again = typeof said === 'string' ? said : readOrRefuse(() => readStatement(other, policy));
    if (typeof said === 'string' || typeof again === 'string') return null;
    const isEqual =
      compareReadings(said, isNumber(said.item) ? endOfChain(again) : again, {}, policy, null).verdict === 'correct';
    return isEqual || areAlike(said.item, again.item) ? isEqual : null;
  };
}

/** `i^2 = e^{i\pi} = -1` comes to -1. */
function endOfChain(reading: Reading): Reading {
  const { item } = reading;
  if (item.kind !== 'relation' || item.ops.some((op) => op !== '=') || item.sides.length < 3) return reading;
  return { ...reading, item: item.sides.at(-1)! };
}

/** Whether one of two items that are not equal speaks against the other: two numbers, two tuples of as many. */
function areAlike(one: Item, other: Item): boolean {
  if (one.kind === 'tuple' && other.kind === 'tuple') return one.items.length === other.items.length;
  return isNumber(one) && isNumber(other);
}

/** A number, or an equation with one. */
function isNumber(item: Item): boolean {
  if (item.kind === 'relation') return item.sides.some(isNumber);
  return item.kind === 'scalar' && isClosed(item.expr);
}

/** "There are 7 boxes", whose conclusion is the answer; what is more than a bare 7 only remarks on it. */
const isSentence = ({ skipped }: Reading): boolean => skipped.some(({ what }) => what === 'lead');

/** A reference: the statement of a worked solution, or all of it. */
interface Reference {
  readonly text: string;
  /** The option it names; null where it is none. */
  readonly choice: Choice | null;
  /** The options that it names where they are several; null where they are not. */
  readonly options: string | null;
  /** What it says, or why it cannot be read. */
  read(): Reading | string;
}

/** The reference that was opened last: the answers of a group are judged one after another against the same. */
let last: { readonly key: string; readonly reference: Reference } | null = null;

function openReference(gold: string, policy: Policy): Reference {
  const key = `${policy.prefer} ${policy.boxes} ${policy.comma} ${gold}`;
  if (last?.key === key) return last.reference;
  const whole = restoreCommands(gold);
  const solution = findMarked(whole, policy)?.text ?? null;
  const text = solution ?? stripEmphasis(whole);
  let reading: Reading | string | null = null;
  const read = () => {
    reading ??= readOrRefuse(() => (solution === null ? readReference(text, policy) : readStatement(text, policy)));
    return reading;
  };
  last = { key, reference: { text, choice: findChoice(text), options: findChoices(text), read } };
  return last.reference;
}

function readOrRefuse(read: () => Reading): Reading | string {
  try {
    return read();
  } catch (error) {
    return findReason(error);
  }
}

function compareReadings(
  gold: Reading,
  answer: Reading,
  found: Findings,
  policy: Policy,
  precise: PreciseLibrary | null,
): Verdict {
  const context = {
    steps: new StepBudget(),
    policy,
    precise,
    parameters: new Set<string>(),
    matched: new Map<string, string>(),
  };
  try {
    const { equal, rule } = compareAnswers(gold.item, answer.item, context);
    if (equal && sayOpposites(gold.skipped, answer.skipped)) return toVerdict('incorrect', 'opposite', found);
    if (equal) return toVerdict('correct', rule, found);
    if (answer.item.kind === 'text' && answer.words !== null && gold.item.kind !== 'text') {
      // "The remainder is x" may be a sentence about words.
      const words = readReference(answer.words, policy);
      const outcome = compareAnswers(gold.item, words.item, context);
      return toVerdict(outcome.equal ? 'correct' : 'incorrect', outcome.rule, { ...found, skipped: words.skipped });
    }
    const isText = gold.item.kind === 'text' && answer.words !== null && isSameText(gold.item.value, answer.words);
    return toVerdict(isText ? 'correct' : 'incorrect', rule, found);
  } catch (error) {
    return toVerdict('unparsable', 'compare', { ...found, reason: findReason(error) });
  }
}

/** A stack or size that ran out is a bound like the others; any other error is a fault of the code. */
function findReason(error: unknown): string {
  if (error instanceof Refusal) return error.reason;
  if (error instanceof RangeError) return 'limit:stack';
  throw error;
}

function isSameAsWritten(gold: string, answer: string): boolean {
  const normal = normaliseText(gold);
  if (normal === '') return false;
  const other = normaliseText(answer);
  // A number in groups of three is one; behind a comma and a blank another begins.
  if (GROUPED.test(normal) && /\d,[\s\\~]+\d/.test(answer)) return false;
  // `1,22` as a reference is met by `1.22`. One digit behind the comma, or a blank, makes a list; three digits a thousand.
  return normal === other || (/^-?\d+,\d\d$/.test(gold.trim()) && normal.replace(',', '.') === other);
}

const GROUPED = /^-?\d{1,3}(?:,\d{3}){1,20}$/;

function isWithdrawn({ rest, end }: Statement, main: string): boolean {
  return isRetracted(rest) || isTakenBack(main.slice(end));
}

/**
 * What a label, box or sentence says about the options, without one the last sentence that speaks of them. Null where
 * nothing is said about options and the reference may be a symbol.
 */
function judgeChoice({ letter, isBare }: Choice, main: string, policy: Policy): Verdict | null {
  const marked: Statement | null = findMarked(main, policy);
  const text = marked === null ? main.slice(-LIMITS.extracted) : marked.text;
  if (text === null || (marked !== null && isWithdrawn(marked, main)))
    return toVerdict('unparsable', 'choice', { reason: 'syntax' });
  const asserted = readChoice(text, letter, marked !== null);
  if (asserted === '') return toVerdict('unparsable', 'choice', { reason: 'syntax', extracted: marked?.text ?? null });
  if (asserted !== null && marked !== null && isOverruled(asserted, letter, main.slice(marked.end)))
    return toVerdict('unparsable', 'choice', { reason: 'syntax', extracted: asserted });
  if (asserted !== null)
    return toVerdict(asserted === letter ? 'correct' : 'incorrect', 'choice', { extracted: asserted });
  if (isBare) return null;
  const reason = marked === null || marked.text === '' ? 'no-answer' : 'syntax';
  return toVerdict('unparsable', 'choice', { reason, extracted: marked?.text ?? null });
}

/** Whether another option is concluded behind the one that was asserted; what is said of the others explains it. */
function isOverruled(asserted: string, letter: string, after: string): boolean {
  const namesOption = (text: string) => OPTION.test(text);
  const claims = listRemarks(after, 'below', namesOption).filter(({ kind }) => kind === 'claim');
  return !standsBehind(claims, (text) => {
    const again = readChoice(text, letter, true);
    return again === null || again === '' ? null : again === asserted;
  });
}

const OPTION = /(?<![A-Za-z])[A-J](?![A-Za-z])/;

interface Findings {
  readonly extracted?: string | null;
  readonly reason?: string;
  readonly skipped?: readonly Skipped[];
}

function toVerdict(verdict: Verdict['verdict'], rule: string, found: Findings): Verdict {
  const { reason = null, skipped = [] } = found;
  // Currency marks were escaped to tell them from delimiters.
  const { extracted: raw = null } = found;
  const extracted = raw?.includes('\\$') ? raw.replaceAll('\\$', '$') : raw;
  return { verdict, rule, reason, extracted, ...(skipped.length > 0 ? { skipped } : {}), verifier: VERIFIER };
}
