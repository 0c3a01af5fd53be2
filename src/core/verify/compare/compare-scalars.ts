import { Refusal, StepBudget } from '../limits.ts';
import type { Policy } from '../policy.ts';
import { confirmPrecisely } from '../precise/confirm-precisely.ts';
import type { PreciseLibrary } from '../precise/precise-functions.ts';
import { scale } from '../read/quantity-parser.ts';
import {
  type Expr,
  hasType,
  isClosed,
  joinBinary,
  listSymbols,
  replaceNodes,
  type ScalarItem,
  someNode,
  type Unit,
} from '../syntax-tree.ts';
import { confirmEqual } from '../value/bounded-evaluation.ts';
import { compareGaussian, evaluateExactly } from '../value/exact-value.ts';
import { isFiniteComplex } from '../value/numeric-value.ts';
import { add, divide, gcd, isEqual, negate, type Rational, toDouble } from '../value/rational.ts';
import { agreeAsDoubles, areEqualEverywhere, evaluateConstant, findFactor } from './probe.ts';
import { isDiscrete } from './probe-points.ts';

/** Outcome of a comparison with the rule that decided. */
export interface Outcome {
  readonly equal: boolean;
  readonly rule: string;
}

/** What the comparison of scalars depends on besides the two. */
export interface CompareContext {
  readonly steps: StepBudget;
  readonly policy: Policy;
  /** Settles what our own arithmetic leaves open; null where it is not at hand. */
  readonly precise: PreciseLibrary | null;
  /** Free parameters of either side ("for some integer k"), and how they were matched with the other's so far. */
  readonly parameters: Set<string>;
  readonly matched: Map<string, string>;
}

/** Largest relative error a decimal may have, whatever the absolute tolerance allows: where a policy asks for few places, more. */
const MAX_RELATIVE_ERROR = 5e-5;
const COARSE = { tolerance: 1e-6, relativeError: 0.02 };

const NO_VALUES: ReadonlyMap<string, Rational> = new Map();
const HUNDRED: Expr = { type: 'number', value: { num: 100n, den: 1n }, decimals: 0 };

/** Compares two expressions without units: degrees, then percents, then by value. */
export function compareExpressions(gold: Expr, answer: Expr, context: CompareContext): Outcome {
  if (gold.type === 'number' && answer.type === 'number' && isEqual(gold.value, answer.value))
    return { equal: true, rule: 'rational' };
  if (gold.type === 'number' && answer.type === 'number' && gold.decimals + answer.decimals === 0)
    return { equal: false, rule: 'rational' };
  const [left, right] = [hasOuterDegree(gold), hasOuterDegree(answer)];
  if (!left && !right) return comparePlain(gold, answer, context);
  // 60 percent are no degrees.
  if (gold.type === 'percent' || answer.type === 'percent') return { equal: false, rule: 'degree' };
  const asNumbers = comparePlain(dropDegrees(gold), dropDegrees(answer), context);
  // 30° is met by 30 and by π/6; two sides in degrees are compared as numbers of degrees.
  const isMet = asNumbers.equal && (left === right || context.policy.units !== 'strict');
  if (isMet || (left && right)) return { equal: isMet, rule: 'degree' };
  return { equal: comparePlain(gold, answer, context).equal, rule: 'degree' };
}

/** A degree mark that is no part of a function's argument. */
function hasOuterDegree(expr: Expr): boolean {
  if (expr.type === 'degree') return true;
  if (expr.type === 'binary' && expr.op !== '^') return hasOuterDegree(expr.left) || hasOuterDegree(expr.right);
  if (expr.type === 'plus-minus') return hasOuterDegree(expr.right);
  return expr.type === 'negate' && hasOuterDegree(expr.of);
}

function dropDegrees(expr: Expr): Expr {
  return replaceNodes(expr, (node) => {
    if (node.type === 'degree') return node.of;
    return node.type === 'call' ? node : null;
  });
}

function comparePlain(gold: Expr, answer: Expr, context: CompareContext): Outcome {
  const percents = comparePercent(gold, answer, context);
  if (percents !== null) return percents;
  if (isOtherForm(gold, answer, context.policy)) return { equal: false, rule: 'form' };
  if (gold.type === 'based' || answer.type === 'based')
    return { equal: isSameBased(gold, answer, context.policy), rule: 'base' };
  if (hasType(gold, 'based') || hasType(answer, 'based')) return { equal: false, rule: 'base' };
  if (isInfinite(gold) || isInfinite(answer)) return { equal: isSameInfinity(gold, answer), rule: 'infinity' };
  const scope = { steps: context.steps, values: NO_VALUES };
  const exactGold = evaluateExactly(gold, scope);
  const exactAnswer = exactGold === null ? null : evaluateExactly(answer, scope);
  const goldHasDecimal = hasDecimal(gold);
  const hasDecimals = goldHasDecimal || hasDecimal(answer);
  if (exactGold !== null && exactAnswer !== null) {
    if (isEqual(exactGold, exactAnswer)) return { equal: true, rule: 'rational' };
    // A whole reference is not met by a decimal near it.
    if (!hasDecimals || (exactGold.den === 1n && !goldHasDecimal)) return { equal: false, rule: 'rational' };
    const tolerance = findTolerance(gold, answer, context.policy);
    // Exactly: doubles of 18 digits do not tell a number from the next.
    const difference = add(exactGold, negate(exactAnswer));
    const size = Math.max(Math.abs(toDouble(exactGold)), Math.abs(toDouble(exactAnswer)));
    return { equal: difference !== null && isWithin(Math.abs(toDouble(difference)), size, tolerance), rule: 'decimal' };
  }
  if (hasDecimals && isClosed(gold) && isClosed(answer)) return compareDecimals(gold, answer, exactGold, context);
  return compareByProbing(gold, answer, context);
}

function hasDecimal(expr: Expr): boolean {
  return someNode(expr, (node) => node.type === 'number' && node.decimals > 0);
}

/** `28\%` meets 28 as written and 0.28 (policy `percent: sign`). Null when no percent sign stands outermost. */
function comparePercent(gold: Expr, answer: Expr, context: CompareContext): Outcome | null {
  if (gold.type === 'percent' && answer.type === 'percent') return compareExpressions(gold.of, answer.of, context);
  const signed = gold.type === 'percent' ? gold : answer.type === 'percent' ? answer : null;
  if (signed === null || !isClosed(gold) || !isClosed(answer)) return null;
  const [asWritten, other] = gold.type === 'percent' ? [gold.of, answer] : [gold, signed.of];
  const { percent } = context.policy;
  const isEqualAsWritten = percent !== 'strict' && compareExpressions(asWritten, other, context).equal;
  if (isEqualAsWritten || percent === 'ignore') return { equal: isEqualAsWritten, rule: 'percent' };
  const hundredth = (of: Expr): Expr => ({ type: 'binary', op: '/', left: of, right: HUNDRED });
  const scaled =
    gold.type === 'percent'
      ? compareExpressions(hundredth(gold.of), answer, context)
      : compareExpressions(gold, hundredth(signed.of), context);
  return { equal: scaled.equal, rule: 'percent' };
}

/** Whether the answer is not in the form that the policy asks for. */
function isOtherForm(gold: Expr, answer: Expr, policy: Policy): boolean {
  if (policy.fractions === 'reduced' && someNode(answer, (node) => isFraction(node) && !isReduced(node))) return true;
  return policy.simplify === 'trivial' && isFinished(gold) && !isFinished(answer);
}

type Fraction = Extract<Expr, { type: 'binary' }>;

function isFraction(expr: Expr): expr is Fraction {
  return expr.type === 'binary' && expr.op === '/' && isWholeNumber(expr.left) && isWholeNumber(expr.right);
}

function isWholeNumber(expr: Expr): boolean {
  return expr.type === 'number' && expr.value.den === 1n;
}

function isReduced({ left, right }: Fraction): boolean {
  if (left.type !== 'number' || right.type !== 'number') return true;
  return right.value.num !== 1n && gcd(left.value.num, right.value.num) === 1n;
}

/** Whether nothing is left to calculate: a number, a fraction in lowest terms, either with a sign or a mark. */
function isFinished(expr: Expr): boolean {
  if (expr.type === 'negate' || expr.type === 'percent' || expr.type === 'degree') return isFinished(expr.of);
  return expr.type === 'number' || (isFraction(expr) && isReduced(expr));
}

function isSameBased(gold: Expr, answer: Expr, policy: Policy): boolean {
  if (policy.base === 'digits') return digitsOf(gold) !== null && digitsOf(gold) === digitsOf(answer);
  return gold.type === 'based' && answer.type === 'based' && gold.digits === answer.digits && gold.base === answer.base;
}

function digitsOf(expr: Expr): string | null {
  if (expr.type === 'based') return expr.digits;
  return expr.type === 'number' && expr.value.den === 1n ? String(expr.value.num) : null;
}

/** Whether infinity stands in an expression. */
export function isInfinite(expr: Expr): boolean {
  return hasType(expr, 'constant') && someNode(expr, (node) => node.type === 'constant' && node.name === 'infty');
}

/** Only the bare sign counts: nothing is computed with infinity. */
function isSameInfinity(gold: Expr, answer: Expr): boolean {
  return signOfInfinity(gold) !== 0 && signOfInfinity(gold) === signOfInfinity(answer);
}

/** 1 or -1 for a bare infinity with its sign, 0 for anything else. */
export function signOfInfinity(expr: Expr): number {
  if (expr.type === 'negate') return -signOfInfinity(expr.of);
  return expr.type === 'constant' && expr.name === 'infty' ? 1 : 0;
}

function isNear(gold: number, answer: number, tolerance: number): boolean {
  return isWithin(Math.abs(gold - answer), Math.max(Math.abs(gold), Math.abs(answer)), tolerance);
}

function isWithin(difference: number, size: number, tolerance: number): boolean {
  const relativeError = tolerance >= COARSE.tolerance ? COARSE.relativeError : MAX_RELATIVE_ERROR;
  return difference === 0 || (difference <= tolerance && difference <= relativeError * size);
}

/** Half a unit of the last place that counts. It is a rounded double itself: a hair more, so that the border case is near. */
function findTolerance(gold: Expr, answer: Expr, policy: Policy): number {
  const printed =
    policy.rounding === 'as-printed' ? Math.min(countDecimals(gold), countDecimals(answer)) : Number.POSITIVE_INFINITY;
  // Tiny numbers agree to the digits that are written, not to six places.
  const written = Math.max(halfOfLastPlace(gold), halfOfLastPlace(answer));
  return Math.min(0.5 * 10 ** -Math.min(policy.precision, printed), written) * (1 + 1e-9);
}

/** Half a unit of the last written place of a decimal, also before a power of ten; infinite for anything else. */
function halfOfLastPlace(expr: Expr): number {
  if (expr.type === 'binary' && expr.op === '*') {
    const scaled = evaluateExactly(expr.right, { steps: new StepBudget(), values: NO_VALUES });
    return scaled === null ? Number.POSITIVE_INFINITY : halfOfLastPlace(expr.left) * Math.abs(toDouble(scaled));
  }
  const places = countDecimals(expr);
  return Number.isFinite(places) ? 0.5 * 10 ** -places : Number.POSITIVE_INFINITY;
}

/** Digits behind the point of a plain decimal; infinitely many for anything else. */
export function countDecimals(expr: Expr): number {
  if (expr.type === 'negate' || expr.type === 'percent') return countDecimals(expr.of);
  return expr.type === 'number' && expr.decimals > 0 ? expr.decimals : Number.POSITIVE_INFINITY;
}

function compareDecimals(gold: Expr, answer: Expr, exactGold: Rational | null, context: CompareContext): Outcome {
  const left = evaluateConstant(gold, context.steps);
  const right = evaluateConstant(answer, context.steps);
  if (!isFiniteComplex(left) || !isFiniteComplex(right)) throw new Refusal('nonfinite');
  if (exactGold !== null && exactGold.den === 1n && !hasDecimal(gold)) return compareByProbing(gold, answer, context);
  const tolerance = findTolerance(gold, answer, context.policy);
  // Where doubles are coarser than the tolerance, they decide nothing.
  if (Math.max(Math.abs(left.re), Math.abs(right.re)) * 2 ** -50 > tolerance)
    return compareByProbing(gold, answer, context);
  const equal = isNear(left.re, right.re, tolerance) && (left.im === right.im || isNear(left.im, right.im, tolerance));
  return { equal, rule: 'decimal' };
}

function compareByProbing(gold: Expr, written: Expr, context: CompareContext): Outcome {
  if (isClosed(gold) && isClosed(written)) {
    if (!agreeAsDoubles(gold, written, context.steps)) return { equal: false, rule: 'probe' };
    return isConfirmed(gold, written, context) ? { equal: true, rule: 'probe' } : { equal: false, rule: 'confirm' };
  }
  // A remainder is a smooth expression at many points, and not everywhere.
  if ((hasRemainder(gold) && !isDiscrete(written)) || (hasRemainder(written) && !isDiscrete(gold)))
    return { equal: false, rule: 'probe' };
  const names = matchSymbols(gold, written, context);
  const answer = names.size === 0 ? written : renameSymbols(written, names);
  const confirm = (left: Expr, right: Expr) => isConfirmed(left, right, context);
  const equal = areEqualEverywhere(gold, answer, context.steps, confirm);
  if (equal) noteMatches(written, names, context);
  return { equal, rule: 'probe' };
}

function hasRemainder(expr: Expr): boolean {
  return someNode(expr, (node) => node.type === 'call' && node.name === 'mod' && listSymbols(node).length > 0);
}

/** Whether two closed expressions are equal, exactly or to many digits. Throws `Refusal('unconfirmed')` when it cannot be told. */
function isConfirmed(gold: Expr, answer: Expr, { steps, precise }: CompareContext): boolean {
  const own = compareGaussian(gold, answer, { steps, values: NO_VALUES }) ?? confirmEqual(gold, answer, steps);
  if (own !== null) return own;
  const settled = precise === null ? null : confirmPrecisely(gold, answer, precise, steps);
  if (settled === null) throw new Refusal('unconfirmed');
  return settled;
}

/**
 * What the answer's symbols are called in the reference, where their names do not matter: by policy, or because they are free
 * parameters. What was matched once stays, and no two letters of the answer are one of the reference.
 */
function matchSymbols(gold: Expr, answer: Expr, { policy, parameters, matched }: CompareContext): Map<string, string> {
  const [wanted, found] = [listSymbols(gold), listSymbols(answer)];
  if (policy.variables === 'positional' && wanted.length === found.length)
    return new Map(found.map((name, k) => [name, wanted[k]!]));
  const names = new Map<string, string>();
  const taken = new Set([...matched].flatMap(([from, to]) => (found.includes(from) ? [] : [to])));
  for (const name of found) {
    const to = matched.get(name) ?? name;
    // Another letter of the answer stands for this one already.
    if (to !== name || taken.has(to)) names.set(name, taken.has(to) ? `${name}'` : to);
  }
  const mine = found.filter((name) => !names.has(name) && !wanted.includes(name));
  const theirs = wanted.filter((name) => !found.some((one) => (names.get(one) ?? one) === name));
  const [from, to] = [mine[0], theirs[0]];
  if (from === undefined || to === undefined || mine.length > 1 || theirs.length > 1) return names;
  const isFree = parameters.has(from) || parameters.has(to) || (isPeriodic(gold, to) && isPeriodic(answer, from));
  if (isFree && !matched.has(from) && !taken.has(to)) names.set(from, to);
  return names;
}

/** Letters that were found to stand for parameters, be it for themselves. */
function noteMatches(answer: Expr, names: ReadonlyMap<string, string>, { parameters, matched }: CompareContext): void {
  for (const name of listSymbols(answer)) {
    const to = names.get(name) ?? name;
    if (to !== name || parameters.has(name) || isPeriodic(answer, name)) matched.set(name, to);
  }
}

/** Whether an expression is a family like `\frac{\pi}{6} + k\pi`: a letter that counts times a part of a turn. */
function isPeriodic(expr: Expr, name: string): boolean {
  if (!/^[klmnt]$/.test(name)) return false;
  return someNode(expr, (node) => {
    if (node.type !== 'binary' || node.op !== '*' || !listSymbols(node).includes(name)) return false;
    return someNode(node, (part) => (part.type === 'constant' && part.name === 'pi') || part.type === 'degree');
  });
}

/** The expression with its symbols under other names. */
export function renameSymbols(expr: Expr, names: ReadonlyMap<string, string>): Expr {
  return replaceNodes(expr, (node) => {
    const name = node.type === 'symbol' ? names.get(node.name) : undefined;
    return name === undefined ? null : { type: 'symbol', name };
  });
}

/** The sign of the constant by which two expressions differ as factors; null when there is none. */
export function compareProportion(a: Expr, b: Expr, context: CompareContext): number | null {
  const found = findFactor(a, b, context.steps);
  if (found === null) return null;
  const exact = evaluateExactly(found.factor, { steps: context.steps, values: NO_VALUES });
  const scaled = exact === null ? joinBinary('*', found.factor, b) : scale(b, exact);
  const confirm = (left: Expr, right: Expr) => isConfirmed(left, right, context);
  return areEqualEverywhere(a, scaled, context.steps, confirm) ? found.sign : null;
}

/** Two quantities as numbers that can be compared. */
export interface Aligned {
  readonly gold: Expr;
  readonly answer: Expr;
}

/**
 * Both quantities in one unit; null when their units do not fit. By `absent-ok` one side may lack its unit; two known
 * units must have one dimension and are converted; two nouns must share a word.
 */
export function alignUnits(gold: ScalarItem, answer: ScalarItem, rule: Policy['units']): Aligned | null {
  const [left, right] = [pickReading(gold, answer), pickReading(answer, gold)];
  if (rule === 'ignore') return { gold: left.expr, answer: right.expr };
  const [goldTurns, answerTurns] = [isInDegrees(left), isInDegrees(right)];
  if (goldTurns && right.unit?.known)
    return right.unit.known.dimension === ANGLE ? { gold: toRadians(left.expr), answer: right.expr } : null;
  if (answerTurns && left.unit?.known)
    return left.unit.known.dimension === ANGLE ? { gold: left.expr, answer: toRadians(right.expr) } : null;
  // 90 right angles are no 90°.
  if ((goldTurns && right.unit !== null) || (answerTurns && left.unit !== null)) return null;
  // 5 % is no 5 cm.
  if ((isPercent(left.expr) && right.unit?.known) || (isPercent(right.expr) && left.unit?.known)) return null;
  if (left.unit === null || right.unit === null) {
    const isOk = rule === 'absent-ok' || left.unit === right.unit;
    return isOk ? { gold: left.expr, answer: right.expr } : null;
  }
  const factor = findUnitFactor(left.unit, right.unit);
  return factor === null ? null : { gold: left.expr, answer: scale(right.expr, factor) };
}

function isPercent(expr: Expr): boolean {
  return expr.type === 'percent' || (expr.type === 'negate' && expr.of.type === 'percent');
}

const ANGLE = 'angle^1';

function isInDegrees({ expr, unit }: { readonly expr: Expr; readonly unit: Unit | null }): boolean {
  return unit === null && hasOuterDegree(expr);
}

function toRadians(expr: Expr): Expr {
  const perDegree = joinBinary(
    '/',
    { type: 'constant', name: 'pi' },
    { type: 'number', value: { num: 180n, den: 1n }, decimals: 0 },
  );
  return replaceNodes(expr, (node) => (node.type === 'degree' ? joinBinary('*', node.of, perDegree) : null));
}

/** `5 m` is a product where the other side has symbols. */
function pickReading(item: ScalarItem, other: ScalarItem): { readonly expr: Expr; readonly unit: Unit | null } {
  const isProduct =
    item.product !== undefined && listSymbols(other.product ?? other.expr).length > 0 && other.unit === null;
  return isProduct ? { expr: item.product, unit: null } : item;
}

/** By what a value in the second unit is multiplied to be one in the first; null when that is not possible. */
function findUnitFactor(gold: Unit, answer: Unit): { readonly num: bigint; readonly den: bigint } | null {
  const one = { num: 1n, den: 1n };
  if (gold.text === answer.text) return one;
  if (gold.known !== null && answer.known !== null)
    return gold.known.dimension === answer.known.dimension ? divide(answer.known.factor, gold.known.factor) : null;
  if (gold.known !== null || answer.known !== null) return null;
  const words = new Set(gold.text.split(' '));
  return answer.text.split(' ').some((word) => words.has(word)) ? one : null;
}
