import type { Pattern } from './parse-pattern.ts';

/** Thrown when a match takes more steps than it was given. */
export class TooManySteps extends Error {}

type Next = (at: number) => boolean;
/** Tries to match at a place and goes on with `next`; false when neither way leads on. */
type Step = (at: number, next: Next) => boolean;

/** What a run of a pattern over a text cost, and what it found. */
export interface CountedRun {
  readonly steps: number;
  /** Ranges of the matches; one unless the pattern has the flag `g`. */
  readonly matches: readonly (readonly [from: number, to: number])[];
}

/**
 * Runs a pattern as a backtracking engine does, and counts the characters and edges it looks at: a measure of work
 * that does not depend on the machine. A search starts anew at every place until it finds something, as it does in
 * every JavaScript engine. The text must hold no characters beyond the basic plane.
 */
export function countSteps(pattern: Pattern, flags: string, text: string, limit: number): CountedRun {
  const matcher = new Matcher(flags, text, limit);
  const run = matcher.compile(pattern);
  const matches: (readonly [number, number])[] = [];
  const isSticky = flags.includes('y');
  let from = 0;
  while (from <= text.length) {
    let end = -1;
    const isFound = run(from, (at) => {
      end = at;
      return true;
    });
    if (isFound) {
      matches.push([from, end]);
      if (!flags.includes('g')) break;
      from = end > from ? end : from + 1;
    } else {
      if (isSticky) break;
      from += 1;
    }
  }
  return { steps: matcher.steps, matches };
}

class Matcher {
  readonly #text: string;
  readonly #flags: string;
  readonly #limit: number;
  readonly #captures = new Map<string, string>();
  steps = 0;

  constructor(flags: string, text: string, limit: number) {
    this.#flags = flags;
    this.#text = text;
    this.#limit = limit;
  }

  compile(pattern: Pattern): Step {
    switch (pattern.is) {
      case 'char':
        return this.#char(pattern.source);
      case 'edge':
        return this.#edge(pattern.kind);
      case 'sequence':
        return this.#sequence(pattern.parts.map((part) => this.compile(part)));
      case 'choice': {
        const options = pattern.options.map((option) => this.compile(option));
        return (at, next) => options.some((option) => option(at, next));
      }
      case 'group':
        return this.#group(this.compile(pattern.of), pattern.index, pattern.name);
      case 'look':
        return pattern.isAhead
          ? this.#lookAhead(pattern.of, pattern.isNegated)
          : this.#lookBehind(pattern.of, pattern.isNegated);
      case 'repeat':
        return this.#repeat(this.compile(pattern.of), pattern.min, pattern.max, pattern.isLazy);
      case 'reference':
        return (at, next) => {
          const text = this.#captures.get(pattern.to) ?? '';
          this.#spend(text.length + 1);
          return this.#text.startsWith(text, at) && next(at + text.length);
        };
    }
  }

  #spend(count = 1): void {
    this.steps += count;
    if (this.steps > this.#limit) throw new TooManySteps();
  }

  #char(source: string): Step {
    const flags = this.#flags.replace(/[gyd]/g, '');
    const one = new RegExp(`^(?:${source})$`, flags);
    const known = new Map<string, boolean>();
    return (at, next) => {
      this.#spend();
      const character = this.#text[at];
      if (character === undefined) return false;
      let fits = known.get(character);
      if (fits === undefined) {
        fits = one.test(character);
        known.set(character, fits);
      }
      return fits && next(at + 1);
    };
  }

  #edge(kind: '^' | '$' | '\\b' | '\\B'): Step {
    const isWord = (at: number) => /\w/.test(this.#text[at] ?? ' ');
    const isLine = (at: number) => this.#flags.includes('m') && /[\n\r\u2028\u2029]/.test(this.#text[at] ?? ' ');
    return (at, next) => {
      this.#spend();
      if (kind === '^') return (at === 0 || isLine(at - 1)) && next(at);
      if (kind === '$') return (at === this.#text.length || isLine(at)) && next(at);
      return (isWord(at - 1) !== isWord(at)) === (kind === '\\b') && next(at);
    };
  }

  #sequence(parts: readonly Step[]): Step {
    const from =
      (k: number): Step =>
      (at, next) =>
        k === parts.length ? next(at) : parts[k]!(at, (then) => from(k + 1)(then, next));
    return from(0);
  }

  #group(of: Step, index: number | null, name: string | null): Step {
    if (index === null) return of;
    return (at, next) =>
      of(at, (end) => {
        const old = this.#captures.get(String(index));
        const text = this.#text.slice(at, end);
        this.#captures.set(String(index), text);
        if (name !== null) this.#captures.set(name, text);
        if (next(end)) return true;
        if (old !== undefined) this.#captures.set(String(index), old);
        return false;
      });
  }

  #lookAhead(of: Pattern, isNegated: boolean): Step {
    const inner = this.compile(of);
    return (at, next) => inner(at, () => true) !== isNegated && next(at);
  }

  /** From the nearest place backwards, within the lengths that the pattern can have. */
  #lookBehind(of: Pattern, isNegated: boolean): Step {
    const inner = this.compile(of);
    const [min, max] = measure(of);
    return (at, next) => {
      let isFound = false;
      for (let length = min; length <= Math.min(max, at) && !isFound; length += 1) {
        isFound = inner(at - length, (end) => end === at);
      }
      return isFound !== isNegated && next(at);
    };
  }

  #repeat(of: Step, min: number, max: number, isLazy: boolean): Step {
    const from =
      (count: number): Step =>
      (at, next) => {
        const again = () => count < max && of(at, (then) => (then > at || count < min) && from(count + 1)(then, next));
        if (count < min) return again();
        return isLazy ? next(at) || again() : again() || next(at);
      };
    return from(0);
  }
}

/** The least and the greatest number of characters a pattern matches. */
export function measure(pattern: Pattern): readonly [min: number, max: number] {
  switch (pattern.is) {
    case 'char':
      return [1, 1];
    case 'edge':
    case 'look':
      return [0, 0];
    case 'reference':
      return [0, Number.POSITIVE_INFINITY];
    case 'group':
      return measure(pattern.of);
    case 'sequence': {
      const parts = pattern.parts.map(measure);
      return [parts.reduce((sum, [min]) => sum + min, 0), parts.reduce((sum, [, max]) => sum + max, 0)];
    }
    case 'choice': {
      const options = pattern.options.map(measure);
      return [Math.min(...options.map(([min]) => min)), Math.max(...options.map(([, max]) => max))];
    }
    case 'repeat': {
      const [min, max] = measure(pattern.of);
      return [min * pattern.min, max === 0 ? 0 : max * pattern.max];
    }
  }
}
