import type { StepBudget } from '../limits.ts';
import { type Expr, type Item, isClosed, joinBinary, wholeNumber } from '../syntax-tree.ts';
import { evaluateExactly } from '../value/exact-value.ts';

/** Values that are stated with a modulus. */

/** Whether a value may stand without the modulus behind it: `2 \pmod 5` is 2; `7 \pmod 5` and `x^2 \pmod 5` are no numbers. */
export function isRemainder(value: Item, modulus: Expr, steps: StepBudget): boolean {
  if (value.kind === 'list' || value.kind === 'set')
    return value.items.every((one) => isRemainder(one, modulus, steps));
  if (value.kind !== 'scalar') return false;
  const scope = { steps, values: new Map() };
  const [rest, of] = [evaluateExactly(value.expr, scope), evaluateExactly(modulus, scope)];
  if (rest === null || rest.den !== 1n) return false;
  // Below a modulus in letters it may lie.
  return of === null ? !isClosed(modulus) : of.den === 1n && (rest.num < 0n ? -rest.num : rest.num) < of.num;
}

/** A remainder or another member of its class, and the modulus. */
type Residue = readonly [value: Item, modulus: Expr | null];

/** Whether two residues name one class: equal moduli, and a difference that they divide. */
export function areCongruent(gold: Residue, answer: Residue, isSame: (left: Expr, right: Expr) => boolean): boolean {
  const [[left, modulus], [right, other]] = [gold, answer];
  if (modulus === null || other === null || left.kind !== 'scalar' || right.kind !== 'scalar') return false;
  if (!isSame(modulus, other)) return false;
  return isSame(wholeNumber(0n), {
    type: 'call',
    name: 'mod',
    args: [joinBinary('-', left.expr, right.expr), modulus],
  });
}
