import { Refusal } from '../limits.ts';
import { makeRational, multiply, parseDecimal, type Rational } from '../value/rational.ts';
import type { Token } from './token.ts';

/** Numbers written in words, multipliers, fractions, and operations that are spoken. */

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety';

const SMALL: ReadonlyMap<string, number> = new Map([
  ...ONES.split(' ').map((word, k): [string, number] => [word, k]),
  ...TENS.split(' ').map((word, k): [string, number] => [word, 10 * (k + 2)]),
]);

/** Words that multiply the number before them, by language, with their powers of ten or factors. */
const MULTIPLIERS: ReadonlyMap<string, bigint> = new Map(
  [
    '12 dozen dozens Dutzend docena docenas douzaine douzaines',
    '144 gross',
    '10 tens dizaine dizaines decena decenas dezena dezenas decina decine',
    '100 hundred hundreds cents hundert cientos centenas centaine centaines centenar centenares centinaia 百 سو सौ',
    '1000 thousand thousands grand mille mil mila millier milliers millares milhar milhares migliaia tausend tysiąc tys тыс тысяча тысяч тысячи 千 ألف آلاف हज़ार हजार',
    '10000 万 萬',
    '100000 lakh lakhs लाख',
    '1000000 million millions mio Million Millionen millón millones milhão milhões milione milioni млн миллион миллиона миллионов 百万 مليون ملايين',
    '10000000 crore crores करोड़',
    '100000000 亿 億',
    '1000000000 billion billions milliard milliards Milliarde Milliarden miliardi Mrd mld mrd млрд миллиард миллиардов مليار',
    '1000000000000 trillion trillions',
  ].flatMap((line) => {
    const [factor, ...names] = line.split(' ');
    return names.filter((name) => name !== 'cents').map((name): [string, bigint] => [name, BigInt(factor!)]);
  }),
);

/** Denominators: `third` after "one", `thirds` after others. */
const PARTS: ReadonlyMap<string, bigint> = new Map(
  [
    '2 half halves',
    '3 third thirds',
    '4 quarter quarters fourth fourths',
    '5 fifth fifths',
    '6 sixth sixths',
    '7 seventh sevenths',
    '8 eighth eighths',
    '9 ninth ninths',
    '10 tenth tenths',
    '11 eleventh elevenths',
    '12 twelfth twelfths',
    '16 sixteenth sixteenths',
    '20 twentieth twentieths',
    '100 hundredth hundredths',
    '1000 thousandth thousandths',
    '1000000 millionth millionths',
  ].flatMap((line) => {
    const [size, ...names] = line.split(' ');
    return names.map((name): [string, bigint] => [name, BigInt(size!)]);
  }),
);

/** Spoken operations, longest first: the words, and the signs they stand for. */
const SPOKEN: readonly (readonly [words: readonly string[], signs: readonly string[]])[] = (
  [
    ['is equal to', '='],
    ['is equivalent to', '='],
    ['to the power of', '^'],
    ['raised to the power of', '^'],
    ['the square root of', 'sqrt'],
    ['square root of', 'sqrt'],
    ['square roots of', 'sqrt'],
    ['the cube root of', 'cbrt'],
    ['cube root of', 'cbrt'],
    ['multiplied by', '*'],
    ['divided by', '/'],
    ['equal to', '='],
    ['infinitely many', 'infty'],
    ['minus', '-'],
    ['negative', '-'],
    ['au plus', 'bound'],
    ['per cent', '%'],
    ['pour cent', '%'],
    ['por ciento', '%'],
    ['por cento', '%'],
    ['per cento', '%'],
    ['plus', '+'],
    ['times', '*'],
    ['over', '/'],
    ['squared', '^ 2'],
    ['cubed', '^ 3'],
    ['factorial', '!'],
    ['choose', 'chosen'],
    ['modulo', 'bmod'],
    ['mod', 'bmod'],
    ['equals', '='],
    ['infinity', 'infty'],
    ['infinite', 'infty'],
  ] as const
).map(([words, signs]) => [words.split(' '), signs.split(' ')]);

const SPOKEN_STARTS: ReadonlySet<string> = new Set(SPOKEN.map(([words]) => words[0]!));

/** Whether a word is part of a number or of a spoken operation. */
export function isNumberWord(word: string): boolean {
  return SMALL.has(word) || MULTIPLIERS.has(word) || PARTS.has(word) || SPOKEN_STARTS.has(word) || ORDINALS.has(word);
}

/** Whether a number may begin with this word: "seven", "minus three", "half". */
export function startsNumber(word: string): boolean {
  return SMALL.has(word) || word === 'half' || word === 'minus' || word === 'negative';
}

/** Whether a word behind a number makes it another one: "million", "thirds", "squared". */
export function changesNumber(word: string): boolean {
  return MULTIPLIERS.has(word) || PARTS.has(word) || CHANGES.has(word);
}

const CHANGES: ReadonlySet<string> = new Set(
  'plus minus times over squared cubed factorial choose mod modulo multiplied divided percent'.split(' '),
);

/** Endings of ordinals in digits: `12th`. */
export const ORDINALS: ReadonlySet<string> = new Set(['st', 'nd', 'rd', 'th']);

/** Whether a token multiplies the number before it, also where a script has no blanks (`5万元`). */
export function startsWithMultiplier({ kind, text }: Token): boolean {
  if (kind !== 'word') return false;
  if (MULTIPLIERS.has(text) || MULTIPLIERS.has(text.toLowerCase())) return true;
  return text > '\u2e80' && /^[百千万萬亿億]/u.test(text);
}

/** The tokens with numbers in words, multipliers, spoken fractions and operations written in signs. */
export function foldNumberWords(tokens: readonly Token[]): readonly Token[] {
  if (!tokens.some(({ kind, text }) => kind === 'word' && (isNumberWord(text.toLowerCase()) || text === 'of')))
    return tokens;
  return new NumberWordReader(tokens).run();
}

/** "half as many", "half past", "half life". */
const NO_HALVES: ReadonlySet<string> = new Set(['as', 'past', 'life']);

class NumberWordReader {
  readonly #tokens: readonly Token[];
  readonly #result: Token[] = [];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  run(): Token[] {
    while (this.#at < this.#tokens.length) {
      if (!this.#readNumber() && !this.#readOperation()) {
        this.#result.push(this.#tokens[this.#at]!);
        this.#at += 1;
      }
    }
    return this.#result;
  }

  #word(offset = 0): string {
    const token = this.#tokens[this.#at + offset];
    return token?.kind === 'word' ? token.text.toLowerCase() : '';
  }

  #emit(kind: Token['kind'], text: string, like: Token): void {
    this.#result.push({ ...like, kind, text });
  }

  #readNumber(): boolean {
    const first = this.#tokens[this.#at]!;
    const from = this.#at;
    const value = this.#takeWhole() ?? this.#takeArticle();
    const part = PARTS.get(this.#word());
    if (value === null && part === undefined) return false;
    if (value === null || !this.#takesPart(value, part)) return this.#finish(first, from, value, part);
    this.#at += 1;
    this.#emitFraction(first, value, part!);
    return true;
  }

  /** A number without a part behind it, or a part without a number before it: "half" alone is 1/2. */
  #finish(first: Token, from: number, value: Rational | null, part: bigint | undefined): boolean {
    if (value === null && part === 2n && this.#word() === 'half' && !NO_HALVES.has(this.#word(1))) {
      this.#at += 1;
      this.#emitFraction(first, { num: 1n, den: 1n }, 2n);
      this.#takeOf();
      return true;
    }
    if (
      value === null ||
      (this.#at === from + 1 && first.kind === 'number' && !(value.den === 1n && this.#isAndHalf()))
    ) {
      this.#at = from;
      return false;
    }
    const and = this.#tokens[this.#at];
    const rest = value.den === 1n ? this.#takeAndHalf() : null;
    // Behind a formula the words are no part of it: no braces join them to its last number.
    const isJoined = rest === null || and?.zone === first.zone;
    if (isJoined) this.#emit('op', '{', first);
    this.#emit('number', writeDecimal(value), { ...first, spaced: isJoined ? false : first.spaced });
    if (rest !== null) {
      this.#emit('op', '+', and!);
      this.#emitFraction(and!, rest.over, rest.under);
    }
    if (isJoined) this.#emit('op', '}', first);
    return true;
  }

  #takesPart(value: Rational, part: bigint | undefined): boolean {
    if (part === undefined || value.den !== 1n) return false;
    return this.#word().endsWith('s') ? value.num !== 1n : value.num === 1n;
  }

  #emitFraction(like: Token, over: Rational, under: bigint): void {
    this.#emit('op', '{', like);
    this.#emit('number', String(over.num), { ...like, spaced: false });
    this.#emit('op', '/', { ...like, spaced: false });
    this.#emit('number', String(under), { ...like, spaced: false });
    this.#emit('op', '}', like);
    this.#takeOf();
  }

  /** "two thirds of 9": a product, where a number follows. */
  #takeOf(): void {
    if (this.#word() !== 'of') return;
    const next = this.#tokens[this.#at + 1];
    if (next?.kind !== 'number' && !SMALL.has(this.#word(1))) return;
    this.#emit('op', '*', this.#tokens[this.#at]!);
    this.#at += 1;
  }

  /** "a dozen", "a half". */
  #takeArticle(): Rational | null {
    const token = this.#tokens[this.#at]!;
    if (token.text !== 'a' && this.#word() !== 'an') return null;
    const next = this.#word(1);
    if (!MULTIPLIERS.has(next) && !PARTS.has(next)) return null;
    this.#at += 1;
    return this.#takeMultipliers({ num: 1n, den: 1n });
  }

  /** "and a half" behind a whole number. */
  #takeAndHalf(): { readonly over: Rational; readonly under: bigint } | null {
    if (!this.#isAndHalf()) return null;
    this.#at += 3;
    return { over: { num: 1n, den: 1n }, under: PARTS.get(this.#word(-1))! };
  }

  #isAndHalf(): boolean {
    const [and, a] = [this.#tokens[this.#at], this.#tokens[this.#at + 1]];
    if (and?.text !== 'and' || (a?.text !== 'a' && this.#word(1) !== 'one')) return false;
    return PARTS.has(this.#word(2)) && !this.#word(2).endsWith('s');
  }

  /** A number in digits or in words ("three hundred and five"), with its multipliers. */
  #takeWhole(): Rational | null {
    const token = this.#tokens[this.#at]!;
    if (token.kind === 'number') {
      const value = parseDecimal(token.text);
      if (value === null) return null;
      this.#at += 1;
      if (SMALL.has(this.#word()) && this.#word() !== 'one') throw new Refusal('syntax');
      return this.#takeMultipliers(value);
    }
    if (token.kind !== 'word' || !SMALL.has(this.#word())) return null;
    let total = 0n;
    let group = this.#takeBelowHundred();
    for (;;) {
      const factor = MULTIPLIERS.get(this.#word());
      if (factor === undefined) break;
      this.#at += 1;
      if (factor === 100n) group *= 100n;
      else {
        total += group * factor;
        group = 0n;
      }
      if (this.#tokens[this.#at]?.text === 'and' && SMALL.has(this.#word(1))) this.#at += 1;
      if (SMALL.has(this.#word())) group += this.#takeBelowHundred();
    }
    // "two three" is no number.
    if (SMALL.has(this.#word())) throw new Refusal('syntax');
    return makeRational(total + group);
  }

  #takeBelowHundred(): bigint {
    const value = SMALL.get(this.#word())!;
    this.#at += 1;
    if (value < 20 || value > 90) return BigInt(value);
    const skip = this.#tokens[this.#at]?.text === '-' ? 1 : 0;
    const ones = SMALL.get(this.#word(skip)) ?? 0;
    if (ones === 0 || ones > 9) return BigInt(value);
    this.#at += skip + 1;
    return BigInt(value + ones);
  }

  #takeMultipliers(value: Rational): Rational | null {
    let result: Rational | null = value;
    while (result !== null && this.#tokens[this.#at] !== undefined) {
      const token = this.#tokens[this.#at]!;
      const factor = token.kind === 'word' ? (MULTIPLIERS.get(token.text) ?? MULTIPLIERS.get(this.#word())) : undefined;
      if (factor === undefined) return result;
      this.#at += 1;
      result = multiply(result, { num: factor, den: 1n });
    }
    return result;
  }

  #readOperation(): boolean {
    // "5% and a half", "x and a half": no list, and no sum that can be told.
    if (this.#isAndHalf()) {
      this.#emit('unknown', 'and', this.#tokens[this.#at]!);
      this.#at += 1;
      return true;
    }
    if (this.#word() === 'of' && this.#result.at(-1)?.text === '%' && this.#tokens[this.#at + 1]?.kind === 'number') {
      this.#emit('op', '*', this.#tokens[this.#at]!);
      this.#at += 1;
      return true;
    }
    if (!SPOKEN_STARTS.has(this.#word())) return false;
    const found = SPOKEN.find(([words]) => words.every((word, k) => this.#word(k) === word));
    if (found === undefined) return false;
    const like = this.#tokens[this.#at]!;
    this.#at += found[0].length;
    for (const sign of found[1]) this.#emitSign(sign, like);
    return true;
  }

  #emitSign(sign: string, like: Token): void {
    if (sign === 'cbrt') {
      this.#emit('name', 'sqrt', like);
      for (const [kind, text] of [
        ['op', '['],
        ['number', '3'],
        ['op', ']'],
      ] as const)
        this.#emit(kind, text, like);
    } else if (sign === 'bound') this.#emit('unknown', sign, like);
    else if (/^[a-z]/.test(sign)) this.#emit('name', sign, like);
    else this.#emit(/^\d/.test(sign) ? 'number' : 'op', sign, { ...like, spaced: false });
  }
}

/** A rational whose denominator divides a power of ten, as a decimal. */
function writeDecimal(value: Rational): string {
  let places = 0;
  let { num, den } = value;
  while (num % den !== 0n && places < 400) {
    num *= 10n;
    places += 1;
  }
  const digits = String(num / den).padStart(places + 1, '0');
  return places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
