import { LIMITS, Refusal, type StepBudget } from '../limits.ts';
import type { Expr } from '../syntax-tree.ts';
import { hashOpaque } from './exact-value.ts';
import { toDouble } from './rational.ts';

/** What an evaluation in doubles needs, and what it finds out. */
export interface NumericScope {
  readonly steps: StepBudget;
  valueOf(symbol: string): Complex;
  /** Largest operand of a sum, a difference or a function so far. */
  peak: number;
  /** Set when a root, power, logarithm or inverse function had no real value on the way. */
  leftReals: boolean;
  /** Set when a step with finite operands was too large or too small for a double. */
  leftRange: boolean;
}

type Of<T extends Expr['type']> = Extract<Expr, { type: T }>;
type Evaluate = (child: Expr) => Complex;

/**
 * Value of an expression in complex doubles; NaN or infinite parts where it has none. Throws `Refusal` for what
 * has no number (a base, a matrix) and beyond the step bound.
 */
export function evaluateNumerically(expr: Expr, scope: NumericScope): Complex {
  scope.steps.spend();
  const evaluate: Evaluate = (child) => evaluateNumerically(child, scope);
  switch (expr.type) {
    case 'number':
      return fromReal(toDouble(expr.value));
    case 'symbol':
      return scope.valueOf(expr.name);
    case 'constant':
      return CONSTANTS[expr.name];
    case 'negate':
      return subtractComplex(ZERO, evaluate(expr.of));
    case 'percent':
      return divideComplex(evaluate(expr.of), fromReal(100));
    case 'degree':
      return multiplyComplex(evaluate(expr.of), fromReal(Math.PI / 180));
    case 'factorial':
      return factorial(evaluate(expr.of));
    case 'double-factorial':
      return doubleFactorial(evaluate(expr.of));
    case 'binary':
      return evaluateBinary(expr, evaluate, scope);
    case 'root':
      return takeRoot(evaluate(expr.of), evaluate(expr.degree), scope);
    case 'call':
      return evaluateCall(expr, evaluate, scope);
    case 'apply':
      return evaluateOpaque(expr, evaluate);
    case 'series':
      return evaluateSeries(expr, scope);
    default:
      throw new Refusal('syntax');
  }
}

const CONSTANTS: Readonly<Record<'pi' | 'e' | 'i' | 'infty', Complex>> = {
  pi: fromReal(Math.PI),
  e: fromReal(Math.E),
  i: { re: 0, im: 1 },
  infty: fromReal(Number.POSITIVE_INFINITY),
};

function evaluateOpaque(expr: Of<'apply'>, evaluate: Evaluate): Complex {
  const [num, den] = hashOpaque(
    expr.name,
    expr.args.map((arg) => roundToKey(evaluate(arg))),
  );
  return fromReal(num / den);
}

/** Arguments that agree as far as doubles tell are one. */
function roundToKey({ re, im }: Complex): string {
  return `${(re + 0).toPrecision(9)} ${(im + 0).toPrecision(9)}`;
}

function notePeak(scope: NumericScope, { re, im }: Complex): void {
  scope.peak = Math.max(scope.peak, Math.abs(re), Math.abs(im));
}

function noteArgs(scope: NumericScope, args: readonly Complex[]): readonly Complex[] {
  for (const arg of args) notePeak(scope, arg);
  return args;
}

function evaluateBinary(expr: Of<'binary'>, evaluate: Evaluate, scope: NumericScope): Complex {
  if (expr.op === '^') return evaluatePower(expr, evaluate, scope);
  const [left, right] = [evaluate(expr.left), evaluate(expr.right)];
  if (expr.op === '+' || expr.op === '-') noteArgs(scope, [left, right]);
  if (expr.op === '+') return noteRange(scope, [left, right], addComplex(left, right));
  if (expr.op === '-') return noteRange(scope, [left, right], subtractComplex(left, right));
  if (expr.op === '*') return noteRange(scope, [left, right], multiplyComplex(left, right));
  // A division by zero is a pole.
  return isZero(right) ? divideComplex(left, right) : noteRange(scope, [left, right], divideComplex(left, right));
}

/** The value of a step without a pole, and a note where its operands are finite and it is not. */
function noteRange(scope: NumericScope, operands: readonly Complex[], value: Complex): Complex {
  if (isFiniteComplex(value) || !operands.every(isFiniteComplex)) return value;
  scope.leftRange = true;
  return value;
}

function isZero({ re, im }: Complex): boolean {
  return re === 0 && im === 0;
}

/** `x^{2/3}` is the square of the cube root, real where x is negative, like `\sqrt[3]{x}^2`; others are principal values. */
function evaluatePower({ left, right }: Of<'binary'>, evaluate: Evaluate, scope: NumericScope): Complex {
  const base = evaluate(left);
  if (base.im === 0 && base.re < 0 && right.type === 'binary' && right.op === '/') {
    const [over, under] = [evaluate(right.left), evaluate(right.right)];
    if (isOdd(under)) return notePowerRange(scope, takeRoot(base, under, scope), over);
  }
  const exponent = evaluate(right);
  if (base.im === 0 && base.re < 0 && !Number.isInteger(exponent.re)) scope.leftReals = true;
  return notePowerRange(scope, base, exponent);
}

/** A power of zero may have a pole; one of anything else is too large or too small where it is infinite or zero. */
function notePowerRange(scope: NumericScope, base: Complex, exponent: Complex): Complex {
  const value = powerComplex(base, exponent);
  if (isZero(base) || !isFiniteComplex(base) || !isFiniteComplex(exponent)) return value;
  if (isZero(value) || !isFiniteComplex(value)) scope.leftRange = true;
  return value;
}

function isOdd({ re, im }: Complex): boolean {
  return im === 0 && Math.abs(re % 2) === 1;
}

/** Odd roots of negative reals are real, as in school. */
function takeRoot(of: Complex, degree: Complex, scope: NumericScope): Complex {
  if (of.im === 0 && of.re < 0) {
    if (isOdd(degree)) return fromReal(-((-of.re) ** (1 / degree.re)));
    scope.leftReals = true;
  }
  if (of.im === 0 && of.re >= 0 && degree.re === 2 && degree.im === 0) return fromReal(Math.sqrt(of.re));
  return powerComplex(of, divideComplex(ONE, degree));
}

function factorial(value: Complex): Complex {
  return fromReal(value.im === 0 ? gammaOf(value.re + 1) : Number.NaN);
}

function doubleFactorial({ re: n, im }: Complex): Complex {
  if (im !== 0 || !Number.isInteger(n) || n < 0) return fromReal(Number.NaN);
  if (n > 2 * LIMITS.numericFactorial) return fromReal(Number.POSITIVE_INFINITY);
  let product = 1;
  for (let k = n; k > 1; k -= 2) product *= k;
  return fromReal(product);
}

/** A function that grows without a pole is too large for a double where its value is not finite; an exponential is never zero. */
function evaluateCall(expr: Of<'call'>, evaluate: Evaluate, scope: NumericScope): Complex {
  const args = noteArgs(scope, expr.args.map(evaluate));
  const value = applyFunction(expr.name, args, scope);
  if (!GROWING.has(expr.name)) return value;
  if (isZero(value) && expr.name === 'exp' && args.every(isFiniteComplex)) scope.leftRange = true;
  return noteRange(scope, args, value);
}

const GROWING: ReadonlySet<string> = new Set(['exp', 'sinh', 'cosh']);

function applyFunction(name: string, args: readonly Complex[], scope: NumericScope): Complex {
  const x = args[0]!;
  const unary = UNARY[name];
  if (unary !== undefined) return unary(x);
  if (name === 'ln' || name === 'log') {
    const isPositive = args.every(({ re, im }) => im === 0 && re > 0);
    if (!isPositive && args.every(({ im }) => im === 0)) scope.leftReals = true;
    return name === 'ln' ? logComplex(x) : divideComplex(logComplex(x), logComplex(args[1] ?? fromReal(10)));
  }
  return applyRealFunction(name, args, scope);
}

const UNARY: Readonly<Record<string, (x: Complex) => Complex>> = {
  sin: sinComplex,
  cos: cosComplex,
  tan: (x) => divideComplex(sinComplex(x), cosComplex(x)),
  cot: (x) => divideComplex(cosComplex(x), sinComplex(x)),
  sec: (x) => divideComplex(ONE, cosComplex(x)),
  csc: (x) => divideComplex(ONE, sinComplex(x)),
  sinh: (x) => {
    if (x.im === 0) return fromReal(Math.sinh(x.re));
    return divideComplex(subtractComplex(expComplex(x), expComplex(subtractComplex(ZERO, x))), fromReal(2));
  },
  cosh: (x) => {
    if (x.im === 0) return fromReal(Math.cosh(x.re));
    return divideComplex(addComplex(expComplex(x), expComplex(subtractComplex(ZERO, x))), fromReal(2));
  },
  tanh: (x) => {
    if (x.im === 0) return fromReal(Math.tanh(x.re));
    const twice = expComplex(addComplex(x, x));
    return divideComplex(subtractComplex(twice, ONE), addComplex(twice, ONE));
  },
  exp: expComplex,
  abs: (x) => fromReal(absComplex(x)),
};

/** Functions that have a value on reals only. */
function applyRealFunction(name: string, args: readonly Complex[], scope: NumericScope): Complex {
  if (args.some((arg) => arg.im !== 0)) return fromReal(Number.NaN);
  const reals = args.map((arg) => arg.re);
  const [x, y] = [reals[0]!, reals[1]!];
  switch (name) {
    case 'asin':
    case 'acos':
      if (Math.abs(x) > 1) scope.leftReals = true;
      return fromReal(name === 'asin' ? Math.asin(x) : Math.acos(x));
    case 'atan':
      return fromReal(Math.atan(x));
    case 'asinh':
      return fromReal(Math.asinh(x));
    case 'acosh':
    case 'atanh':
      if (name === 'acosh' ? x < 1 : Math.abs(x) > 1) scope.leftReals = true;
      return fromReal(name === 'acosh' ? Math.acosh(x) : Math.atanh(x));
    case 'floor':
      return fromReal(Math.floor(x));
    case 'ceil':
      return fromReal(Math.ceil(x));
    case 'sgn':
      return fromReal(Math.sign(x));
    case 'max':
      return fromReal(Math.max(...reals));
    case 'min':
      return fromReal(Math.min(...reals));
    case 'mod':
      return fromReal(x - y * Math.floor(x / y));
    case 'binom':
      return fromReal(chooseFrom(x, y));
    case 'permutations':
      return fromReal(gammaOf(x + 1) / gammaOf(x - y + 1));
    case 'gcd':
    case 'lcm':
      return fromReal(reals.reduce(name === 'gcd' ? greatestDivisor : leastMultiple));
    default:
      throw new Refusal('syntax');
  }
}

function chooseFrom(n: number, k: number): number {
  if (!Number.isInteger(k)) return gammaOf(n + 1) / (gammaOf(k + 1) * gammaOf(n - k + 1));
  if (k < 0 || k > LIMITS.terms) return Number.NaN;
  let result = 1;
  for (let i = 0; i < k; i += 1) result *= (n - i) / (i + 1);
  return result;
}

function greatestDivisor(a: number, b: number): number {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return Number.NaN;
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}

function leastMultiple(a: number, b: number): number {
  return Math.abs(a * b) / greatestDivisor(a, b);
}

/** Bounds must be whole numbers at this point; NaN where they are none. */
function evaluateSeries(expr: Of<'series'>, scope: NumericScope): Complex {
  const from = evaluateNumerically(expr.from, scope);
  const to = evaluateNumerically(expr.to, scope);
  if (from.im !== 0 || to.im !== 0 || !Number.isInteger(from.re) || !Number.isInteger(to.re))
    return fromReal(Number.NaN);
  if (to.re - from.re >= LIMITS.terms) throw new Refusal('limit:terms');
  if (to.re < from.re - 1) return fromReal(Number.NaN);
  let result = expr.op === 'sum' ? ZERO : ONE;
  let index = ZERO;
  const inner: NumericScope = {
    steps: scope.steps,
    valueOf: (symbol) => (symbol === expr.variable ? index : scope.valueOf(symbol)),
    leftReals: false,
    leftRange: false,
    peak: 0,
  };
  for (let k = from.re; k <= to.re; k += 1) {
    index = fromReal(k);
    const term = evaluateNumerically(expr.body, inner);
    result = expr.op === 'sum' ? addComplex(result, term) : multiplyComplex(result, term);
  }
  scope.leftReals ||= inner.leftReals;
  scope.leftRange ||= inner.leftRange;
  scope.peak = Math.max(scope.peak, inner.peak);
  return result;
}

/** A complex double. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

const ZERO: Complex = { re: 0, im: 0 };
const ONE: Complex = { re: 1, im: 0 };

export function fromReal(re: number): Complex {
  return { re, im: 0 };
}

export function isFiniteComplex(a: Complex): boolean {
  return Number.isFinite(a.re) && Number.isFinite(a.im);
}

function addComplex(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im };
}

export function subtractComplex(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}

function multiplyComplex(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return fromReal(a.re * b.re);
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

function divideComplex(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return fromReal(a.re / b.re);
  const size = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size };
}

export function absComplex(a: Complex): number {
  return Math.hypot(a.re, a.im);
}

/** Principal logarithm. */
function logComplex(a: Complex): Complex {
  return { re: Math.log(absComplex(a)), im: Math.atan2(a.im, a.re) };
}

function expComplex(a: Complex): Complex {
  const size = Math.exp(a.re);
  return a.im === 0 ? fromReal(size) : { re: size * Math.cos(a.im), im: size * Math.sin(a.im) };
}

/** Principal power; real bases with integer exponents stay real. */
function powerComplex(base: Complex, exponent: Complex): Complex {
  if (base.im === 0 && exponent.im === 0 && (base.re >= 0 || Number.isInteger(exponent.re))) {
    return fromReal(base.re ** exponent.re);
  }
  if (base.re === 0 && base.im === 0) return fromReal(exponent.re > 0 ? 0 : Number.NaN);
  if (exponent.im === 0 && Number.isInteger(exponent.re) && Math.abs(exponent.re) <= 64)
    return powerByProducts(base, exponent.re);
  return expComplex(multiplyComplex(exponent, logComplex(base)));
}

function powerByProducts(base: Complex, exponent: number): Complex {
  let result = ONE;
  for (let i = 0; i < Math.abs(exponent); i += 1) result = multiplyComplex(result, base);
  return exponent < 0 ? divideComplex(ONE, result) : result;
}

function sinComplex(a: Complex): Complex {
  if (a.im === 0) return fromReal(Math.sin(a.re));
  return { re: Math.sin(a.re) * Math.cosh(a.im), im: Math.cos(a.re) * Math.sinh(a.im) };
}

function cosComplex(a: Complex): Complex {
  if (a.im === 0) return fromReal(Math.cos(a.re));
  return { re: Math.cos(a.re) * Math.cosh(a.im), im: -Math.sin(a.re) * Math.sinh(a.im) };
}

/** Coefficients of Lanczos' approximation (g = 7, n = 9). */
const LANCZOS: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Gamma function of a real number: factorials between whole numbers. Infinite at its poles. */
function gammaOf(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return Number.POSITIVE_INFINITY;
    if (x > 171) return Number.POSITIVE_INFINITY;
    let product = 1;
    for (let k = 2; k < x; k += 1) product *= k;
    return product;
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gammaOf(1 - x));
  const z = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, k) => (k === 0 ? coefficient : total + coefficient / (z + k)), 0);
  const t = z + 7.5;
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * sum;
}
