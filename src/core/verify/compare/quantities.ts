import type { Policy } from '../policy.ts';
import { scale } from '../read/quantity-parser.ts';
import type { Unit } from '../read/units.ts';
import { type Expr, listSymbols, type ScalarItem } from '../syntax-tree.ts';
import { divide } from '../value/rational.ts';

/** Two quantities as numbers that can be compared. */
export interface Aligned {
  readonly gold: Expr;
  readonly answer: Expr;
}

/**
 * Both quantities in one unit; null when their units do not fit. By `absent-ok` one side may lack its unit; two known
 * units must have one dimension and are converted; two nouns must share a word.
 */
export function alignUnits(gold: ScalarItem, answer: ScalarItem, rule: Policy['units']): Aligned | null {
  const [left, right] = [pickReading(gold, answer), pickReading(answer, gold)];
  if (rule === 'ignore') return { gold: left.expr, answer: right.expr };
  if (left.unit === null || right.unit === null) {
    const isOk = rule === 'absent-ok' || left.unit === right.unit;
    return isOk ? { gold: left.expr, answer: right.expr } : null;
  }
  const factor = findFactor(left.unit, right.unit);
  return factor === null ? null : { gold: left.expr, answer: scale(right.expr, factor) };
}

/** `5 m` is a product where the other side has symbols. */
function pickReading(item: ScalarItem, other: ScalarItem): { readonly expr: Expr; readonly unit: Unit | null } {
  const isProduct =
    item.product !== undefined && listSymbols(other.product ?? other.expr).length > 0 && other.unit === null;
  return isProduct ? { expr: item.product, unit: null } : item;
}

/** By what a value in the second unit is multiplied to be one in the first; null when that is not possible. */
function findFactor(gold: Unit, answer: Unit): { readonly num: bigint; readonly den: bigint } | null {
  const one = { num: 1n, den: 1n };
  if (gold.text === answer.text) return one;
  if (gold.known !== null && answer.known !== null)
    return gold.known.dimension === answer.known.dimension ? divide(answer.known.factor, gold.known.factor) : null;
  if (gold.known !== null || answer.known !== null) return null;
  const words = new Set(gold.text.split(' '));
  return answer.text.split(' ').some((word) => words.has(word)) ? one : null;
}
