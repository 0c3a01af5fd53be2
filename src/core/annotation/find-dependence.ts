import { collectNumbers, listNumbers, type NumberPlace } from './list-terms.ts';

/** What stands before a number that was just found: a sign, or a sign or word. */
const COMPUTED = /[=≈][\s$£€\\({*]{0,6}$/;
const STATED =
  /(?:[=≈]|\b(?:is|are|be|equals?|gives?|makes?|so|thus|or|to|has|have|gets?|total|totals|totall?ing))[\s$£€\\({*:]{0,6}$/i;

/** An operator beside a number. */
const OPERATOR_BEFORE = /(?:[-+*/×÷·−]|\\times|\\cdot|\\div)[\s$£€\\({]{0,6}$/;
const OPERATOR_AFTER = /^[\s$\\)}]{0,6}(?:[-+*/×÷·−]|times|cdot|div)/;

/**
 * Whether a path calculates with a value that only a sibling finds: it is an operand there, nowhere in the path
 * is it stated as found (after `=`, `is`, `so`, ...), no text before the block holds it, and a sibling computes it
 * (after `=`). Values of one digit, and 100, are left out: they stand for words ("twice", "per cent")
 * as often as for a sibling's result.
 */
export function hasDependentPath(before: string, paths: readonly string[]): boolean {
  const known = collectNumbers(before);
  const read = paths.map((path) => readValues(path, known));
  return read.some(({ borrowed }, i) =>
    read.some(({ computed }, k) => k !== i && [...borrowed].some((value) => computed.has(value))),
  );
}

/** The values a path calculates with and does not find, and those it computes. */
function readValues(path: string, known: ReadonlySet<string>): { borrowed: Set<string>; computed: Set<string> } {
  const numbers = listNumbers(path).filter(({ value }) => value.length > 1 && value !== '100' && !known.has(value));
  const valuesOf = (places: readonly NumberPlace[]) => new Set(places.map(({ value }) => value));
  const stated = valuesOf(numbers.filter(({ lead }) => STATED.test(lead)));
  const operands = numbers.filter(({ lead, tail }) => OPERATOR_BEFORE.test(lead) || OPERATOR_AFTER.test(tail));
  return {
    borrowed: valuesOf(operands.filter(({ value }) => !stated.has(value))),
    computed: valuesOf(numbers.filter(({ lead }) => COMPUTED.test(lead))),
  };
}
