/** A regular expression as a tree. `char` holds the source of one character: a literal, an escape or a class. */
export type Pattern =
  | { readonly is: 'char'; readonly source: string }
  | { readonly is: 'edge'; readonly kind: '^' | '$' | '\\b' | '\\B' }
  | { readonly is: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly is: 'choice'; readonly options: readonly Pattern[] }
  | { readonly is: 'group'; readonly index: number | null; readonly name: string | null; readonly of: Pattern }
  | { readonly is: 'look'; readonly isAhead: boolean; readonly isNegated: boolean; readonly of: Pattern }
  | {
      readonly is: 'repeat';
      readonly of: Pattern;
      readonly min: number;
      readonly max: number;
      readonly isLazy: boolean;
    }
  | { readonly is: 'reference'; readonly to: string };

/** Parses the source of a JavaScript regular expression that compiles. */
export function parsePattern(source: string): Pattern {
  return new PatternParser(source).parse();
}

const ESCAPE = /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|u[\da-fA-F]{4}|x[\da-fA-F]{2}|c[A-Za-z]|.)/suy;
const QUANTIFIER = /(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})(\??)/y;

class PatternParser {
  readonly #source: string;
  #at = 0;
  #groups = 0;

  constructor(source: string) {
    this.#source = source;
  }

  parse(): Pattern {
    const pattern = this.#choice();
    if (this.#at < this.#source.length) throw new Error(`unread: ${this.#source.slice(this.#at)}`);
    return pattern;
  }

  #choice(): Pattern {
    const options = [this.#sequence()];
    while (this.#take('|')) options.push(this.#sequence());
    return options.length === 1 ? options[0]! : { is: 'choice', options };
  }

  #sequence(): Pattern {
    const parts: Pattern[] = [];
    while (this.#at < this.#source.length && !'|)'.includes(this.#source[this.#at]!)) parts.push(this.#repeat());
    return parts.length === 1 ? parts[0]! : { is: 'sequence', parts };
  }

  #repeat(): Pattern {
    const of = this.#atom();
    QUANTIFIER.lastIndex = this.#at;
    const match = QUANTIFIER.exec(this.#source);
    if (match === null) return of;
    this.#at = QUANTIFIER.lastIndex;
    const [text, low, comma, high, lazy] = match;
    const isLazy = lazy === '?';
    if (low === undefined) {
      return {
        is: 'repeat',
        of,
        min: text[0] === '+' ? 1 : 0,
        max: text[0] === '?' ? 1 : Number.POSITIVE_INFINITY,
        isLazy,
      };
    }
    const max = comma === undefined ? Number(low) : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    return { is: 'repeat', of, min: Number(low), max, isLazy };
  }

  #atom(): Pattern {
    const first = this.#source[this.#at]!;
    if (first === '(') return this.#group();
    if (first === '^' || first === '$') {
      this.#at += 1;
      return { is: 'edge', kind: first };
    }
    if (first === '[') return { is: 'char', source: this.#class() };
    if (first === '\\') return this.#escape();
    const point = String.fromCodePoint(this.#source.codePointAt(this.#at)!);
    this.#at += point.length;
    return { is: 'char', source: point };
  }

  #escape(): Pattern {
    const named = /\\k<([^>]+)>/y;
    named.lastIndex = this.#at;
    const reference = named.exec(this.#source);
    if (reference !== null) {
      this.#at = named.lastIndex;
      return { is: 'reference', to: reference[1]! };
    }
    ESCAPE.lastIndex = this.#at;
    const [text] = ESCAPE.exec(this.#source)!;
    this.#at = ESCAPE.lastIndex;
    if (text === '\\b' || text === '\\B') return { is: 'edge', kind: text };
    return /^\\[1-9]$/.test(text) ? { is: 'reference', to: text.slice(1) } : { is: 'char', source: text };
  }

  #class(): string {
    const start = this.#at;
    this.#at += 1;
    while (this.#source[this.#at] !== ']') {
      ESCAPE.lastIndex = this.#at;
      this.#at = ESCAPE.test(this.#source) ? ESCAPE.lastIndex : this.#at + 1;
    }
    this.#at += 1;
    return this.#source.slice(start, this.#at);
  }

  #group(): Pattern {
    this.#at += 1;
    for (const [mark, isAhead, isNegated] of LOOKS) {
      if (!this.#take(mark)) continue;
      return { is: 'look', isAhead, isNegated, of: this.#close() };
    }
    if (this.#take('?:')) return { is: 'group', index: null, name: null, of: this.#close() };
    const name = /\?<([^>]+)>/y;
    name.lastIndex = this.#at;
    const match = name.exec(this.#source);
    if (match !== null) this.#at = name.lastIndex;
    this.#groups += 1;
    const index = this.#groups;
    return { is: 'group', index, name: match?.[1] ?? null, of: this.#close() };
  }

  #close(): Pattern {
    const inner = this.#choice();
    if (!this.#take(')')) throw new Error('a group that is not closed');
    return inner;
  }

  #take(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }
}

const LOOKS: readonly (readonly [mark: string, isAhead: boolean, isNegated: boolean])[] = [
  ['?=', true, false],
  ['?!', true, true],
  ['?<=', false, false],
  ['?<!', false, true],
];
