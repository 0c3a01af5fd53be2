import { LIMITS, Refusal } from '../limits.ts';
import { foldCharacters } from './characters.ts';
import {
  ALIASES,
  FUNCTIONS,
  IGNORED,
  isCommand,
  isKnownName,
  isPlainName,
  LIST_FUNCTIONS,
  OPERATORS,
  ROMAN_COMMANDS,
  SPACES,
  TEXT_COMMANDS,
} from './names.ts';
import { isDigit, scanNumber } from './number-literal.ts';
import type { OpenGroup, Token, Zone } from './token.ts';
import {
  CURRENCIES,
  CURRENCY_CODE,
  CURRENCY_SIGNS,
  DEGREE_MARK,
  DEGREE_WORDS,
  DIGIT_BEFORE,
  FOREIGN_DIGIT,
  FUNCTION_IN_TEXT,
  findDelimiters,
  findRunEnd,
  isAsciiLetter,
  isPowerSign,
  LIST_COMMA,
  NOT_ASCII,
  PERCENT_WORDS,
  SCALES,
  SETS,
  TWO_CHARS,
  UNKNOWN_SIGNS,
} from './token-marks.ts';
import { isUnitWord } from './units.ts';
import { isKnownWord, isVocabulary } from './word-classes.ts';

/** A text with look-alike characters folded, and its tokens. */
export interface TokenizedText {
  readonly source: string;
  readonly tokens: readonly Token[];
}

/**
 * Splits an answer into tokens; `isDecimalComma` says that `3,14` is one number. Throws `Refusal` beyond the token
 * bound. Linear time.
 */
export function tokenize(text: string, isDecimalComma: boolean): TokenizedText {
  const source = foldCharacters(text);
  return { source, tokens: new Tokenizer(source, isDecimalComma).run() };
}

class Tokenizer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #groups: OpenGroup[] = [];
  /** Places of the dollar signs that open (true) and close (false) a formula. */
  readonly #delimiters: ReadonlyMap<number, boolean>;
  readonly #spacedComma: boolean;
  readonly #isDecimalComma: boolean;
  #zone: Zone = 'plain';
  /** The zone around the formula in dollar signs. */
  #outerZone: Zone = 'plain';
  #at = 0;
  #spaced = false;
  /** Open environments: a double backslash ends a row there. */
  #environments = 0;
  /** Open `( [ \{`: a comma between digits is no thousands separator inside. */
  #depth = 0;

  constructor(text: string, isDecimalComma: boolean) {
    this.#text = text;
    this.#isDecimalComma = isDecimalComma;
    this.#spacedComma = text.includes(',') && LIST_COMMA.test(text);
    this.#delimiters = text.includes('$') ? findDelimiters(text) : new Map();
  }

  run(): Token[] {
    while (this.#at < this.#text.length) this.#readOne(this.#text.charCodeAt(this.#at));
    return this.#tokens;
  }

  #readOne(code: number): void {
    if (code === 126 && this.#zone !== 'math' && this.#text[this.#at + 1] === '~') this.#readStrike();
    else if (code === 32 || code === 126 || (code >= 9 && code <= 13)) this.#skip();
    else if (isDigit(code) || (code === 46 && isDigit(this.#text.charCodeAt(this.#at + 1)))) this.#readNumber();
    else if (code === 92) this.#readCommand();
    else if (isAsciiLetter(code) || code > 127) this.#readLetters();
    else if (code === 36) this.#readDollar();
    else if (code === 123 || code === 125) this.#readBrace(code);
    else if (code === 34 || code === 96) this.#skip();
    else this.#readOperator();
  }

  #skip(length = 1): void {
    this.#spaced = true;
    this.#at += length;
  }

  /** `~~7~~` is struck out in Markdown; in a formula these are blanks. */
  #readStrike(): void {
    const at = this.#at;
    this.#at += 2;
    this.#push('unknown', '~~', at);
  }

  #push(kind: Token['kind'], text: string, at: number): void {
    if (this.#tokens.length >= LIMITS.tokens) throw new Refusal('limit:tokens');
    this.#tokens.push({ kind, text, at, end: this.#at, spaced: this.#spaced, zone: this.#zone });
    this.#spaced = false;
    if (kind !== 'op') return;
    if (text === '(' || text === '[' || text === '\\{') this.#depth += 1;
    if (text === ')' || text === ']' || text === '\\}') this.#depth -= 1;
  }

  #readNumber(): void {
    const at = this.#at;
    const separatesThousands = this.#depth === 0 && !this.#spacedComma;
    const last = this.#spaced ? undefined : this.#tokens.at(-1);
    const isScript = last?.kind === 'op' && (last.text === '_' || last.text === '^');
    const { digits, end } = scanNumber(this.#text, at, {
      separatesThousands,
      isDecimal: this.#isDecimalComma,
      isScript,
    });
    if (digits.length > LIMITS.literalDigits) throw new Refusal('limit:literal');
    this.#at = end;
    this.#push(last?.kind === 'word' && DIGIT_BEFORE.test(last.text) ? 'unknown' : 'number', digits, at);
  }

  #readDollar(): void {
    const opens = this.#delimiters.get(this.#at);
    const width = this.#text[this.#at + 1] === '$' && this.#delimiters.has(this.#at + 1) ? 2 : 1;
    if (opens === undefined) {
      const at = this.#at;
      this.#at += 1;
      this.#push('currency', 'USD', at);
      return;
    }
    this.#skip(width);
    if (opens) this.#outerZone = this.#zone;
    this.#zone = opens ? 'math' : this.#outerZone;
  }

  #readBrace(code: number): void {
    const at = this.#at;
    this.#at += 1;
    if (code === 123 && this.#text.startsWith(':}', this.#at)) {
      this.#at += 2;
      this.#push('op', ':', at);
      return;
    }
    if (code === 123) {
      this.#groups.push({ closer: 'group', outer: this.#zone });
      this.#push('op', '{', at);
      return;
    }
    const open = this.#groups.pop();
    if (open?.closer !== 'zone') {
      this.#push('op', '}', at);
      return;
    }
    if (this.#zone === 'text') this.#spaced = true;
    this.#zone = open.outer;
  }

  #readCommand(): void {
    const at = this.#at;
    const next = this.#text.charCodeAt(at + 1);
    if (next === 92) {
      this.#readDoubleBackslash(at);
      return;
    }
    if (!isAsciiLetter(next)) {
      this.#readSymbolCommand(this.#text[at + 1] ?? '', at);
      return;
    }
    let end = at + 1;
    while (end < this.#text.length && isAsciiLetter(this.#text.charCodeAt(end))) end += 1;
    this.#at = end;
    this.#readNamedCommand(this.#text.slice(at + 1, end), at);
  }

  /** A row break, or one backslash too many before a command name (over-escaped JSON). */
  #readDoubleBackslash(at: number): void {
    const name = /^[A-Za-z]+/.exec(this.#text.slice(at + 2, at + 24))?.[0] ?? '';
    if (name.length > 1 && (isCommand(name) || isKnownName(name))) this.#at += 1;
    else if (this.#environments === 0 && /^[{}%$]/.test(this.#text.slice(at + 2, at + 3))) this.#at += 1;
    else {
      this.#at += 2;
      this.#push('op', '\\\\', at);
    }
  }

  #readSymbolCommand(char: string, at: number): void {
    this.#at += 2;
    if (char === '{' || char === '}') this.#push('op', `\\${char}`, at);
    else if (char === '%') this.#push('op', '%', at);
    else if (char === '$') this.#push('currency', 'USD', at);
    else if (char === '|') this.#push('op', '|', at);
    else if (char === '(' || char === '[') this.#zone = 'math';
    else if (char === ')' || char === ']') this.#zone = 'plain';
    else if (char !== '' && '&#_='.includes(char)) this.#push('unknown', char, at);
    if (char !== '!' && !this.#spaced) this.#spaced = this.#tokens.at(-1)?.at !== at;
  }

  #readNamedCommand(raw: string, at: number): void {
    if (IGNORED.has(raw)) {
      if ((raw === 'left' || raw === 'right') && this.#text[this.#at] === '.') this.#at += 1;
      return;
    }
    if (raw.startsWith('quad') && raw.length > 4) {
      // `\quadx`: a letter too close.
      this.#spaced = true;
      this.#at = at + 5;
      return;
    }
    if (SPACES.has(raw)) {
      this.#spaced = true;
      return;
    }
    if (TEXT_COMMANDS.has(raw)) this.#openZone('text', at);
    else if (ROMAN_COMMANDS.has(raw)) this.#openZone('roman', at);
    else if (raw === 'mathbb') this.#readBlackboard(at);
    else if (raw === 'not' && this.#text[this.#at] === '=') {
      this.#at += 1;
      this.#push('op', '!=', at);
    } else this.#pushName(raw, at);
  }

  #pushName(raw: string, at: number): void {
    if (raw === 'begin') this.#environments += 1;
    if (raw === 'end') this.#environments -= 1;
    const currency = CURRENCIES[raw];
    const name = Object.hasOwn(ALIASES, raw) ? ALIASES[raw]! : raw;
    const operator = OPERATORS[name];
    if (currency !== undefined) this.#push('currency', currency, at);
    else if (operator !== undefined) this.#push('op', operator, at);
    else if (name.length === 1 && isAsciiLetter(name.charCodeAt(0))) this.#push('letter', name, at);
    else if (isAsciiLetter(name.charCodeAt(0))) this.#push('name', name, at);
    else this.#push('op', name, at);
  }

  /** `\text{...}`: the braces are no group, what is between them is in a zone of its own. A lone letter may follow bare. */
  #openZone(zone: Zone, at: number): void {
    while (this.#text[this.#at] === ' ' || this.#text[this.#at] === '*') this.#at += 1;
    if (this.#text[this.#at] !== '{') {
      if (zone === 'text') this.#spaced = true;
      return;
    }
    if (this.#groups.length > LIMITS.depth) throw new Refusal('limit:depth');
    this.#at += 1;
    this.#groups.push({ closer: 'zone', outer: this.#zone });
    this.#zone = zone;
    if (zone === 'text' || this.#text[at - 1] === ' ') this.#spaced = true;
  }

  #readBlackboard(at: number): void {
    const match = /^ ?(?:\{ ?([A-Z]) ?\}|([A-Z]))/.exec(this.#text.slice(this.#at, this.#at + 6));
    const set = match === null ? undefined : SETS[match[1] ?? match[2]!];
    if (match === null || set === undefined) {
      this.#openZone('roman', at);
      return;
    }
    this.#at += match[0].length;
    this.#push('name', set, at);
  }

  #readLetters(): void {
    const at = this.#at;
    const end = findRunEnd(this.#text, at, this.#zone === 'math');
    if (end === at) {
      const character = String.fromCodePoint(this.#text.codePointAt(at)!);
      this.#at += character.length;
      const money = CURRENCY_SIGNS[character];
      this.#push(money === undefined ? 'unknown' : 'currency', money ?? character, at);
      return;
    }
    this.#at = end;
    this.#pushRun(this.#text.slice(at, end), at);
  }

  #pushRun(run: string, at: number): void {
    const lower = run.toLowerCase();
    const name = Object.hasOwn(ALIASES, run) ? ALIASES[run]! : run;
    if (this.#isForeignDigit(run)) this.#push('unknown', run, at);
    else if (CURRENCY_CODE.test(this.#text.slice(at, at + 16)) && at + run.length === this.#at)
      run === 'US' ? this.#skip(0) : this.#push('currency', run, at);
    else if (SCALES[run] !== undefined && this.#tokens.at(-1)?.text === '°') this.#pushScale(SCALES[run], at);
    else if (PERCENT_WORDS.has(lower)) this.#push('op', '%', at);
    else if (DEGREE_WORDS.has(lower)) this.#push('op', '°', at);
    else if (lower === 'and' || lower === 'or') this.#push('name', lower, at);
    else if (run.length > 1 && this.#isName(run, name)) this.#push('name', name, at);
    else if (this.#isWord(run, lower)) this.#push('word', run, at);
    else if (this.#zone !== 'text' && FUNCTIONS.has(run.slice(0, -1))) this.#pushSplit(run, at);
    else for (let k = 0; k < run.length; k += 1) this.#pushLetter(run[k]!, at + k);
  }

  /** `673О` with a Cyrillic letter for a zero: letters of an alphabet close to a number, and no unit. */
  #isForeignDigit(run: string): boolean {
    return !this.#spaced && this.#tokens.at(-1)?.kind === 'number' && FOREIGN_DIGIT.test(run) && !isUnitWord(run);
  }

  /** `25^\circ C`, "25 degrees Celsius": a temperature, no angle. */
  #pushScale(name: string, at: number): void {
    this.#tokens.pop();
    this.#push('word', name, at);
  }

  /** `pi`, `sin`, `sqrt`; `floor` and its like before a bracket; in a text only `pi`. */
  #isName(run: string, name: string): boolean {
    const isOpened = FUNCTION_IN_TEXT.test(this.#text.slice(this.#at, this.#at + 8));
    if (!isPlainName(name) || (this.#zone === 'text' && name !== 'pi' && !isOpened)) return false;
    if (this.#isAbbreviation(run)) return false;
    return (
      isOpened || !LIST_FUNCTIONS.has(name) || /^ ?(?:\(|\\left|\\[{b])/.test(this.#text.slice(this.#at, this.#at + 6))
    );
  }

  /** `5 min`, `5 sec`: units behind a number, not functions. */
  #isAbbreviation(run: string): boolean {
    if (run !== 'min' && run !== 'sec') return false;
    const last = this.#tokens.at(-1);
    return (
      (last?.kind === 'number' || last?.text === '/') && !/^\s?[({\\\d]/.test(this.#text.slice(this.#at, this.#at + 2))
    );
  }

  #pushLetter(letter: string, at: number): void {
    const end = this.#at;
    this.#at = at + 1;
    this.#push('letter', letter, at);
    this.#at = end;
  }

  /** `sinx`. */
  #pushSplit(run: string, at: number): void {
    this.#push('name', run.slice(0, -1), at);
    this.#pushLetter(run.at(-1)!, at + run.length - 1);
  }

  #isWord(run: string, lower: string): boolean {
    // Symbols are ASCII letters; Greek ones are commands by now.
    if (NOT_ASCII.test(run)) return true;
    if (run.length === 1) return false;
    if (this.#zone !== 'text' && FUNCTIONS.has(run.slice(0, -1)) && !isKnownWord(lower)) return false;
    if (this.#zone === 'text' || this.#zone === 'roman') return true;
    if (this.#zone === 'math')
      return run.length > 3 || (isKnownWord(run) && (run.length > 2 || this.#tokens.at(-1)?.kind === 'number'));
    // "79 g de cire", where `de` alone is a product.
    if (run === 'de' && this.#spaced && /^ [a-zà-ÿ]{3}/.test(this.#text.slice(this.#at, this.#at + 4))) return true;
    if (run.length > 2 || (this.#tokens.at(-1)?.kind === 'number' && isUnitWord(run))) return true;
    return isKnownWord(lower) && run.slice(1) === lower.slice(1) && !this.#isShortProduct(run);
  }

  /** `-nm`: the abbreviation of a unit where none can stand. */
  #isShortProduct(run: string): boolean {
    const before = this.#tokens.at(-1);
    return (
      isUnitWord(run) &&
      !isVocabulary(run) &&
      (before === undefined || (before.kind === 'op' && '+-*=({,^'.includes(before.text)))
    );
  }

  #readOperator(): void {
    const at = this.#at;
    const char = this.#text[at]!;
    if (char === '*' && this.#text[at + 1] === '*') {
      this.#readStars(at);
      return;
    }
    if (char === '.' && this.#text[at + 1] === '.') {
      // Two are left where a third ended the sentence.
      this.#at += this.#text[at + 2] === '.' ? 3 : 2;
      this.#push('name', 'ldots', at);
      return;
    }
    const two = TWO_CHARS[this.#text.slice(at, at + 2)];
    const degree = char === '^' ? DEGREE_MARK.exec(this.#text.slice(at, at + 16)) : null;
    this.#at += degree?.[0].length ?? (two === undefined ? 1 : 2);
    if (degree !== null) this.#push('op', '°', at);
    else if (two !== undefined) this.#push('op', two, at);
    else this.#push(UNKNOWN_SIGNS.includes(char) ? 'unknown' : 'op', char, at);
  }

  /** A power between operands (`2**10`), else emphasis. */
  #readStars(at: number): void {
    if (!isPowerSign(this.#text, at)) {
      this.#skip(2);
      return;
    }
    this.#at += 2;
    this.#push('op', '^', at);
  }
}
