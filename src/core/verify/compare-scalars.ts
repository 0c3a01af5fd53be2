import { hasUnreducedFraction, isFinished } from './answer-form.ts';
import { isFiniteComplex } from './complex.ts';
import { confirmEqual } from './confirm-equal.ts';
import { evaluateExactly } from './exact-value.ts';
import { compareGaussian } from './gaussian-value.ts';
import { Refusal, type StepBudget } from './limits.ts';
import type { Policy } from './policy.ts';
import { confirmPrecisely } from './precise/confirm-precisely.ts';
import type { PreciseLibrary } from './precise/precise-functions.ts';
import { evaluateConstant, probeEqual } from './probe-equal.ts';
import { isEqual, type Rational, toDouble } from './rational.ts';
import { matchSymbols } from './rename-symbols.ts';
import { type Expr, hasType, listSymbols, someNode } from './syntax-tree.ts';

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
  /** Told when a comparison was let pass although it stays open. */
  onUnconfirmed(): void;
}

/** Largest relative error a decimal may have, whatever the absolute tolerance allows. */
const MAX_RELATIVE_ERROR = 0.02;

/** Compares two expressions without units: exactly, then as decimals, then by probing (verification 6). */
export function compareExpressions(gold: Expr, answer: Expr, context: CompareContext): Outcome {
  const percents = comparePercent(gold, answer, context);
  if (percents !== null) return percents;
  if (isOtherForm(gold, answer, context.policy)) return { equal: false, rule: 'form' };
  if (gold.type === 'based' || answer.type === 'based')
    return { equal: isSameBased(gold, answer, context.policy), rule: 'base' };
  if (isInfinite(gold) || isInfinite(answer)) return { equal: isSameInfinity(gold, answer), rule: 'infinity' };
  const exactGold = evaluateExactly(gold, context.steps);
  const exactAnswer = exactGold === null ? null : evaluateExactly(answer, context.steps);
  const goldHasDecimal = hasDecimal(gold);
  const hasDecimals = goldHasDecimal || hasDecimal(answer);
  if (exactGold !== null && exactAnswer !== null) {
    if (isEqual(exactGold, exactAnswer)) return { equal: true, rule: 'rational' };
    // A whole reference is not met by a decimal near it.
    if (!hasDecimals || (exactGold.den === 1n && !goldHasDecimal)) return { equal: false, rule: 'rational' };
    const tolerance = findTolerance(gold, answer, context.policy);
    return { equal: isNear(toDouble(exactGold), toDouble(exactAnswer), tolerance), rule: 'decimal' };
  }
  if (hasDecimals && isConstant(gold) && isConstant(answer)) return compareDecimals(gold, answer, exactGold, context);
  return compareByProbing(gold, answer, context);
}

function isConstant(expr: Expr): boolean {
  return listSymbols(expr).length === 0;
}

function hasDecimal(expr: Expr): boolean {
  return someNode(expr, (node) => node.type === 'number' && node.decimals > 0);
}

/** `28\%` meets 28 as written and 0.28 (policy `percent: sign`). Null when no percent sign stands outermost. */
function comparePercent(gold: Expr, answer: Expr, context: CompareContext): Outcome | null {
  if (gold.type === 'percent' && answer.type === 'percent') return compareExpressions(gold.of, answer.of, context);
  const signed = gold.type === 'percent' ? gold : answer.type === 'percent' ? answer : null;
  if (signed === null || !isConstant(gold) || !isConstant(answer)) return null;
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

const HUNDRED: Expr = { type: 'number', value: { num: 100n, den: 1n }, decimals: 0 };

/** Whether the answer is not in the form that the policy asks for. */
function isOtherForm(gold: Expr, answer: Expr, policy: Policy): boolean {
  if (policy.fractions === 'reduced' && hasUnreducedFraction(answer)) return true;
  return policy.simplify === 'trivial' && isFinished(gold) && !isFinished(answer);
}

function isSameBased(gold: Expr, answer: Expr, policy: Policy): boolean {
  if (policy.base === 'digits') return digitsOf(gold) !== null && digitsOf(gold) === digitsOf(answer);
  return gold.type === 'based' && answer.type === 'based' && gold.digits === answer.digits && gold.base === answer.base;
}

function digitsOf(expr: Expr): string | null {
  if (expr.type === 'based') return expr.digits;
  return expr.type === 'number' && expr.value.den === 1n ? String(expr.value.num) : null;
}

function isInfinite(expr: Expr): boolean {
  return hasType(expr, 'constant') && someNode(expr, (node) => node.type === 'constant' && node.name === 'infty');
}

/** Only the bare sign counts: nothing is computed with infinity. */
function isSameInfinity(gold: Expr, answer: Expr): boolean {
  return signOfInfinity(gold) !== 0 && signOfInfinity(gold) === signOfInfinity(answer);
}

function signOfInfinity(expr: Expr): number {
  if (expr.type === 'negate') return -signOfInfinity(expr.of);
  return expr.type === 'constant' && expr.name === 'infty' ? 1 : 0;
}

function isNear(gold: number, answer: number, tolerance: number): boolean {
  const difference = Math.abs(gold - answer);
  if (difference === 0) return true;
  return difference <= tolerance && difference <= MAX_RELATIVE_ERROR * Math.max(Math.abs(gold), Math.abs(answer));
}

/** Half a unit of the last place that counts. It is a rounded double itself: a hair more, so that the border case is near. */
function findTolerance(gold: Expr, answer: Expr, policy: Policy): number {
  const printed =
    policy.rounding === 'as-printed' ? Math.min(countDecimals(gold), countDecimals(answer)) : Number.POSITIVE_INFINITY;
  return 0.5 * 10 ** -Math.min(policy.precision, printed) * (1 + 1e-9);
}

/** Digits behind the point of a plain decimal; infinitely many for anything else. */
function countDecimals(expr: Expr): number {
  if (expr.type === 'negate' || expr.type === 'percent') return countDecimals(expr.of);
  return expr.type === 'number' && expr.decimals > 0 ? expr.decimals : Number.POSITIVE_INFINITY;
}

function compareDecimals(gold: Expr, answer: Expr, exactGold: Rational | null, context: CompareContext): Outcome {
  const left = evaluateConstant(gold, context.steps);
  const right = evaluateConstant(answer, context.steps);
  if (!isFiniteComplex(left) || !isFiniteComplex(right)) throw new Refusal('nonfinite');
  if (exactGold !== null && exactGold.den === 1n && !hasDecimal(gold)) return compareByProbing(gold, answer, context);
  const tolerance = findTolerance(gold, answer, context.policy);
  const equal = isNear(left.re, right.re, tolerance) && (left.im === right.im || isNear(left.im, right.im, tolerance));
  return { equal, rule: 'decimal' };
}

function compareByProbing(gold: Expr, written: Expr, context: CompareContext): Outcome {
  const answer = context.policy.variables === 'positional' ? matchSymbols(gold, written) : written;
  if (!probeEqual(gold, answer, context.steps)) return { equal: false, rule: 'probe' };
  if (!isConstant(gold) || !isConstant(answer)) return { equal: true, rule: 'probe' };
  return isConfirmed(gold, answer, context) ? { equal: true, rule: 'probe' } : { equal: false, rule: 'confirm' };
}

/** The second look at constants that agree as doubles (verification 6.5). */
function isConfirmed(gold: Expr, answer: Expr, context: CompareContext): boolean {
  const { steps, precise } = context;
  const own = compareGaussian(gold, answer, steps) ?? confirmEqual(gold, answer, steps);
  if (own !== null) return own;
  if (precise === null) {
    context.onUnconfirmed();
    return true;
  }
  const settled = confirmPrecisely(gold, answer, precise, steps);
  if (settled === null) throw new Refusal('unconfirmed');
  return settled;
}
