import type { Skipped } from '../verdict.ts';
import { isCloser, isOpener, isSeparator, relationOf, type Token } from './token.ts';

/** Tokens from one place up to another. */
export type Stretch = readonly [from: number, to: number];

export const SET_OPS: ReadonlySet<string> = new Set(['cup', 'cap', 'setminus']);

/** Tokens with the nesting of their brackets, and what the answer parser needs to look into stretches of them. */
export class StretchReader {
  /** What was read over so far. */
  readonly skipped: Skipped[] = [];
  protected readonly source: string;
  protected readonly tokens: readonly Token[];
  /** Nesting before each token, brackets and environments alike. */
  protected readonly levels: readonly number[];
  /** What is there at all: most answers have next to nothing of it, and need not be searched for it. */
  protected readonly marks: Marks;

  constructor(tokens: readonly Token[], source: string) {
    this.source = source;
    this.tokens = tokens;
    this.levels = measureLevels(tokens);
    this.marks = findMarks(tokens);
  }

  protected sourceOf(from: number, to: number): string {
    return this.source.slice(this.tokens[from]!.at, this.tokens[to - 1]!.end).trim();
  }

  protected skip(what: Skipped['what'], from: number, to: number): void {
    this.skipped.push({ what, text: this.sourceOf(from, to) });
  }

  /** Stretches between the top-level tokens that match; empty ones are left out. */
  protected split(from: number, to: number, matches: (token: Token) => boolean): Stretch[] {
    const parts: Stretch[] = [];
    const level = this.levels[from]!;
    let start = from;
    for (let i = from; i <= to; i += 1) {
      if (i < to && !(this.levels[i] === level && matches(this.tokens[i]!))) continue;
      if (i > start) parts.push([start, i]);
      start = i + 1;
    }
    return parts;
  }

  /** First top-level token of a stretch that matches, looked for from `start` on; -1 when there is none. */
  protected find(from: number, to: number, matches: (token: Token, at: number) => boolean, start = from): number {
    const level = this.levels[from]!;
    for (let i = start; i < to; i += 1) if (this.levels[i] === level && matches(this.tokens[i]!, i)) return i;
    return -1;
  }

  /** Whether the bracket at `from` is closed by the one at `to`, and not before. */
  protected closesAt(from: number, to: number): boolean {
    const level = this.levels[from]!;
    for (let i = from + 1; i < to; i += 1) if (this.levels[i]! <= level) return false;
    return this.levels[to] === level;
  }
}

/** Kinds of tokens that a text holds somewhere. */
interface Marks {
  relation: boolean;
  separator: boolean;
  colon: boolean;
  /** A union, or a minus that may be one of sets. */
  setOp: boolean;
  word: boolean;
  /** `\pmod` or `\forall`. */
  modulus: boolean;
}

function findMarks(tokens: readonly Token[]): Marks {
  const marks: Marks = { relation: false, separator: false, colon: false, setOp: false, word: false, modulus: false };
  for (const token of tokens) {
    if (token.kind === 'word') marks.word = true;
    if (token.kind !== 'op' && token.kind !== 'name') continue;
    if (relationOf(token) !== null) marks.relation = true;
    else if (isSeparator(token)) marks.separator = true;
    else if (token.text === ':') marks.colon = true;
    else if (token.text === '-' || SET_OPS.has(token.text)) marks.setOp = true;
    else if (token.text === 'pmod' || token.text === 'forall') marks.modulus = true;
  }
  return marks;
}

function measureLevels(tokens: readonly Token[]): number[] {
  const levels: number[] = [];
  let level = 0;
  for (const token of tokens) {
    if (isCloser(token)) level = Math.max(0, level - 1);
    levels.push(level);
    if (isOpener(token)) level += 1;
  }
  return levels;
}
