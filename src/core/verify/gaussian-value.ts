import { evaluateExactly } from './exact-value.ts';
import { LIMITS, type StepBudget } from './limits.ts';
import { add, divide, isEqual, measureCost, multiply, negate, type Rational } from './rational.ts';
import type { Expr } from './syntax-tree.ts';

/** An exact complex number with rational parts. */
interface Gaussian {
  readonly re: Rational;
  readonly im: Rational;
}

const ZERO: Rational = { num: 0n, den: 1n };
const ONE: Rational = { num: 1n, den: 1n };
const UNIT: Gaussian = { re: ONE, im: ZERO };

/** Whether two constants such as `(1+2i)^2` and `-3+4i` are equal exactly; null where one is no complex rational. */
export function compareGaussian(a: Expr, b: Expr, steps: StepBudget): boolean | null {
  const left = evaluateGaussian(a, steps);
  const right = left === null ? null : evaluateGaussian(b, steps);
  return left === null || right === null ? null : isEqual(left.re, right.re) && isEqual(left.im, right.im);
}

function evaluateGaussian(expr: Expr, steps: StepBudget): Gaussian | null {
  steps.spend();
  switch (expr.type) {
    case 'constant':
      return expr.name === 'i' ? { re: ZERO, im: ONE } : null;
    case 'negate': {
      const of = evaluateGaussian(expr.of, steps);
      return of === null ? null : { re: negate(of.re), im: negate(of.im) };
    }
    case 'binary':
      return evaluateBinary(expr, steps);
    default:
      return fromParts(evaluateExactly(expr, steps), ZERO);
  }
}

function evaluateBinary(expr: Extract<Expr, { type: 'binary' }>, steps: StepBudget): Gaussian | null {
  const left = evaluateGaussian(expr.left, steps);
  if (left === null) return null;
  if (expr.op === '^') return raise(left, evaluateExactly(expr.right, steps), steps);
  const right = evaluateGaussian(expr.right, steps);
  if (right === null) return null;
  switch (expr.op) {
    case '+':
      return fromParts(add(left.re, right.re), add(left.im, right.im));
    case '-':
      return fromParts(add(left.re, negate(right.re)), add(left.im, negate(right.im)));
    case '*':
      return product(left, right, steps);
    case '/':
      return quotient(left, right, steps);
  }
}

function fromParts(re: Rational | null, im: Rational | null): Gaussian | null {
  return re === null || im === null ? null : { re, im };
}

function product(a: Gaussian, b: Gaussian, steps: StepBudget): Gaussian | null {
  const result = fromParts(
    sumOf(multiply(a.re, b.re), multiply(negate(a.im), b.im)),
    sumOf(multiply(a.re, b.im), multiply(a.im, b.re)),
  );
  if (result !== null) steps.spend(measureCost(result.re) + measureCost(result.im));
  return result;
}

function sumOf(a: Rational | null, b: Rational | null): Rational | null {
  return a === null || b === null ? null : add(a, b);
}

function quotient(a: Gaussian, b: Gaussian, steps: StepBudget): Gaussian | null {
  const over = product(a, { re: b.re, im: negate(b.im) }, steps);
  const under = product(b, { re: b.re, im: negate(b.im) }, steps);
  return over === null || under === null ? null : fromParts(divide(over.re, under.re), divide(over.im, under.re));
}

function raise(base: Gaussian, exponent: Rational | null, steps: StepBudget): Gaussian | null {
  if (exponent === null || exponent.den !== 1n) return null;
  const times = exponent.num < 0n ? -exponent.num : exponent.num;
  if (times > BigInt(LIMITS.exponent)) return null;
  let result: Gaussian | null = UNIT;
  for (let left = times; left > 0n && result !== null; left -= 1n) result = product(result, base, steps);
  return exponent.num < 0n && result !== null ? quotient(UNIT, result, steps) : result;
}
