import { LIMITS, type StepBudget } from './limits.ts';
import {
  add,
  compareRationals,
  divide,
  gcd,
  makeRational,
  measureCost,
  multiply,
  negate,
  power,
  type Rational,
  rootOf,
} from './rational.ts';
import type { BinaryOp, Expr } from './syntax-tree.ts';

/** Value of a constant expression as an exact rational; null when it is none, or beyond the bounds of exactness. */
export function evaluateExactly(expr: Expr, steps: StepBudget): Rational | null {
  steps.spend();
  switch (expr.type) {
    case 'number':
      return expr.value;
    case 'negate':
      return lift(evaluateExactly(expr.of, steps), negate);
    case 'degree':
      return evaluateExactly(expr.of, steps);
    case 'percent':
      return lift(evaluateExactly(expr.of, steps), (value) => divide(value, HUNDRED));
    case 'factorial':
      return lift(evaluateExactly(expr.of, steps), factorial);
    case 'binary':
      return evaluateBinary(expr, steps);
    case 'root':
      return evaluateRoot(expr, steps);
    case 'call':
      return evaluateCall(expr, steps);
    default:
      return null;
  }
}

const HUNDRED: Rational = { num: 100n, den: 1n };

function lift(value: Rational | null, apply: (value: Rational) => Rational | null): Rational | null {
  return value === null ? null : apply(value);
}

function evaluateBinary(expr: Extract<Expr, { type: 'binary' }>, steps: StepBudget): Rational | null {
  const left = evaluateExactly(expr.left, steps);
  if (left === null) return null;
  const right = evaluateExactly(expr.right, steps);
  if (right === null) return null;
  const result = applyBinary(expr.op, left, right);
  if (result !== null) steps.spend(measureCost(result));
  return result;
}

function applyBinary(op: BinaryOp, left: Rational, right: Rational): Rational | null {
  switch (op) {
    case '+':
      return add(left, right);
    case '-':
      return add(left, negate(right));
    case '*':
      return multiply(left, right);
    case '/':
      return divide(left, right);
    case '^':
      return raise(left, right);
  }
}

/** Integer powers, and rational ones where the root is exact. */
function raise(base: Rational, exponent: Rational): Rational | null {
  if (exponent.den === 1n) return power(base, exponent.num);
  if (base.num < 0n) return null;
  return lift(rootOf(base, exponent.den), (root) => power(root, exponent.num));
}

function evaluateRoot(expr: Extract<Expr, { type: 'root' }>, steps: StepBudget): Rational | null {
  const of = evaluateExactly(expr.of, steps);
  const degree = evaluateExactly(expr.degree, steps);
  if (of === null || degree === null || degree.den !== 1n) return null;
  return rootOf(of, degree.num);
}

function factorial(value: Rational): Rational | null {
  if (value.den !== 1n || value.num < 0n || value.num > BigInt(LIMITS.exactFactorial)) return null;
  let product = 1n;
  for (let k = 2n; k <= value.num; k += 1n) product *= k;
  return makeRational(product);
}

function evaluateCall(expr: Extract<Expr, { type: 'call' }>, steps: StepBudget): Rational | null {
  if (!EXACT_CALLS.has(expr.name)) return null;
  const args: Rational[] = [];
  for (const arg of expr.args) {
    const value = evaluateExactly(arg, steps);
    if (value === null) return null;
    args.push(value);
  }
  return applyCall(expr.name, args);
}

const EXACT_CALLS = new Set(['abs', 'floor', 'ceil', 'max', 'min', 'gcd', 'lcm', 'binom']);

function applyCall(name: string, args: readonly Rational[]): Rational | null {
  const first = args[0]!;
  switch (name) {
    case 'abs':
      return first.num < 0n ? negate(first) : first;
    case 'floor':
      return makeRational(floorOf(first));
    case 'ceil':
      return makeRational(-floorOf(negate(first)));
    case 'max':
      return args.reduce((a, b) => (compareRationals(a, b) >= 0 ? a : b));
    case 'min':
      return args.reduce((a, b) => (compareRationals(a, b) <= 0 ? a : b));
    case 'binom':
      return chooseFrom(first, args[1]!);
    default:
      return foldIntegers(name, args);
  }
}

function floorOf(value: Rational): bigint {
  const quotient = value.num / value.den;
  return value.num < 0n && value.num % value.den !== 0n ? quotient - 1n : quotient;
}

function foldIntegers(name: string, args: readonly Rational[]): Rational | null {
  if (args.some((arg) => arg.den !== 1n)) return null;
  let result = args[0]!.num;
  for (const { num } of args.slice(1)) {
    const divisor = gcd(result, num);
    if (name === 'gcd') result = divisor;
    else if (divisor === 0n) return null;
    else result = (result / divisor) * num;
    if (result > 1n << BigInt(LIMITS.bits)) return null;
  }
  return makeRational(result < 0n ? -result : result);
}

function chooseFrom(n: Rational, k: Rational): Rational | null {
  if (n.den !== 1n || k.den !== 1n || k.num < 0n || n.num < k.num) return null;
  const count = 2n * k.num < n.num ? k.num : n.num - k.num;
  if (count > BigInt(LIMITS.exactFactorial)) return null;
  let result = 1n;
  for (let i = 0n; i < count; i += 1n) {
    result = (result * (n.num - i)) / (i + 1n);
    if (result >> BigInt(LIMITS.bits) > 0n) return null;
  }
  return makeRational(result);
}
