import { Refusal, type StepBudget } from '../limits.ts';
import { type Expr, hasType } from '../syntax-tree.ts';

type Rows = readonly (readonly Expr[])[];

/**
 * Carries out sums, products, scalar multiples, transposes and determinants of matrices, so that what remains is
 * one matrix of expressions or an expression without matrices. Throws `Refusal` for shapes that do
 * not fit.
 */
export function resolveMatrices(expr: Expr, steps: StepBudget): Expr {
  if (!hasType(expr, 'matrix')) return expr;
  steps.spend();
  switch (expr.type) {
    case 'matrix':
      return expr.isDeterminant ? computeDeterminant(expr.rows, steps) : expr;
    case 'negate': {
      const of = resolveMatrices(expr.of, steps);
      return of.type === 'matrix' ? mapRows(of.rows, (entry) => ({ type: 'negate', of: entry })) : { ...expr, of };
    }
    case 'binary':
      return combine(expr.op, resolveMatrices(expr.left, steps), resolveMatrices(expr.right, steps), steps);
    default:
      throw new Refusal('syntax');
  }
}

function mapRows(rows: Rows, apply: (entry: Expr, row: number, column: number) => Expr): Expr {
  return {
    type: 'matrix',
    rows: rows.map((row, i) => row.map((entry, k) => apply(entry, i, k))),
    isDeterminant: false,
  };
}

function combine(op: '+' | '-' | '*' | '/' | '^', left: Expr, right: Expr, steps: StepBudget): Expr {
  if (left.type !== 'matrix' && right.type !== 'matrix') return { type: 'binary', op, left, right };
  if (left.type === 'matrix' && right.type === 'matrix') {
    if (op === '*') return multiplyMatrices(left.rows, right.rows, steps);
    if (
      op === '^' ||
      op === '/' ||
      left.rows.length !== right.rows.length ||
      left.rows[0]!.length !== right.rows[0]!.length
    )
      throw new Refusal('syntax');
    return mapRows(left.rows, (entry, i, k) => ({ type: 'binary', op, left: entry, right: right.rows[i]![k]! }));
  }
  if (left.type === 'matrix' && op === '^' && right.type === 'symbol' && right.name === 'T')
    return { type: 'matrix', rows: left.rows[0]!.map((_, k) => left.rows.map((row) => row[k]!)), isDeterminant: false };
  if (left.type === 'matrix' && (op === '*' || op === '/'))
    return mapRows(left.rows, (entry) => ({ type: 'binary', op, left: entry, right }));
  if (right.type === 'matrix' && op === '*')
    return mapRows(right.rows, (entry) => ({ type: 'binary', op, left, right: entry }));
  // `matrix + 0`: adding zero is written by models and means nothing.
  if ((op === '+' || op === '-') && left.type === 'matrix' && isZero(right)) return left;
  throw new Refusal('syntax');
}

function isZero(expr: Expr): boolean {
  return expr.type === 'number' && expr.value.num === 0n;
}

function multiplyMatrices(a: Rows, b: Rows, steps: StepBudget): Expr {
  if (a[0]!.length !== b.length) throw new Refusal('syntax');
  const rows = a.map((row) =>
    b[0]!.map((_, column) => {
      const products = row.map((entry, k): Expr => ({ type: 'binary', op: '*', left: entry, right: b[k]![column]! }));
      steps.spend(products.length);
      return products.reduce((left, right) => ({ type: 'binary', op: '+', left, right }));
    }),
  );
  return { type: 'matrix', rows, isDeterminant: false };
}

/** By expansion along the first row; the step bound keeps large ones out. */
function computeDeterminant(rows: Rows, steps: StepBudget): Expr {
  if (rows.length !== rows[0]!.length) throw new Refusal('syntax');
  steps.spend(rows.length);
  if (rows.length === 1) return rows[0]![0]!;
  const terms = rows[0]!.map((entry, column): Expr => {
    const minor = rows.slice(1).map((row) => row.filter((_, k) => k !== column));
    const product: Expr = { type: 'binary', op: '*', left: entry, right: computeDeterminant(minor, steps) };
    return column % 2 === 0 ? product : { type: 'negate', of: product };
  });
  return terms.reduce((left, right) => ({ type: 'binary', op: '+', left, right }));
}
