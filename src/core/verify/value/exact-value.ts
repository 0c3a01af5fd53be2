import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import type { BinaryOp, Expr } from '../syntax-tree.ts';
import {
  add,
  compareRationals,
  divide,
  floorOf,
  gcd,
  isEqual,
  makeRational,
  measureCost,
  multiply,
  negate,
  ONE,
  power,
  type Rational,
  rootOf,
  ZERO,
} from './rational.ts';

/** What an exact evaluation spends, and the values of the symbols it may meet. */
export interface ExactScope {
  readonly steps: StepBudget;
  readonly values: ReadonlyMap<string, Rational>;
}

type Of<T extends Expr['type']> = Extract<Expr, { type: T }>;

const HUNDRED: Rational = { num: 100n, den: 1n };

/** Value of an expression as an exact rational; null when it is none, or beyond the bounds of exactness. */
export function evaluateExactly(expr: Expr, scope: ExactScope): Rational | null {
  scope.steps.spend();
  switch (expr.type) {
    case 'number':
      return expr.value;
    case 'symbol':
      return scope.values.get(expr.name) ?? null;
    case 'negate':
      return lift(evaluateExactly(expr.of, scope), negate);
    case 'percent':
      return lift(evaluateExactly(expr.of, scope), (value) => divide(value, HUNDRED));
    case 'factorial':
      return lift(evaluateExactly(expr.of, scope), (value) => factorial(value, 1n));
    case 'double-factorial':
      return lift(evaluateExactly(expr.of, scope), (value) => factorial(value, 2n));
    case 'binary':
      return evaluateBinary(expr, scope);
    case 'root':
      return evaluateRoot(expr, scope);
    case 'call':
      return EXACT_CALLS.has(expr.name) ? evaluateWithArgs(expr, scope, applyCall) : null;
    case 'apply':
      return evaluateWithArgs(expr, scope, (name, args) => valueOfOpaque(name, args.map(keyOf)));
    case 'series':
      return evaluateSeries(expr, scope);
    default:
      return null;
  }
}

function keyOf({ num, den }: Rational): string {
  return `${num}/${den}`;
}

function lift(value: Rational | null, apply: (value: Rational) => Rational | null): Rational | null {
  return value === null ? null : apply(value);
}

function evaluateBinary(expr: Of<'binary'>, scope: ExactScope): Rational | null {
  const left = evaluateExactly(expr.left, scope);
  if (left === null) return null;
  const right = evaluateExactly(expr.right, scope);
  if (right === null) return null;
  const result = applyBinary(expr.op, left, right);
  if (result !== null) scope.steps.spend(measureCost(result));
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

/** Integer powers, and rational ones where the root is exact; odd roots of negative numbers are negative. */
function raise(base: Rational, exponent: Rational): Rational | null {
  if (exponent.den === 1n) return power(base, exponent.num);
  return lift(rootOf(base, exponent.den), (root) => power(root, exponent.num));
}

function evaluateRoot(expr: Of<'root'>, scope: ExactScope): Rational | null {
  const of = evaluateExactly(expr.of, scope);
  const degree = of === null ? null : evaluateExactly(expr.degree, scope);
  if (of === null || degree === null || degree.den !== 1n) return null;
  return rootOf(of, degree.num);
}

/** n (n - step) (n - 2 step) ..., down to a positive factor. */
function factorial(value: Rational, step: bigint): Rational | null {
  if (value.den !== 1n || value.num < 0n || value.num > BigInt(LIMITS.exactFactorial)) return null;
  let product = 1n;
  for (let k = value.num; k > 1n; k -= step) product *= k;
  return makeRational(product);
}

function evaluateWithArgs(
  expr: Of<'call'> | Of<'apply'>,
  scope: ExactScope,
  apply: (name: string, args: readonly Rational[]) => Rational | null,
): Rational | null {
  const args: Rational[] = [];
  for (const arg of expr.args) {
    const value = evaluateExactly(arg, scope);
    if (value === null) return null;
    args.push(value);
  }
  return apply(expr.name, args);
}

const EXACT_CALLS: ReadonlySet<string> = new Set([
  ...['abs', 'floor', 'ceil', 'max', 'min', 'gcd', 'lcm', 'binom', 'mod', 'sgn', 'permutations'],
]);

function applyCall(name: string, args: readonly Rational[]): Rational | null {
  const first = args[0]!;
  switch (name) {
    case 'abs':
      return first.num < 0n ? negate(first) : first;
    case 'sgn':
      return makeRational(first.num > 0n ? 1n : first.num < 0n ? -1n : 0n);
    case 'floor':
      return makeRational(floorOf(first));
    case 'ceil':
      return makeRational(-floorOf(negate(first)));
    case 'max':
      return args.reduce((a, b) => (compareRationals(a, b) >= 0 ? a : b));
    case 'min':
      return args.reduce((a, b) => (compareRationals(a, b) <= 0 ? a : b));
    case 'mod':
      return remainder(first, args[1]!);
    case 'binom':
    case 'permutations':
      return chooseFrom(first, args[1]!, name === 'binom');
    default:
      return foldIntegers(name, args);
  }
}

function remainder(value: Rational, modulus: Rational): Rational | null {
  return lift(divide(value, modulus), (quotient) =>
    lift(multiply(modulus, { num: floorOf(quotient), den: 1n }), (whole) => add(value, negate(whole))),
  );
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

/** n (n - 1) ... (n - k + 1), divided by k! for combinations; n may be any rational number. */
function chooseFrom(n: Rational, k: Rational, isBinomial: boolean): Rational | null {
  if (k.den !== 1n || k.num < 0n) return null;
  const isLarge = isBinomial && n.den === 1n && n.num >= k.num && 2n * k.num > n.num;
  const count = isLarge ? n.num - k.num : k.num;
  if (count > BigInt(LIMITS.exactFactorial)) return null;
  let result: Rational | null = ONE;
  for (let i = 0n; i < count && result !== null; i += 1n) {
    const factor = add(n, { num: -i, den: 1n });
    result = lift(factor, (next) => multiply(result!, next));
    if (isBinomial) result = lift(result, (value) => divide(value, { num: i + 1n, den: 1n }));
  }
  return result;
}

function evaluateSeries(expr: Of<'series'>, scope: ExactScope): Rational | null {
  const from = evaluateExactly(expr.from, scope);
  const to = from === null ? null : evaluateExactly(expr.to, scope);
  if (from === null || to === null || from.den !== 1n || to.den !== 1n) return null;
  if (to.num - from.num >= BigInt(LIMITS.terms)) throw new Refusal('limit:terms');
  if (to.num < from.num - 1n) return null;
  let result: Rational | null = expr.op === 'sum' ? ZERO : ONE;
  const values = new Map(scope.values);
  for (let k = from.num; k <= to.num && result !== null; k += 1n) {
    values.set(expr.variable, { num: k, den: 1n });
    const term = evaluateExactly(expr.body, { steps: scope.steps, values });
    if (term === null) return null;
    result = expr.op === 'sum' ? add(result, term) : multiply(result, term);
  }
  return result;
}

/** An exact complex number with rational parts. */
interface Gaussian {
  readonly re: Rational;
  readonly im: Rational;
}

/** Whether two constants such as `(1+2i)^2` and `-3+4i` are equal exactly; null where one is no complex rational. */
export function compareGaussian(a: Expr, b: Expr, scope: ExactScope): boolean | null {
  const left = evaluateGaussian(a, scope);
  const right = left === null ? null : evaluateGaussian(b, scope);
  return left === null || right === null ? null : isEqual(left.re, right.re) && isEqual(left.im, right.im);
}

function evaluateGaussian(expr: Expr, scope: ExactScope): Gaussian | null {
  scope.steps.spend();
  switch (expr.type) {
    case 'constant':
      return expr.name === 'i' ? { re: ZERO, im: ONE } : null;
    case 'negate': {
      const of = evaluateGaussian(expr.of, scope);
      return of === null ? null : { re: negate(of.re), im: negate(of.im) };
    }
    case 'binary':
      return evaluateGaussianBinary(expr, scope);
    default:
      return fromParts(evaluateExactly(expr, scope), ZERO);
  }
}

function evaluateGaussianBinary(expr: Of<'binary'>, scope: ExactScope): Gaussian | null {
  const left = evaluateGaussian(expr.left, scope);
  if (left === null) return null;
  if (expr.op === '^') return raiseGaussian(left, evaluateExactly(expr.right, scope), scope);
  const right = evaluateGaussian(expr.right, scope);
  if (right === null) return null;
  switch (expr.op) {
    case '+':
      return fromParts(add(left.re, right.re), add(left.im, right.im));
    case '-':
      return fromParts(add(left.re, negate(right.re)), add(left.im, negate(right.im)));
    case '*':
      return product(left, right, scope);
    case '/':
      return quotient(left, right, scope);
  }
}

function fromParts(re: Rational | null, im: Rational | null): Gaussian | null {
  return re === null || im === null ? null : { re, im };
}

function product(a: Gaussian, b: Gaussian, { steps }: ExactScope): Gaussian | null {
  const sum = (x: Rational | null, y: Rational | null) => (x === null || y === null ? null : add(x, y));
  const result = fromParts(
    sum(multiply(a.re, b.re), multiply(negate(a.im), b.im)),
    sum(multiply(a.re, b.im), multiply(a.im, b.re)),
  );
  if (result !== null) steps.spend(measureCost(result.re) + measureCost(result.im));
  return result;
}

function quotient(a: Gaussian, b: Gaussian, scope: ExactScope): Gaussian | null {
  const conjugate = { re: b.re, im: negate(b.im) };
  const over = product(a, conjugate, scope);
  const under = product(b, conjugate, scope);
  return over === null || under === null ? null : fromParts(divide(over.re, under.re), divide(over.im, under.re));
}

function raiseGaussian(base: Gaussian, exponent: Rational | null, scope: ExactScope): Gaussian | null {
  if (exponent === null) return null;
  if (exponent.den !== 1n) return base.im.num === 0n ? fromParts(raise(base.re, exponent), ZERO) : null;
  const times = exponent.num < 0n ? -exponent.num : exponent.num;
  if (times > BigInt(LIMITS.exponent)) return null;
  if (base.im.num === 0n) return fromParts(power(base.re, exponent.num), ZERO);
  let result: Gaussian | null = { re: ONE, im: ZERO };
  for (let left = times; left > 0n && result !== null; left -= 1n) result = product(result, base, scope);
  return exponent.num < 0n && result !== null ? quotient({ re: ONE, im: ZERO }, result, scope) : result;
}

/**
 * A stand-in for the value of a function that is only named (`f(x+1)`, `a_{n-1}`): a number that depends on the name
 * and the arguments alone, of either sign, so that equal names with equal arguments have equal values and others by
 * chance only. `keys` are the arguments' values, written out.
 */
function valueOfOpaque(name: string, keys: readonly string[]): Rational {
  const [num, den] = hashOpaque(name, keys);
  return makeRational(BigInt(num), BigInt(den))!;
}

/** Numerator and denominator of that value, as whole doubles. */
export function hashOpaque(name: string, keys: readonly string[]): readonly [num: number, den: number] {
  const text = `${name}(${keys.join(',')})`;
  const [num, den] = [hashText(text, 2166136261), hashText(text, 40389)];
  const size = 97 * ((num % 20_011) + 1) + 1;
  return [num & 0x40000000 ? -size : size, 97 * ((den % 13) + 1)];
}

/** A hash of 31 bits. */
export function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return (hash ^ (hash >>> 16)) & 0x7fffffff;
}
