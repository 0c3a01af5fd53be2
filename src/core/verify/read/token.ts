import type { RelationOp } from '../syntax-tree.ts';

/**
 * One token of an answer. `number` holds digits with at most one point and an exponent (`1.2e5`); `letter` one symbol;
 * `word` a run of letters that is no known name; `name` a function, constant or structural command without its
 * backslash; `op` a sign; `currency` a mark of money; `unknown` a character that means nothing to us.
 */
export interface Token {
  readonly kind: 'number' | 'letter' | 'word' | 'name' | 'op' | 'currency' | 'unknown';
  readonly text: string;
  /** Stretch of the folded source, and whether white space stood before. */
  readonly at: number;
  readonly end: number;
  readonly spaced: boolean;
  readonly zone: Zone;
}

/** Where a token stands: inside `$...$`, inside `\text{...}`, inside `\mathrm{...}`, or in none of them. */
export type Zone = 'plain' | 'math' | 'text' | 'roman';

const OPENERS: ReadonlySet<string> = new Set(['(', '[', '{', '\\{', 'begin', 'langle', 'lfloor', 'lceil']);
const CLOSERS: ReadonlySet<string> = new Set([')', ']', '}', '\\}', 'end', 'rangle', 'rfloor', 'rceil']);
const RELATIONS: Readonly<Record<string, RelationOp>> = {
  ...{ '=': '=', '<': '<', '>': '>', '<=': '<=', '>=': '>=', '!=': '!=', '≈': '≈' },
  ...{ approx: '≈', equiv: '≡', sim: '∼', in: '∈' },
};

function isBracketKind({ kind }: Token): boolean {
  return kind === 'op' || kind === 'name';
}

export function isOpener(token: Token): boolean {
  return isBracketKind(token) && OPENERS.has(token.text);
}

export function isCloser(token: Token): boolean {
  return isBracketKind(token) && CLOSERS.has(token.text);
}

/** The relation a token stands for; null for any other token. */
export function relationOf({ kind, text }: Token): RelationOp | null {
  if (kind !== 'op' && kind !== 'name') return null;
  return Object.hasOwn(RELATIONS, text) ? RELATIONS[text]! : null;
}

export function isComma({ kind, text }: Token): boolean {
  return kind === 'op' && (text === ',' || text === ';');
}

/** What separates the members of a list: a comma, "and", "or". */
export function isSeparator(token: Token): boolean {
  return isComma(token) || (token.kind === 'name' && (token.text === 'and' || token.text === 'or'));
}

/** A group that was opened, while its tokens are read. */
export interface OpenGroup {
  readonly closer: 'zone' | 'group';
  readonly outer: Zone;
}
