import { type Expr, joinBinary, wholeNumber } from '../syntax-tree.ts';

/** The value that a function has at its argument: by the functions that are evaluated, where it is made of these. */
export function callFunction(name: string, argument: Expr): Expr {
  const made = MADE_OF[name];
  return made === undefined ? { type: 'call', name, args: [argument] } : made(argument);
}

const call = (name: string, argument: Expr): Expr => ({ type: 'call', name, args: [argument] });
const invert = (expr: Expr): Expr => joinBinary('/', wholeNumber(1n), expr);

/** The argument stands once in each: functions of functions stay as long as they are written. */
const MADE_OF: Readonly<Record<string, (argument: Expr) => Expr>> = {
  sech: (x) => invert(call('cosh', x)),
  csch: (x) => invert(call('sinh', x)),
  coth: (x) => invert(call('tanh', x)),
  asec: (x) => call('acos', invert(x)),
  acsc: (x) => call('asin', invert(x)),
  acot: (x) => joinBinary('-', joinBinary('/', { type: 'constant', name: 'pi' }, wholeNumber(2n)), call('atan', x)),
  asech: (x) => call('acosh', invert(x)),
  acsch: (x) => call('asinh', invert(x)),
  acoth: (x) => call('atanh', invert(x)),
};
