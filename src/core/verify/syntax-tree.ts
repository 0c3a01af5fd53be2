import type { Rational } from './rational.ts';

/** An expression with one value (per choice of its symbols). */
export type Expr =
  /** `decimals`: digits written behind the point. */
  | { readonly type: 'number'; readonly value: Rational; readonly decimals: number }
  | { readonly type: 'symbol'; readonly name: string }
  | { readonly type: 'constant'; readonly name: 'pi' | 'e' | 'i' | 'infty' }
  /** Digits written in a base: compared as written, never as a value. */
  | { readonly type: 'based'; readonly digits: string; readonly base: string }
  | { readonly type: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  /** `\pm` and `\mp`; `sign` is that of the upper reading. */
  | { readonly type: 'plus-minus'; readonly sign: 1 | -1; readonly left: Expr | null; readonly right: Expr }
  | { readonly type: 'negate'; readonly of: Expr }
  | { readonly type: 'percent'; readonly of: Expr }
  | { readonly type: 'degree'; readonly of: Expr }
  | { readonly type: 'factorial'; readonly of: Expr }
  | { readonly type: 'root'; readonly degree: Expr; readonly of: Expr }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Expr[] }
  | {
      readonly type: 'series';
      readonly op: 'sum' | 'prod';
      readonly variable: string;
      readonly from: Expr;
      readonly to: Expr;
      readonly body: Expr;
    }
  | { readonly type: 'matrix'; readonly rows: readonly (readonly Expr[])[]; readonly isDeterminant: boolean };

export type BinaryOp = '+' | '-' | '*' | '/' | '^';

export type RelationOp = '=' | '<' | '>' | '<=' | '>=' | '!=' | '≈' | '≡' | '∼' | '∈';

/** What an answer is, as a whole or as a member of something. `source` is the text it was read from. */
export type Item =
  | { readonly kind: 'scalar'; readonly expr: Expr; readonly unit: string | null; readonly source: string }
  | {
      readonly kind: 'relation';
      readonly sides: readonly Item[];
      readonly ops: readonly RelationOp[];
      /** Which sides are names (`x`, `f(0)`, `|AB|`), so that the relation states a value. */
      readonly names: readonly boolean[];
      readonly source: string;
    }
  | { readonly kind: 'list'; readonly items: readonly Item[]; readonly source: string }
  | { readonly kind: 'set'; readonly items: readonly Item[]; readonly isBare: boolean; readonly source: string }
  | {
      readonly kind: 'tuple';
      readonly open: string;
      readonly close: string;
      readonly items: readonly Item[];
      readonly source: string;
    }
  | {
      readonly kind: 'union';
      readonly parts: readonly Item[];
      readonly ops: readonly string[];
      readonly source: string;
    }
  | { readonly kind: 'text'; readonly value: string; readonly source: string };

/** Whether any node of the expression fulfils the condition. */
export function someNode(expr: Expr, test: (node: Expr) => boolean): boolean {
  return test(expr) || childrenOf(expr).some((child) => someNode(child, test));
}

/** Direct sub-expressions, in order. */
export function childrenOf(expr: Expr): readonly Expr[] {
  switch (expr.type) {
    case 'binary':
      return [expr.left, expr.right];
    case 'plus-minus':
      return expr.left === null ? [expr.right] : [expr.left, expr.right];
    case 'negate':
    case 'percent':
    case 'degree':
    case 'factorial':
      return [expr.of];
    case 'root':
      return [expr.degree, expr.of];
    case 'call':
      return expr.args;
    case 'series':
      return [expr.from, expr.to, expr.body];
    case 'matrix':
      return expr.rows.flat();
    default:
      return [];
  }
}

/** The same node with other sub-expressions (as many as `childrenOf` gave). */
export function withChildren(expr: Expr, children: readonly Expr[]): Expr {
  switch (expr.type) {
    case 'binary':
      return { ...expr, left: children[0]!, right: children[1]! };
    case 'plus-minus':
      return expr.left === null
        ? { ...expr, right: children[0]! }
        : { ...expr, left: children[0]!, right: children[1]! };
    case 'negate':
    case 'percent':
    case 'degree':
    case 'factorial':
      return { ...expr, of: children[0]! };
    case 'root':
      return { ...expr, degree: children[0]!, of: children[1]! };
    case 'call':
      return { ...expr, args: children };
    case 'series':
      return { ...expr, from: children[0]!, to: children[1]!, body: children[2]! };
    case 'matrix': {
      let next = 0;
      return { ...expr, rows: expr.rows.map((row) => row.map(() => children[next++]!)) };
    }
    default:
      return expr;
  }
}

/** Whether the expression holds the node type anywhere. */
export function hasType(expr: Expr, type: Expr['type']): boolean {
  return someNode(expr, (node) => node.type === type);
}

/** Names of all symbols, in order of appearance, without repetition. The index of a series is none. */
export function listSymbols(expr: Expr): string[] {
  const names = new Set<string>();
  collectSymbols(expr, [], names);
  return [...names];
}

function collectSymbols(expr: Expr, indices: readonly string[], names: Set<string>): void {
  if (expr.type === 'symbol' && !indices.includes(expr.name)) names.add(expr.name);
  if (expr.type !== 'series') {
    for (const child of childrenOf(expr)) collectSymbols(child, indices, names);
    return;
  }
  for (const bound of [expr.from, expr.to]) collectSymbols(bound, indices, names);
  collectSymbols(expr.body, [...indices, expr.variable], names);
}
