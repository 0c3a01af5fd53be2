import type { BigNumber } from 'mathjs';
import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import type { Expr } from '../syntax-tree.ts';
import type { PreciseFunctions } from './precise-functions.ts';

/** A complex number with decimal parts. mathjs has complex numbers as doubles only, so that the arithmetic is ours. */
export interface PreciseComplex {
  readonly re: BigNumber;
  readonly im: BigNumber;
}

function isReal(a: PreciseComplex): boolean {
  return a.im.isZero();
}

function addPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  return { re: a.re.plus(b.re), im: a.im.plus(b.im) };
}

export function subtractPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  return { re: a.re.minus(b.re), im: a.im.minus(b.im) };
}

function multiplyPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  if (isReal(a) && isReal(b)) return { re: a.re.times(b.re), im: a.im };
  return { re: a.re.times(b.re).minus(a.im.times(b.im)), im: a.re.times(b.im).plus(a.im.times(b.re)) };
}

/** Not finite for a divisor of zero. */
function dividePrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  if (isReal(a) && isReal(b)) return { re: a.re.div(b.re), im: a.im };
  const size = b.re.times(b.re).plus(b.im.times(b.im));
  return {
    re: a.re.times(b.re).plus(a.im.times(b.im)).div(size),
    im: a.im.times(b.re).minus(a.re.times(b.im)).div(size),
  };
}

export function absPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): BigNumber {
  return im.isZero() ? re.abs() : math.sqrt(re.times(re).plus(im.times(im)));
}

function expPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  const size = math.exp(re);
  if (im.isZero()) return { re: size, im };
  return { re: size.times(math.cos(im)), im: size.times(math.sin(im)) };
}

/** Principal logarithm; not finite for zero. */
function logPrecise(a: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  const size = absPrecise(a, math);
  const zero = a.re.minus(a.re);
  return { re: math.log(size), im: isReal(a) && a.re.gt(0) ? zero : math.atan2(a.im, a.re) };
}

function sinPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  if (im.isZero()) return { re: math.sin(re), im };
  return { re: math.sin(re).times(math.cosh(im)), im: math.cos(re).times(math.sinh(im)) };
}

function cosPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  if (im.isZero()) return { re: math.cos(re), im };
  return { re: math.cos(re).times(math.cosh(im)), im: math.sin(re).times(math.sinh(im)).neg() };
}

/** Larger powers of ten are not computed, and arguments of periodic functions not reduced. */
const MAX_EXPONENT = 230;
const MAX_ANGLE_EXPONENT = 40;
const MAX_EXP_ARGUMENT = 500;

/** What an expression is evaluated with. `values` holds the indices of the series it stands in. */
export interface PreciseContext {
  readonly math: PreciseFunctions;
  readonly steps: StepBudget;
  readonly values: ReadonlyMap<string, PreciseComplex>;
  /** Told the power of ten of every value on the way, and whether it is an operand or a power, no rest of rounding. */
  onExponent(exponent: number, isGiven: boolean): void;
}

/** No value here: out of bounds, not finite, or not a function of numbers. */
class NoValue extends Error {}

/** Value of an expression without symbols to `math.digits` digits; null where it has none within the bounds. */
export function evaluatePrecisely(expr: Expr, context: PreciseContext): PreciseComplex | null {
  try {
    return evaluate(expr, context);
  } catch (error) {
    if (error instanceof NoValue) return null;
    throw error;
  }
}

function evaluate(expr: Expr, context: PreciseContext): PreciseComplex {
  const { math, steps } = context;
  steps.spend(Math.ceil(math.digits / 16));
  const value = evaluateNode(expr, context);
  for (const part of [value.re, value.im]) {
    if (!part.isFinite() || part.e > MAX_EXPONENT) throw new NoValue();
    if (!part.isZero())
      context.onExponent(part.e, expr.type === 'number' || (expr.type === 'binary' && expr.op === '^'));
  }
  return value;
}

function evaluateNode(expr: Expr, context: PreciseContext): PreciseComplex {
  const { math } = context;
  const of = (child: Expr) => evaluate(child, context);
  switch (expr.type) {
    case 'number':
      // A literal says as much as it has digits: the last one must be seen.
      context.onExponent(-Math.max(countDigits(expr.value.num), countDigits(expr.value.den)), true);
      return real(math.toNumber(expr.value.num).div(math.toNumber(expr.value.den)), math);
    case 'constant':
      return evaluateConstant(expr.name, math);
    case 'symbol':
      return context.values.get(expr.name) ?? fail();
    case 'negate':
      return subtractPrecise(whole(0n, math), of(expr.of));
    case 'percent':
      return dividePrecise(of(expr.of), whole(100n, math));
    case 'degree':
      return multiplyPrecise(of(expr.of), real(math.pi.div(180), math));
    case 'factorial':
      return factorial(of(expr.of), 1n, context);
    case 'double-factorial':
      return factorial(of(expr.of), 2n, context);
    case 'binary':
      return evaluateBinary(expr, context);
    case 'root':
      return takeRoot(of(expr.of), of(expr.degree), context);
    case 'call':
      return callFunction(expr.name, expr.args.map(of), context);
    case 'series':
      return evaluateSeries(expr, context);
    default:
      return fail();
  }
}

function countDigits(value: bigint): number {
  return value.toString().length - 1;
}

function fail(): never {
  throw new NoValue();
}

function whole(value: bigint, math: PreciseFunctions): PreciseComplex {
  return real(math.toNumber(value), math);
}

function real(re: PreciseComplex['re'], math: PreciseFunctions): PreciseComplex {
  return { re, im: math.toNumber(0n) };
}

function evaluateConstant(name: 'pi' | 'e' | 'i' | 'infty', math: PreciseFunctions): PreciseComplex {
  if (name === 'pi') return real(math.pi, math);
  if (name === 'e') return real(math.exp(math.toNumber(1n)), math);
  return name === 'i' ? { re: math.toNumber(0n), im: math.toNumber(1n) } : fail();
}

/** A function is dearer than a sum, the more so the more digits it has: its steps keep the time of a verdict bounded. */
function spendOnFunction({ math, steps }: PreciseContext): void {
  steps.spend(Math.ceil(400 * (math.digits / 64) ** 2));
}

function evaluateBinary(expr: Extract<Expr, { type: 'binary' }>, context: PreciseContext): PreciseComplex {
  const left = evaluate(expr.left, context);
  if (expr.op === '^') return raise(left, expr.right, context);
  const right = evaluate(expr.right, context);
  switch (expr.op) {
    case '+':
      return addPrecise(left, right);
    case '-':
      return subtractPrecise(left, right);
    case '*':
      return multiplyPrecise(left, right);
    case '/':
      return dividePrecise(left, right);
  }
}

/** Powers as the doubles have them: `x^{2/3}` of a negative x is real, other powers are principal values. */
function raise(base: PreciseComplex, exponent: Expr, context: PreciseContext): PreciseComplex {
  const { math } = context;
  if (exponent.type === 'binary' && exponent.op === '/' && isReal(base) && base.re.lt(0)) {
    const [over, under] = [evaluate(exponent.left, context), evaluate(exponent.right, context)];
    if (isOddNumber(under)) return power(takeRoot(base, under, context), over, context);
    return power(base, dividePrecise(over, under), context);
  }
  const value = evaluate(exponent, context);
  return base.re.isZero() && isReal(base) ? (value.re.gt(0) ? whole(0n, math) : fail()) : power(base, value, context);
}

function isOddNumber({ re, im }: PreciseComplex): boolean {
  return im.isZero() && re.isInteger() && !re.mod(2).isZero();
}

function power(base: PreciseComplex, exponent: PreciseComplex, context: PreciseContext): PreciseComplex {
  const { math } = context;
  if (isReal(exponent) && exponent.re.isInteger() && exponent.re.abs().lte(LIMITS.exponent)) {
    return powerByProducts(base, exponent.re.toNumber(), context);
  }
  spendOnFunction(context);
  spendOnFunction(context);
  return boundedExp(multiplyPrecise(exponent, logPrecise(base, math)), context);
}

function powerByProducts(base: PreciseComplex, exponent: number, { math }: PreciseContext): PreciseComplex {
  const one = whole(1n, math);
  let result = one;
  let square = base;
  for (let left = Math.abs(exponent); left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result = multiplyPrecise(result, square);
    square = multiplyPrecise(square, square);
  }
  return exponent < 0 ? dividePrecise(one, result) : result;
}

function boundedExp(x: PreciseComplex, { math }: PreciseContext): PreciseComplex {
  if (!x.re.isFinite() || !x.im.isFinite() || x.re.abs().gt(MAX_EXP_ARGUMENT) || x.im.e > MAX_ANGLE_EXPONENT)
    return fail();
  return expPrecise(x, math);
}

/** Odd roots of negative reals are real, as in school. */
function takeRoot(of: PreciseComplex, degree: PreciseComplex, context: PreciseContext): PreciseComplex {
  const { math } = context;
  if (isReal(of) && of.re.isZero()) return of;
  if (isReal(of) && of.re.gt(0) && isReal(degree) && degree.re.eq(2)) return real(math.sqrt(of.re), math);
  const inverse = dividePrecise(whole(1n, math), degree);
  if (isReal(of) && of.re.lt(0) && isOddNumber(degree)) {
    const positive = power(real(of.re.neg(), math), inverse, context);
    return { re: positive.re.neg(), im: positive.im };
  }
  return power(of, inverse, context);
}

function factorial(value: PreciseComplex, step: bigint, { math }: PreciseContext): PreciseComplex {
  const n = value.re;
  if (!isReal(value) || !n.isInteger() || n.lt(0) || n.gt(LIMITS.numericFactorial)) return fail();
  let product = 1n;
  for (let k = BigInt(n.toFixed(0)); k > 1n; k -= step) product *= k;
  return whole(product, math);
}

function callFunction(name: string, args: readonly PreciseComplex[], context: PreciseContext): PreciseComplex {
  const { math } = context;
  const x = args[0] ?? fail();
  const [one, two] = [whole(1n, math), whole(2n, math)];
  spendOnFunction(context);
  switch (name) {
    case 'sin':
    case 'cos':
    case 'tan':
    case 'cot':
    case 'sec':
    case 'csc':
      return callTrigonometric(name, x, context);
    case 'sinh':
    case 'cosh': {
      const [up, down] = [boundedExp(x, context), boundedExp(subtractPrecise(whole(0n, math), x), context)];
      return dividePrecise(name === 'sinh' ? subtractPrecise(up, down) : addPrecise(up, down), two);
    }
    case 'tanh': {
      const twice = boundedExp(addPrecise(x, x), context);
      return dividePrecise(subtractPrecise(twice, one), addPrecise(twice, one));
    }
    case 'exp':
      return boundedExp(x, context);
    case 'ln':
      return logPrecise(x, math);
    case 'log':
      return dividePrecise(logPrecise(x, math), logPrecise(args[1] ?? whole(10n, math), math));
    case 'abs':
      return real(absPrecise(x, math), math);
    default:
      return callRealFunction(name, args, context);
  }
}

function callTrigonometric(name: string, x: PreciseComplex, context: PreciseContext): PreciseComplex {
  const { math } = context;
  if (x.re.e > MAX_ANGLE_EXPONENT || x.im.abs().gt(MAX_EXP_ARGUMENT)) return fail();
  const one = whole(1n, math);
  if (name === 'sin') return sinPrecise(x, math);
  if (name === 'cos') return cosPrecise(x, math);
  if (name === 'sec') return dividePrecise(one, cosPrecise(x, math));
  if (name === 'csc') return dividePrecise(one, sinPrecise(x, math));
  spendOnFunction(context);
  const [sine, cosine] = [sinPrecise(x, math), cosPrecise(x, math)];
  return name === 'tan' ? dividePrecise(sine, cosine) : dividePrecise(cosine, sine);
}

/** Functions that have a value on reals only. */
function callRealFunction(name: string, args: readonly PreciseComplex[], context: PreciseContext): PreciseComplex {
  if (!args.every(isReal)) return fail();
  const { math } = context;
  const [x, y] = [args[0]!.re, args[1]?.re];
  switch (name) {
    case 'asin':
      return real(math.asin(x), math);
    case 'acos':
      return real(math.acos(x), math);
    case 'atan':
      return real(math.atan(x), math);
    case 'asinh':
      return real(math.log(x.plus(math.sqrt(x.times(x).plus(1)))), math);
    case 'acosh':
      return x.lt(1) ? fail() : real(math.log(x.plus(math.sqrt(x.times(x).minus(1)))), math);
    case 'atanh':
      return x.abs().gte(1) ? fail() : real(math.log(x.plus(1).div(x.neg().plus(1))).div(2), math);
    case 'floor':
    case 'ceil':
      return real(roundSafely(x, name), math);
    case 'max':
    case 'min':
      return real(
        args.map(({ re }) => re).reduce((a, b) => (a.gt(b) === (name === 'max') ? a : b)),
        math,
      );
    case 'binom':
      return y === undefined ? fail() : real(binomial(x, y, context), math);
    default:
      return fail();
  }
}

/** Next to a whole number the digits do not tell on which side of it a value lies. */
function roundSafely(x: PreciseComplex['re'], name: 'floor' | 'ceil'): PreciseComplex['re'] {
  const nearest = x.round();
  if (!x.eq(nearest) && x.minus(nearest).abs().lt('1e-40')) return fail();
  return name === 'floor' ? x.floor() : x.ceil();
}

function binomial(n: PreciseComplex['re'], k: PreciseComplex['re'], context: PreciseContext): PreciseComplex['re'] {
  const { math, steps } = context;
  if (!k.isInteger() || k.lt(0) || k.gt(LIMITS.terms)) return fail();
  let result = math.toNumber(1n);
  steps.spend(k.toNumber());
  for (let i = 0; i < k.toNumber(); i += 1) result = result.times(n.minus(i)).div(i + 1);
  return result;
}

function evaluateSeries(expr: Extract<Expr, { type: 'series' }>, context: PreciseContext): PreciseComplex {
  const [from, to] = [evaluate(expr.from, context), evaluate(expr.to, context)];
  if (![from, to].every((end) => isReal(end) && end.re.isInteger())) return fail();
  if (to.re.minus(from.re).gte(LIMITS.terms)) throw new Refusal('limit:terms');
  const isSum = expr.op === 'sum';
  let result = whole(isSum ? 0n : 1n, context.math);
  for (let k = from.re; k.lte(to.re); k = k.plus(1)) {
    const values = new Map([...context.values, [expr.variable, real(k, context.math)]]);
    const term = evaluate(expr.body, { ...context, values });
    result = isSum ? addPrecise(result, term) : multiplyPrecise(result, term);
  }
  return result;
}
