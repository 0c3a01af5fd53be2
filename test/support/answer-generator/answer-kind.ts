import type { Rng } from '../../../src/core/rng.ts';
import { pick } from './draw.ts';
import type { Spelling } from './spelling.ts';

/**
 * What an answer is, as far as sentences about it go: a bound ("at least 7") makes sense of a number, a denial of
 * anything; a quantity has a unit of its own, which nouns of a sentence would replace; a statement in words stands behind a label or in a box, never inside another sentence.
 */
export type AnswerShape =
  | 'number'
  | 'quantity'
  | 'scalar'
  | 'collection'
  | 'relation'
  | 'choice'
  | 'words'
  | 'statement';

/** Spells a value one way; null where this way does not exist for the value. */
export type Spell<V> = (value: V, rng: Rng) => Spelling | null;

/**
 * One kind of answer. A value is drawn first; everything else is a way to write it, or a way to write something
 * that is not it. The truth lies in which table an entry stands, never in what a verifier says.
 */
export interface AnswerKind<V> {
  readonly name: string;
  readonly shape: AnswerShape;
  /** How often this kind is drawn, beside the others. */
  readonly weight: number;
  draw(rng: Rng): V;
  /** The reference, as a data set would hold it. */
  gold(value: V, rng: Rng): string;
  /** Ways to state the same answer; the names appear in the counts. */
  readonly rewrites: Readonly<Record<string, Spell<V>>>;
  /** Ways to state another answer that looks like it. */
  readonly misses: Readonly<Record<string, Spell<V>>>;
}

/** A reference with one right and one wrong way to answer it. */
export interface Sample {
  readonly kind: string;
  readonly shape: AnswerShape;
  readonly gold: string;
  readonly right: Spelling;
  readonly rewrite: string;
  readonly wrong: Spelling;
  readonly miss: string;
}

/** A kind whose values are hidden, so that kinds of different values fit one table. */
export interface SampledKind {
  readonly name: string;
  readonly shape: AnswerShape;
  readonly weight: number;
  readonly rewrites: readonly string[];
  readonly misses: readonly string[];
  drawSample(rng: Rng): Sample;
}

/** Draws of an entry before another value is tried: an entry that answers null for most values is still met. */
const ATTEMPTS = 6;

/** Hides the values of a kind. */
export function sampleKind<V>(kind: AnswerKind<V>): SampledKind {
  const { name, shape, weight } = kind;
  const rewrites = Object.keys(kind.rewrites);
  const misses = Object.keys(kind.misses);
  const drawSample = (rng: Rng): Sample => {
    for (;;) {
      const value = kind.draw(rng);
      const right = drawEntry(kind.rewrites, rewrites, value, rng);
      const wrong = drawEntry(kind.misses, misses, value, rng);
      if (right === null || wrong === null) continue;
      const gold = kind.gold(value, rng);
      const rewrite = right.name;
      return { kind: name, shape, gold, right: right.spelling, rewrite, wrong: wrong.spelling, miss: wrong.name };
    }
  };
  return { name, shape, weight, rewrites, misses, drawSample };
}

function drawEntry<V>(
  entries: Readonly<Record<string, Spell<V>>>,
  names: readonly string[],
  value: V,
  rng: Rng,
): { readonly name: string; readonly spelling: Spelling } | null {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const name = pick(rng, names);
    const spelling = entries[name]!(value, rng);
    if (spelling !== null) return { name, spelling };
  }
  return null;
}

/** Some of the entries of a table, for a kind to which only these apply. */
export function pickEntries<T>(
  entries: Readonly<Record<string, T>>,
  names: readonly string[],
): Readonly<Record<string, T>> {
  return Object.fromEntries(names.map((name) => [name, entries[name]!]));
}
