import { childrenOf, type Expr, listSymbols, withChildren } from './syntax-tree.ts';

/** The answer with its symbols renamed to those of the reference by order of appearance; unchanged when their numbers differ. */
export function matchSymbols(gold: Expr, answer: Expr): Expr {
  const [wanted, found] = [listSymbols(gold), listSymbols(answer)];
  if (wanted.length !== found.length) return answer;
  return rename(answer, new Map(found.map((name, k) => [name, wanted[k]!])));
}

function rename(expr: Expr, names: ReadonlyMap<string, string>): Expr {
  if (expr.type === 'symbol') return { type: 'symbol', name: names.get(expr.name) ?? expr.name };
  const children = childrenOf(expr);
  return children.length === 0
    ? expr
    : withChildren(
        expr,
        children.map((child) => rename(child, names)),
      );
}
