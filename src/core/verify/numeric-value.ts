import {
  absComplex,
  addComplex,
  type Complex,
  cosComplex,
  divideComplex,
  expComplex,
  fromReal,
  logComplex,
  multiplyComplex,
  ONE,
  powerComplex,
  sinComplex,
  subtractComplex,
  ZERO,
} from './complex.ts';
import { LIMITS, Refusal, type StepBudget } from './limits.ts';
import { toDouble } from './rational.ts';
import { type Expr, listSymbols } from './syntax-tree.ts';

/** Value of every symbol at one point. */
export type Valuation = (symbol: string) => Complex;

/**
 * Value of an expression at one point in complex doubles; NaN or infinite parts where it has none.
 * Throws `Refusal` for what has no number (a base, a matrix) and beyond the step bound.
 */
export function evaluateNumerically(expr: Expr, valuation: Valuation, steps: StepBudget): Complex {
  steps.spend();
  const evaluate = (child: Expr) => evaluateNumerically(child, valuation, steps);
  switch (expr.type) {
    case 'number':
      return fromReal(toDouble(expr.value));
    case 'symbol':
      return valuation(expr.name);
    case 'constant':
      return CONSTANTS[expr.name];
    case 'negate':
      return subtractComplex(ZERO, evaluate(expr.of));
    case 'percent':
      return divideComplex(evaluate(expr.of), fromReal(100));
    case 'degree':
      return evaluate(expr.of);
    case 'factorial':
      return factorial(evaluate(expr.of));
    case 'binary':
      return evaluateOddPower(expr, evaluate) ?? applyBinary(expr.op, evaluate(expr.left), evaluate(expr.right));
    case 'root':
      return takeRoot(evaluate(expr.of), evaluate(expr.degree));
    case 'call':
      return applyFunction(expr.name, expr.args.map(evaluate));
    case 'series':
      return evaluateSeries(expr, valuation, steps);
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

/** `x^{2/3}` is the square of the cube root, real where x is negative, like `\sqrt[3]{x}^2`; null for other operations. */
function evaluateOddPower(expr: Extract<Expr, { type: 'binary' }>, evaluate: (child: Expr) => Complex): Complex | null {
  const { op, left, right } = expr;
  if (op !== '^' || right.type !== 'binary' || right.op !== '/') return null;
  if (right.left.type !== 'number' || right.right.type !== 'number' || right.right.value.num % 2n === 0n) return null;
  const base = evaluate(left);
  if (base.im !== 0 || base.re >= 0 || right.left.value.den !== 1n || right.right.value.den !== 1n) return null;
  return powerComplex(takeRoot(base, evaluate(right.right)), evaluate(right.left));
}

function applyBinary(op: string, left: Complex, right: Complex): Complex {
  switch (op) {
    case '+':
      return addComplex(left, right);
    case '-':
      return subtractComplex(left, right);
    case '*':
      return multiplyComplex(left, right);
    case '/':
      return divideComplex(left, right);
    default:
      return powerComplex(left, right);
  }
}

/** Odd roots of negative reals are real, as in school. */
function takeRoot(of: Complex, degree: Complex): Complex {
  if (of.im === 0 && of.re < 0 && degree.im === 0 && Math.abs(degree.re % 2) === 1) {
    return fromReal(-((-of.re) ** (1 / degree.re)));
  }
  if (of.im === 0 && of.re >= 0 && degree.re === 2) return fromReal(Math.sqrt(of.re));
  return powerComplex(of, divideComplex(ONE, degree));
}

function factorial(value: Complex): Complex {
  const n = value.re;
  if (value.im !== 0 || !Number.isInteger(n) || n < 0) return fromReal(Number.NaN);
  if (n > LIMITS.numericFactorial) return fromReal(Number.POSITIVE_INFINITY);
  let product = 1;
  for (let k = 2; k <= n; k += 1) product *= k;
  return fromReal(product);
}

function applyFunction(name: string, args: readonly Complex[]): Complex {
  const x = args[0]!;
  const unary = UNARY[name];
  if (unary !== undefined) return unary(x);
  if (name === 'log') return divideComplex(logComplex(x), logComplex(args[1] ?? fromReal(10)));
  return applyRealFunction(name, args);
}

const UNARY: Readonly<Record<string, (x: Complex) => Complex>> = {
  sin: sinComplex,
  cos: cosComplex,
  tan: (x) => divideComplex(sinComplex(x), cosComplex(x)),
  cot: (x) => divideComplex(cosComplex(x), sinComplex(x)),
  sec: (x) => divideComplex(ONE, cosComplex(x)),
  csc: (x) => divideComplex(ONE, sinComplex(x)),
  sinh: (x) => divideComplex(subtractComplex(expComplex(x), expComplex(subtractComplex(ZERO, x))), fromReal(2)),
  cosh: (x) => divideComplex(addComplex(expComplex(x), expComplex(subtractComplex(ZERO, x))), fromReal(2)),
  tanh: (x) => {
    const twice = expComplex(addComplex(x, x));
    return divideComplex(subtractComplex(twice, ONE), addComplex(twice, ONE));
  },
  exp: expComplex,
  ln: logComplex,
  abs: (x) => fromReal(absComplex(x)),
};

/** Functions that have a value on reals only. */
function applyRealFunction(name: string, args: readonly Complex[]): Complex {
  if (args.some((arg) => arg.im !== 0)) return fromReal(Number.NaN);
  const reals = args.map((arg) => arg.re);
  switch (name) {
    case 'asin':
      return fromReal(Math.asin(reals[0]!));
    case 'acos':
      return fromReal(Math.acos(reals[0]!));
    case 'atan':
      return fromReal(Math.atan(reals[0]!));
    case 'floor':
      return fromReal(Math.floor(reals[0]!));
    case 'ceil':
      return fromReal(Math.ceil(reals[0]!));
    case 'max':
      return fromReal(Math.max(...reals));
    case 'min':
      return fromReal(Math.min(...reals));
    case 'binom':
      return binomial(reals[0]!, reals[1]!);
    default:
      throw new Refusal('syntax');
  }
}

function binomial(n: number, k: number): Complex {
  if (!Number.isInteger(k) || k < 0 || k > LIMITS.terms) return fromReal(Number.NaN);
  let result = 1;
  for (let i = 0; i < k; i += 1) result *= (n - i) / (i + 1);
  return fromReal(result);
}

function evaluateSeries(expr: Extract<Expr, { type: 'series' }>, valuation: Valuation, steps: StepBudget): Complex {
  const from = evaluateNumerically(expr.from, valuation, steps);
  const to = evaluateNumerically(expr.to, valuation, steps);
  const isOpen = listSymbols(expr.from).length + listSymbols(expr.to).length > 0;
  if (isOpen) return evaluateOpenSeries(expr, from, to, valuation, steps);
  if (!Number.isInteger(from.re) || !Number.isInteger(to.re) || from.im !== 0 || to.im !== 0)
    throw new Refusal('syntax');
  if (to.re - from.re >= LIMITS.terms) throw new Refusal('limit:terms');
  let result = expr.op === 'sum' ? ZERO : ONE;
  for (let k = from.re; k <= to.re; k += 1) {
    const inner: Valuation = (symbol) => (symbol === expr.variable ? fromReal(k) : valuation(symbol));
    const term = evaluateNumerically(expr.body, inner, steps);
    result = expr.op === 'sum' ? addComplex(result, term) : multiplyComplex(result, term);
  }
  return result;
}

/**
 * A stand-in for a series with symbolic bounds: a value that two series share when their bounds and terms
 * have equal values, and by chance only otherwise.
 */
function evaluateOpenSeries(
  expr: Extract<Expr, { type: 'series' }>,
  from: Complex,
  to: Complex,
  valuation: Valuation,
  steps: StepBudget,
): Complex {
  const index: Valuation = (symbol) => valuation(symbol === expr.variable ? 'index of a series' : symbol);
  const body = evaluateNumerically(expr.body, index, steps);
  const offset = expr.op === 'sum' ? 0.5772156649 : 1.2824271291;
  const mixed = [from, to, body].map((part, k) => addComplex(part, fromReal(offset + 1.6180339887 * k)));
  return mixed.reduce(multiplyComplex);
}
