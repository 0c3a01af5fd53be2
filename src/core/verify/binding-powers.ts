import type { BinaryOp } from './syntax-tree.ts';

/** Binding powers of the grammar, weakest first. */
export const POWER = { add: 20, multiply: 30, prefix: 35, exponent: 40 } as const;

/** Operators between two operands; of equal powers the left one goes first, but for the exponent. */
export const INFIX: Readonly<Record<string, { readonly op: BinaryOp; readonly power: number }>> = {
  '+': { op: '+', power: POWER.add },
  '-': { op: '-', power: POWER.add },
  '*': { op: '*', power: POWER.multiply },
  '/': { op: '/', power: POWER.multiply },
  '^': { op: '^', power: POWER.exponent },
};
