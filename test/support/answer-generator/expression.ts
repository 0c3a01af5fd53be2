/** Functions an expression may hold; `log` has its base as the second argument. */
export type FunctionName =
  | ('abs' | 'floor' | 'ceil' | 'min' | 'max' | 'ln' | 'log' | 'sin' | 'cos' | 'tan' | 'sec' | 'cot' | 'arcsin')
  | ('arccos' | 'arctan' | 'factorial' | 'doubleFactorial' | 'binomial');

/** An expression over the real numbers. Whole numbers are not negative; `minus` makes them so. */
export type Expr =
  | { readonly is: 'int'; readonly n: bigint }
  | { readonly is: 'symbol'; readonly name: string }
  | { readonly is: 'pi' | 'e' }
  | { readonly is: 'sum'; readonly terms: readonly Expr[] }
  | { readonly is: 'product'; readonly factors: readonly Expr[] }
  | { readonly is: 'quotient'; readonly over: Expr; readonly under: Expr }
  | { readonly is: 'power'; readonly base: Expr; readonly exponent: Expr }
  | { readonly is: 'root'; readonly degree: number; readonly of: Expr }
  | { readonly is: 'minus'; readonly of: Expr }
  | { readonly is: 'call'; readonly name: FunctionName; readonly args: readonly Expr[] };

export const PI: Expr = { is: 'pi' };
export const E: Expr = { is: 'e' };

export function int(n: number | bigint): Expr {
  const value = BigInt(n);
  return value < 0n ? { is: 'minus', of: { is: 'int', n: -value } } : { is: 'int', n: value };
}

export const symbol = (name: string): Expr => ({ is: 'symbol', name });

/** The sum, nested sums opened; a sum of one term is the term. */
export function sum(...terms: readonly Expr[]): Expr {
  const flat = terms.flatMap((term) => (term.is === 'sum' ? term.terms : [term]));
  return flat.length === 1 ? flat[0]! : { is: 'sum', terms: flat };
}

/** The product, nested products opened; a factor 1 beside others is left out. */
export function product(...factors: readonly Expr[]): Expr {
  const flat = factors.flatMap((factor) => (factor.is === 'product' ? factor.factors : [factor]));
  const kept = flat.filter((factor) => factor.is !== 'int' || factor.n !== 1n);
  if (kept.length === 0) return int(1);
  return kept.length === 1 ? kept[0]! : { is: 'product', factors: kept };
}

export const quotient = (over: Expr, under: Expr): Expr => ({ is: 'quotient', over, under });
export const power = (base: Expr, exponent: Expr | number): Expr => ({
  is: 'power',
  base,
  exponent: typeof exponent === 'number' ? int(exponent) : exponent,
});
export const root = (of: Expr, degree = 2): Expr => ({ is: 'root', degree, of });
export const minus = (of: Expr): Expr => (of.is === 'minus' ? of.of : { is: 'minus', of });
export const call = (name: FunctionName, ...args: readonly Expr[]): Expr => ({ is: 'call', name, args });

/** `over / under`, as a whole number where it is one. */
export function fraction(over: number | bigint, under: number | bigint): Expr {
  const value = BigInt(under) === 1n ? int(over) : null;
  if (value !== null) return value;
  return BigInt(over) < 0n ? minus(quotient(int(-BigInt(over)), int(under))) : quotient(int(over), int(under));
}

/** The parts of an expression, from left to right. */
export function listParts(expr: Expr): readonly Expr[] {
  switch (expr.is) {
    case 'sum':
      return expr.terms;
    case 'product':
      return expr.factors;
    case 'quotient':
      return [expr.over, expr.under];
    case 'power':
      return [expr.base, expr.exponent];
    case 'root':
    case 'minus':
      return [expr.of];
    case 'call':
      return expr.args;
    default:
      return [];
  }
}

/** The same expression with other parts; as many as it has. */
export function withParts(expr: Expr, parts: readonly Expr[]): Expr {
  switch (expr.is) {
    case 'sum':
      return sum(...parts);
    case 'product':
      return product(...parts);
    case 'quotient':
      return quotient(parts[0]!, parts[1]!);
    case 'power':
      return power(parts[0]!, parts[1]!);
    case 'root':
      return root(parts[0]!, expr.degree);
    case 'minus':
      return minus(parts[0]!);
    case 'call':
      return call(expr.name, ...parts);
    default:
      return expr;
  }
}

/** The names of the symbols, each once. */
export function listSymbols(expr: Expr): string[] {
  if (expr.is === 'symbol') return [expr.name];
  return [...new Set(listParts(expr).flatMap(listSymbols))];
}

/** Puts an expression in place of a symbol. */
export function substitute(expr: Expr, name: string, value: Expr): Expr {
  if (expr.is === 'symbol') return expr.name === name ? value : expr;
  return withParts(
    expr,
    listParts(expr).map((part) => substitute(part, name, value)),
  );
}
