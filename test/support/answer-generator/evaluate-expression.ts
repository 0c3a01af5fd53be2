import { type Expr, type FunctionName, listParts, listSymbols } from './expression.ts';

/** Values of the symbols. */
export type Point = Readonly<Record<string, number>>;

/** The value in doubles; NaN where the expression is not defined over the real numbers. */
export function evaluate(expr: Expr, point: Point): number {
  switch (expr.is) {
    case 'int':
      return Number(expr.n);
    case 'symbol':
      return point[expr.name] ?? Number.NaN;
    case 'pi':
      return Math.PI;
    case 'e':
      return Math.E;
    case 'sum':
      return expr.terms.reduce((total, term) => total + evaluate(term, point), 0);
    case 'product':
      return expr.factors.reduce((total, factor) => total * evaluate(factor, point), 1);
    case 'quotient':
      return divide(evaluate(expr.over, point), evaluate(expr.under, point));
    case 'power':
      return raise(evaluate(expr.base, point), evaluate(expr.exponent, point));
    case 'root':
      return takeRoot(evaluate(expr.of, point), expr.degree);
    case 'minus':
      return -evaluate(expr.of, point);
    case 'call':
      return apply(
        expr.name,
        expr.args.map((arg) => evaluate(arg, point)),
      );
  }
}

const finite = (value: number): number => (Number.isFinite(value) ? value : Number.NaN);

const divide = (over: number, under: number): number => (under === 0 ? Number.NaN : over / under);

function raise(base: number, exponent: number): number {
  if (base === 0 && exponent <= 0) return Number.NaN;
  return finite(base ** exponent);
}

function takeRoot(value: number, degree: number): number {
  if (degree % 2 === 1 && value < 0) return -((-value) ** (1 / degree));
  return value < 0 ? Number.NaN : value ** (1 / degree);
}

function factorial(n: number): number {
  if (!Number.isInteger(n) || n < 0 || n > 170) return Number.NaN;
  let value = 1;
  for (let k = 2; k <= n; k += 1) value *= k;
  return value;
}

const FUNCTIONS: Readonly<Record<FunctionName, (...args: readonly number[]) => number>> = {
  abs: (x) => Math.abs(x!),
  floor: (x) => Math.floor(x!),
  ceil: (x) => Math.ceil(x!),
  min: (...args) => Math.min(...args),
  max: (...args) => Math.max(...args),
  ln: (x) => (x! > 0 ? Math.log(x!) : Number.NaN),
  log: (x, base) => (x! > 0 ? Math.log(x!) / Math.log(base!) : Number.NaN),
  sin: (x) => Math.sin(x!),
  cos: (x) => Math.cos(x!),
  tan: (x) => Math.tan(x!),
  sec: (x) => 1 / Math.cos(x!),
  cot: (x) => 1 / Math.tan(x!),
  arcsin: (x) => Math.asin(x!),
  arccos: (x) => Math.acos(x!),
  arctan: (x) => Math.atan(x!),
  factorial: (n) => factorial(n!),
  doubleFactorial: (n) => {
    let value = n! >= 0 && n! <= 60 && Number.isInteger(n!) ? 1 : Number.NaN;
    for (let k = n!; k > 1; k -= 2) value *= k;
    return value;
  },
  binomial: (n, k) => (k! > n! ? 0 : factorial(n!) / (factorial(k!) * factorial(n! - k!))),
};

const apply = (name: FunctionName, args: readonly number[]): number => finite(FUNCTIONS[name](...args));

function countsThings(expr: Expr): boolean {
  if (expr.is === 'call' && ['factorial', 'doubleFactorial', 'binomial'].includes(expr.name)) return true;
  return listParts(expr).some(countsThings);
}

const REALS = [0.37, -0.61, 1.9, -2.13, 4.41, -7.3, 11.7, 0.052, -0.0031, 63.2, -40.9, 1234.5, -871.3];
const NATURALS = [7, 9, 5, 11, 8, 13, 6, 10, 12];

/** Points at which expressions in these symbols are compared; naturals where one counts things. */
function listPoints(exprs: readonly Expr[]): Point[] {
  const names = [...new Set(exprs.flatMap(listSymbols))].toSorted();
  if (names.length === 0) return [{}];
  const values = exprs.some(countsThings) ? NATURALS : REALS;
  const at = (shift: number, step: number) =>
    Object.fromEntries(names.map((name, k) => [name, values[(shift + k * step) % values.length]!]));
  return values.flatMap((_, shift) => [at(shift, 4), at(shift, 7)]);
}

const gap = (a: number, b: number): number => Math.abs(a - b) / Math.max(Math.abs(a), Math.abs(b), 1e-300);

/** Whether rounding may leave something of what cancels: `sin(pi)` is no zero in doubles. */
function mayCancel(expr: Expr): boolean {
  const rounds = expr.is === 'sum' || (expr.is === 'call' && expr.name !== 'factorial' && expr.name !== 'binomial');
  return rounds || listParts(expr).some(mayCancel);
}

/** Further apart than any rounding of doubles; false where one has no value. */
function areApart(x: number, y: number, isRounded: boolean): boolean {
  return gap(x, y) > 1e-5 && (!isRounded || Math.abs(x - y) > 1e-7);
}

/**
 * Whether two expressions are proven to differ: at two points, or at the one there is, both have values, and these
 * are further apart than any rounding of doubles.
 */
export function differ(a: Expr, b: Expr): boolean {
  const points = listPoints([a, b]);
  const isRounded = mayCancel(a) || mayCancel(b);
  const apart = points.filter((point) => areApart(evaluate(a, point), evaluate(b, point), isRounded));
  return apart.length >= Math.min(2, points.length);
}

/** Whether two expressions in `x` are proven to differ somewhere to the right of a place, or to the left of it. */
export function differBeside(a: Expr, b: Expr, place: number, side: 'left' | 'right'): boolean {
  return REALS.some((step) => {
    const x = side === 'right' ? place + Math.abs(step) : place - Math.abs(step);
    return areApart(evaluate(a, { x }), evaluate(b, { x }), true);
  });
}

/** Whether two expressions have the same values, and none at the same points: a check on the rules of rewriting. */
export function agree(a: Expr, b: Expr): boolean {
  let compared = 0;
  for (const point of listPoints([a, b])) {
    const [x, y] = [evaluate(a, point), evaluate(b, point)];
    if (Number.isNaN(x) !== Number.isNaN(y)) return false;
    if (Number.isNaN(x)) continue;
    compared += 1;
    if (gap(x, y) > 1e-7 && Math.abs(x - y) > 1e-7) return false;
  }
  return compared > 0;
}
