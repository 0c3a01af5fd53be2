import { childrenOf, type Expr, hasType, withChildren } from './syntax-tree.ts';

/** Both readings of an expression with `\pm` or `\mp` (all signs together), or the expression alone. */
export function expandSigns(expr: Expr): Expr[] {
  if (!hasType(expr, 'plus-minus')) return [expr];
  return [readWithSign(expr, 1), readWithSign(expr, -1)];
}

function readWithSign(expr: Expr, sign: 1 | -1): Expr {
  if (expr.type !== 'plus-minus')
    return withChildren(
      expr,
      childrenOf(expr).map((child) => readWithSign(child, sign)),
    );
  const right = readWithSign(expr.right, sign);
  const isPlus = expr.sign * sign === 1;
  if (expr.left === null) return isPlus ? right : { type: 'negate', of: right };
  return { type: 'binary', op: isPlus ? '+' : '-', left: readWithSign(expr.left, sign), right };
}
