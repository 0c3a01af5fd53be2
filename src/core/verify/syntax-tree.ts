import type { Rational } from './value/rational.ts';

/** An expression with one value (per choice of its symbols). */
export type Expr =
  /** `decimals`: digits written behind the point. */
  | { readonly type: 'number'; readonly value: Rational; readonly decimals: number }
  | { readonly type: 'symbol'; readonly name: string }
  | { readonly type: 'constant'; readonly name: 'pi' | 'e' | 'i' | 'infty' }
  /** Digits written in a base: compared as written, never as a value. */
  | { readonly type: 'based'; readonly digits: string; readonly base: string }
  /** A function or sequence of which nothing is known but its name: `f(x+1)`, `a_{n-1}`. */
  | { readonly type: 'apply'; readonly name: string; readonly args: readonly Expr[] }
  | { readonly type: 'binary'; readonly op: BinaryOp; readonly left: Expr; readonly right: Expr }
  /** `\pm` and `\mp`; `sign` is that of the upper reading. */
  | { readonly type: 'plus-minus'; readonly sign: 1 | -1; readonly left: Expr | null; readonly right: Expr }
  | { readonly type: UnaryType; readonly of: Expr }
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

export type UnaryType = 'negate' | 'percent' | 'degree' | 'factorial' | 'double-factorial';
export type BinaryOp = '+' | '-' | '*' | '/' | '^';
export type RelationOp = '=' | '<' | '>' | '<=' | '>=' | '!=' | '≈' | '≡' | '∼' | '∈';

/** What limits an answer: `x > 0` behind "if" (must be met), or behind "for all" (may be left out). */
export interface Condition {
  readonly isQualifier: boolean;
  /** Null where the words have no structure; they are compared as text then. */
  readonly item: Item | null;
  /** The letters it speaks of: free parameters where it is a qualifier. */
  readonly symbols: readonly string[];
  readonly source: string;
}

/** What an answer is, as a whole or as a member of something. `source` is the text it was read from. */
export type Item =
  | ScalarItem
  | RelationItem
  | { readonly kind: 'list'; readonly items: readonly Item[]; readonly joint: ListJoint; readonly source: string }
  | { readonly kind: 'set'; readonly items: readonly Item[]; readonly isBare: boolean; readonly source: string }
  | TupleItem
  | {
      readonly kind: 'union';
      readonly parts: readonly Item[];
      readonly ops: readonly SetOp[];
      readonly source: string;
    }
  /** `\{x \mid x > 2\}`. */
  | { readonly kind: 'builder'; readonly member: Item; readonly condition: Item; readonly source: string }
  | { readonly kind: 'named-set'; readonly name: SetName; readonly source: string }
  /** `x^2` if `x > 0`; of a list of cases each is one. */
  | { readonly kind: 'conditional'; readonly item: Item; readonly condition: Condition; readonly source: string }
  /** `1:2:3`. */
  | { readonly kind: 'ratio'; readonly parts: readonly Expr[]; readonly source: string }
  /** `4:30 p.m.`; `half` is null where none is written. */
  | { readonly kind: 'clock'; readonly digits: string; readonly half: 'am' | 'pm' | null; readonly source: string }
  /** What stands left of a value and is no expression: `\text{Area}`, `\angle ABC`. */
  | { readonly kind: 'name'; readonly value: string; readonly source: string }
  | { readonly kind: 'text'; readonly value: string; readonly source: string };

export interface ScalarItem {
  readonly kind: 'scalar';
  readonly expr: Expr;
  readonly unit: Unit | null;
  /** The other reading of `5 m`: a product with a symbol. */
  readonly product?: Expr;
  readonly source: string;
}

/**
 * A unit behind a value. `text` is how it is written, without blanks. A known one has a dimension (`length^1 time^-1`)
 * and the factor to the base unit of it; of an unknown one, a noun like "clips", only the words are known.
 */
export interface Unit {
  readonly text: string;
  readonly known: { readonly dimension: string; readonly factor: Rational } | null;
}

export interface RelationItem {
  readonly kind: 'relation';
  readonly sides: readonly Item[];
  readonly ops: readonly RelationOp[];
  /** The 11 of `x \equiv 9 \pmod{11}`. */
  readonly modulus: Expr | null;
  readonly source: string;
}

export interface TupleItem {
  readonly kind: 'tuple';
  readonly open: string;
  readonly close: string;
  readonly items: readonly Item[];
  readonly source: string;
}

/** How the members of a list are joined: by commas alone, or by a word. */
export type ListJoint = ',' | 'and' | 'or';
export type SetOp = 'cup' | 'cap' | 'setminus';
export type SetName = 'R' | 'Q' | 'Z' | 'N' | 'C' | 'empty';

/**
 * Whether two answers were read as the very same, however they are spaced or delimited. Words are what they were read
 * from; of anything else the text it was read from does not count.
 */
export function isSameTree(a: Item, b: Item): boolean {
  return isSamePart(a, b);
}

function isSamePart(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((member, k) => isSamePart(member, b[k]));
  const [one, other] = [a as Part, b as Part];
  const isWords = one.kind === 'text' || one.kind === 'name' || one.item === null;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length &&
    names.every((name) => (name === 'source' && !isWords) || isSamePart(one[name], other[name]))
  );
}

/** A node of either tree, or a condition. */
interface Part {
  readonly kind?: unknown;
  readonly item?: unknown;
  readonly [name: string]: unknown;
}

/** Whether any node of the expression fulfils the condition. */
export function someNode(expr: Expr, test: (node: Expr) => boolean): boolean {
  if (test(expr)) return true;
  for (const child of childrenOf(expr)) if (someNode(child, test)) return true;
  return false;
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
    case 'double-factorial':
      return [expr.of];
    case 'root':
      return [expr.degree, expr.of];
    case 'call':
    case 'apply':
      return expr.args;
    case 'series':
      return [expr.from, expr.to, expr.body];
    case 'matrix':
      return expr.rows.flat();
    default:
      return NO_CHILDREN;
  }
}

const NO_CHILDREN: readonly Expr[] = [];

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
    case 'double-factorial':
      return { ...expr, of: children[0]! };
    case 'root':
      return { ...expr, degree: children[0]!, of: children[1]! };
    case 'call':
    case 'apply':
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

/** The expression with every node replaced that the function has an answer for; the index of a series stays. */
export function replaceNodes(expr: Expr, replace: (node: Expr) => Expr | null): Expr {
  const own = replace(expr);
  if (own !== null) return own;
  const inner = (node: Expr) =>
    expr.type === 'series' && node.type === 'symbol' && node.name === expr.variable ? node : replace(node);
  const children = childrenOf(expr);
  return children.length === 0
    ? expr
    : withChildren(
        expr,
        children.map((child, k) => replaceNodes(child, expr.type === 'series' && k === 2 ? inner : replace)),
      );
}

/** Whether the expression holds the node type anywhere. */
export function hasType(expr: Expr, type: Expr['type']): boolean {
  return typesOf(expr).has(type);
}

const TYPES = new WeakMap<Expr, ReadonlySet<Expr['type']>>();

/** Types of all nodes, collected once for an expression: a comparison asks for one after the other. */
function typesOf(expr: Expr): ReadonlySet<Expr['type']> {
  let types = TYPES.get(expr);
  if (types === undefined) {
    types = collectTypes(expr, new Set());
    TYPES.set(expr, types);
  }
  return types;
}

function collectTypes(expr: Expr, types: Set<Expr['type']>): Set<Expr['type']> {
  types.add(expr.type);
  for (const child of childrenOf(expr)) collectTypes(child, types);
  return types;
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

/** Whether the expression has one value: no symbol, no function without a meaning. */
export function isClosed(expr: Expr): boolean {
  if (hasType(expr, 'apply')) return false;
  return !hasType(expr, 'symbol') || (hasType(expr, 'series') && listSymbols(expr).length === 0);
}

/** Two operands and what joins them. */
export function joinBinary(op: BinaryOp, left: Expr, right: Expr): Expr {
  return { type: 'binary', op, left, right };
}

/** A whole number as an expression. */
export function wholeNumber(value: bigint): Expr {
  return { type: 'number', value: { num: value, den: 1n }, decimals: 0 };
}

/** An expression as an answer of its own, without unit. */
export function toScalar(expr: Expr): ScalarItem {
  return { kind: 'scalar', expr, unit: null, source: '' };
}
