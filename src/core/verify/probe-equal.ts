import { absComplex, type Complex, divideComplex, fromReal, isFiniteComplex, subtractComplex } from './complex.ts';
import { Refusal, type StepBudget } from './limits.ts';
import { evaluateNumerically, type Valuation } from './numeric-value.ts';
import { type Expr, listSymbols, someNode } from './syntax-tree.ts';

const RELATIVE = 1e-9;
const ABSOLUTE = 1e-13;

/** Points 0 to 3 are positive reals in (0.1, 3.6), point 4 is a negative real, point 5 complex. */
const POSITIVE_POINTS = 4;
const POINTS = 6;

/** Value of a symbol at a point: a function of its name alone, so that both sides see the same. */
function valueAt(symbol: string, point: number): Complex {
  let hash = 2166136261 ^ (point * 7919);
  for (let i = 0; i < symbol.length; i += 1) hash = Math.imul(hash ^ symbol.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash ^= hash >>> 13;
  const share = (hash >>> 0) / 4294967296;
  if (point < POSITIVE_POINTS) return fromReal(0.1 + 3.5 * share);
  if (point === POSITIVE_POINTS) return fromReal(-0.2 - 2.3 * share);
  return { re: 0.3 + 1.2 * share, im: 0.4 + 0.9 * (1 - share) };
}

function pointValuation(point: number): Valuation {
  return (symbol) => valueAt(symbol, point);
}

/** Whether branches of roots, logarithms and powers restrict probing to positive reals. */
function hasBranches(expr: Expr): boolean {
  return someNode(expr, (node) => {
    if (node.type === 'root') return true;
    if (node.type === 'call') return BRANCHED.has(node.name);
    return node.type === 'binary' && node.op === '^' && !isWholeNumber(node.right);
  });
}

const BRANCHED = new Set(['ln', 'log', 'asin', 'acos', 'atan', 'floor', 'ceil', 'max', 'min', 'abs', 'binom']);

function isWholeNumber(expr: Expr): boolean {
  if (expr.type === 'negate') return isWholeNumber(expr.of);
  return expr.type === 'number' && expr.value.den === 1n;
}

function listPoints(exprs: readonly Expr[]): number[] {
  if (exprs.every((expr) => listSymbols(expr).length === 0)) return [0];
  const count = exprs.some(hasBranches) ? POSITIVE_POINTS : POINTS;
  return Array.from({ length: count }, (_, point) => point);
}

/**
 * Whether two expressions agree at fixed points in complex doubles. Throws `Refusal('nonfinite')` when
 * too few points have a finite value.
 */
export function probeEqual(a: Expr, b: Expr, steps: StepBudget): boolean {
  const points = listPoints([a, b]);
  let finite = 0;
  for (const point of points) {
    const left = evaluateNumerically(a, pointValuation(point), steps);
    const right = evaluateNumerically(b, pointValuation(point), steps);
    if (!isFiniteComplex(left) || !isFiniteComplex(right)) continue;
    if (!areClose(left, right)) return false;
    finite += 1;
  }
  if (finite < Math.min(2, points.length)) throw new Refusal('nonfinite');
  return true;
}

function areClose(a: Complex, b: Complex): boolean {
  const difference = absComplex(subtractComplex(a, b));
  return difference <= ABSOLUTE || difference <= RELATIVE * Math.max(absComplex(a), absComplex(b));
}

/** Value of an expression without symbols as a complex double. */
export function evaluateConstant(expr: Expr, steps: StepBudget): Complex {
  return evaluateNumerically(expr, pointValuation(0), steps);
}

/**
 * The constant quotient a / b over all points, or null when it is not constant, zero or not finite:
 * how two equations or inequalities are multiples of one another.
 */
export function probeQuotient(a: Expr, b: Expr, steps: StepBudget): Complex | null {
  let quotient: Complex | null = null;
  let finite = 0;
  for (const point of listPoints([a, b])) {
    const left = evaluateNumerically(a, pointValuation(point), steps);
    const right = evaluateNumerically(b, pointValuation(point), steps);
    if (!isFiniteComplex(left) || !isFiniteComplex(right)) continue;
    if (absComplex(left) < ABSOLUTE || absComplex(right) < ABSOLUTE) return null;
    const next = divideComplex(left, right);
    if (quotient !== null && !areClose(quotient, next)) return null;
    quotient = next;
    finite += 1;
  }
  return finite < 3 ? null : quotient;
}
