import {
  divideFixed,
  expFixed,
  lnFixed,
  multiplyFixed,
  PI,
  PRECISION,
  rootFixed,
  sinFixed,
  UNIT,
} from './fixed-point.ts';
import type { StepBudget } from './limits.ts';
import type { Expr } from './syntax-tree.ts';

/** Agreement asked for, relative to the larger side: about 60 decimal digits. */
const AGREEMENT_BITS = 200n;
/** Values with more bits than this before the point are left to the doubles. */
const MAX_BITS = 8000;

/**
 * Second look at two constants that agree as doubles: `\sqrt{10^{20}+1}` and `10^{10}` do, and
 * differ. True or false when both have a value in long fixed-point arithmetic; null when one has
 * none there (complex, out of bounds, an unsupported function).
 */
export function confirmEqual(a: Expr, b: Expr, steps: StepBudget): boolean | null {
  const left = evaluateFixed(a, steps);
  if (left === null) return null;
  const right = evaluateFixed(b, steps);
  if (right === null) return null;
  const difference = magnitude(left - right);
  const isWithin = (size: bigint) => difference <= size >> AGREEMENT_BITS;
  return isWithin(UNIT) || isWithin(magnitude(left)) || isWithin(magnitude(right));
}

function magnitude(value: bigint): bigint {
  return value < 0n ? -value : value;
}

function evaluateFixed(expr: Expr, steps: StepBudget): bigint | null {
  steps.spend(5);
  const value = evaluateNode(expr, steps);
  if (value === null || magnitude(value) >> (PRECISION + BigInt(MAX_BITS)) > 0n) return null;
  return value;
}

function evaluateNode(expr: Expr, steps: StepBudget): bigint | null {
  switch (expr.type) {
    case 'number':
      return (expr.value.num << PRECISION) / expr.value.den;
    case 'constant':
      if (expr.name === 'pi') return PI;
      return expr.name === 'e' ? expFixed(UNIT) : null;
    case 'negate':
      return lift(evaluateFixed(expr.of, steps), (value) => -value);
    case 'percent':
      return lift(evaluateFixed(expr.of, steps), (value) => value / 100n);
    case 'degree':
      return evaluateFixed(expr.of, steps);
    case 'root':
      return evaluateRoot(expr, steps);
    case 'binary':
      return evaluateBinary(expr, steps);
    case 'call':
      return evaluateCall(expr, steps);
    default:
      return null;
  }
}

function lift(value: bigint | null, apply: (value: bigint) => bigint | null): bigint | null {
  return value === null ? null : apply(value);
}

function evaluateRoot(expr: Extract<Expr, { type: 'root' }>, steps: StepBudget): bigint | null {
  if (expr.degree.type !== 'number' || expr.degree.value.den !== 1n) return null;
  const degree = expr.degree.value.num;
  if (degree < 2n || degree > 12n) return null;
  steps.spend(50);
  return lift(evaluateFixed(expr.of, steps), (value) => {
    if (value >= 0n) return rootFixed(value, degree);
    return degree % 2n === 1n ? -rootFixed(-value, degree) : null;
  });
}

function evaluateBinary(expr: Extract<Expr, { type: 'binary' }>, steps: StepBudget): bigint | null {
  const left = evaluateFixed(expr.left, steps);
  if (left === null) return null;
  const right = evaluateFixed(expr.right, steps);
  if (right === null) return null;
  switch (expr.op) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return multiplyFixed(left, right);
    case '/':
      return divideFixed(left, right);
    case '^':
      return raise(left, right, steps);
  }
}

function raise(base: bigint, exponent: bigint, steps: StepBudget): bigint | null {
  const whole = exponent >> PRECISION;
  if (whole << PRECISION === exponent && magnitude(whole) <= 64n) return raiseToInteger(base, Number(whole));
  if (base <= 0n) return null;
  steps.spend(200);
  return lift(lnFixed(base), (ln) => expFixed(multiplyFixed(ln, exponent)));
}

function raiseToInteger(base: bigint, exponent: number): bigint | null {
  let result = UNIT;
  for (let i = 0; i < Math.abs(exponent); i += 1) {
    result = multiplyFixed(result, base);
    if (magnitude(result) >> (PRECISION + BigInt(MAX_BITS)) > 0n) return null;
  }
  return exponent < 0 ? divideFixed(UNIT, result) : result;
}

function evaluateCall(expr: Extract<Expr, { type: 'call' }>, steps: StepBudget): bigint | null {
  steps.spend(200);
  const x = evaluateFixed(expr.args[0]!, steps);
  if (x === null) return null;
  switch (expr.name) {
    case 'abs':
      return magnitude(x);
    case 'exp':
      return expFixed(x);
    case 'ln':
      return lnFixed(x);
    case 'log':
      return evaluateLog(expr, x, steps);
    case 'sin':
      return sinFixed(x);
    case 'cos':
      return sinFixed(x + PI / 2n);
    case 'tan':
      return divideFixed(sinFixed(x), sinFixed(x + PI / 2n));
    default:
      return null;
  }
}

function evaluateLog(expr: Extract<Expr, { type: 'call' }>, x: bigint, steps: StepBudget): bigint | null {
  const base = expr.args[1] === undefined ? 10n << PRECISION : evaluateFixed(expr.args[1], steps);
  if (base === null) return null;
  const ln = lnFixed(x);
  const lnBase = lnFixed(base);
  return ln === null || lnBase === null ? null : divideFixed(ln, lnBase);
}
