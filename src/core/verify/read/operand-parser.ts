import { Refusal } from '../limits.ts';
import { type Expr, joinBinary, wholeNumber } from '../syntax-tree.ts';
import { ACCENTS, FUNCTIONS, INVERSES, LIST_FUNCTIONS, MATRICES, SYMBOLS, UNKNOWN_FUNCTIONS } from './names.ts';
import { isWholeText, toNumber } from './number-literal.ts';
import { isWhole, writesOne } from './operand-shapes.ts';
import type { Token } from './token.ts';
import { TokenCursor } from './token-cursor.ts';
import { isKnownWord } from './word-classes.ts';

/** Letters that are functions before a bracket; any other letter is a factor there, unless `(0)` follows. */
const FUNCTION_LETTERS = 'fghFGH';

/** Letters that count: a subscript with one of them is an index, any other a label. */
const INDEX_LETTERS = 'ijklmnrst';

/** Binding powers of the grammar, weakest first. */
export const POWER = { modulus: 5, choose: 10, add: 20, multiply: 30, prefix: 35, exponent: 40 } as const;

/** Parses what an operator stands between: numbers, symbols, functions, groups with a name of their own. */
export abstract class OperandParser extends TokenCursor {
  /** Indices of the sums and products around this place: `i` is no imaginary unit there. */
  protected readonly indices: string[] = [];

  /** An expression whose operators bind at least so strongly. */
  protected abstract parse(minPower: number): Expr;
  protected abstract parsePrefix(): Expr;
  /** An expression and the bracket that closes it. */
  protected abstract parseUntil(close: string): Expr;
  protected abstract parsePlusMinus(left: Expr | null): Expr;
  /** The argument of a function without brackets. */
  protected abstract parseFactors(): Expr;
  /** A subscript, read by a parser of its own; null when it is no expression. */
  protected abstract parseIndex(subscript: readonly Token[]): Expr | null;

  protected parseNumber(token: Token): Expr {
    this.at += 1;
    if (this.isOp('_')) return { type: 'based', digits: token.text, base: writeTokens(this.takeSubscript()) };
    if (!isWholeText(token.text)) return toNumber(token.text);
    return this.parsePlainMixed(token) ?? this.parseCombination(token) ?? toNumber(token.text);
  }

  /** `7 3/4`. */
  private parsePlainMixed(whole: Token): Expr | null {
    const [over, bar, under] = [this.peek(), this.peek(1), this.peek(2)];
    if (over?.kind !== 'number' || !over.spaced || bar?.text !== '/' || under?.kind !== 'number') return null;
    if (!isWholeText(over.text) || !isWholeText(under.text) || BigInt(over.text) >= BigInt(under.text)) return null;
    this.at += 3;
    return joinBinary('+', toNumber(whole.text), joinBinary('/', toNumber(over.text), toNumber(under.text)));
  }

  /** `10C3`. */
  private parseCombination(whole: Token): Expr | null {
    const [letter, count] = [this.peek(), this.peek(1)];
    if (letter?.kind !== 'letter' || count?.kind !== 'number' || letter.spaced || count.spaced) return null;
    const name = COMBINATIONS[letter.text];
    if (name === undefined || !isWholeText(count.text)) return null;
    this.at += 2;
    return { type: 'call', name, args: [toNumber(whole.text), toNumber(count.text)] };
  }

  /** `{}_{10}C_3`, `^{10}C_3`. */
  protected parsePrescript(): Expr {
    this.at += 1;
    const from = this.parseArgument();
    const name = COMBINATIONS[this.peek()?.text ?? ''];
    if (name === undefined || !this.isOp('_', 1)) throw new Refusal('syntax');
    this.at += 2;
    return { type: 'call', name, args: [from, this.parseArgument()] };
  }

  protected parseLetter(token: Token): Expr {
    this.at += 1;
    const { text } = token;
    if (this.indices.includes(text)) return { type: 'symbol', name: text };
    if (!this.isOp('_')) {
      if (text === 'e') return { type: 'constant', name: 'e' };
      if (text === 'i') return { type: 'constant', name: 'i' };
    }
    const isAtZero = this.isOpenedHere() && this.peek(1)?.text === '0' && this.peek(2)?.text === ')';
    if (FUNCTION_LETTERS.includes(text) || isAtZero) {
      const name = this.takePrimes(text);
      return this.isOpenedHere() ? { type: 'apply', name, args: this.parseArgs() } : this.parseScripts(name);
    }
    if (COMBINATIONS[text] !== undefined) return this.parseCombinationLetter(text);
    return this.parseScripts(text);
  }

  private isOpenedHere(): boolean {
    return this.isOp('(') && !this.peek()!.spaced;
  }

  /** `C(10,3)`, `C_{10}^{3}`; else a symbol. */
  private parseCombinationLetter(letter: string): Expr {
    const from = this.at;
    const name = COMBINATIONS[letter]!;
    if (this.isOpenedHere()) {
      const args = this.parseArgs();
      if (args.length === 2) return { type: 'call', name, args };
      this.at = from;
    } else if (this.takeOp('_')) {
      const of = this.parseArgument();
      if (this.takeOp('^')) {
        const chosen = this.parseArgument();
        if (isChoice(of, chosen)) return { type: 'call', name, args: [of, chosen] };
      }
      this.at = from;
    }
    return this.parseScripts(letter);
  }

  private takePrimes(name: string): string {
    let result = name;
    for (;;) {
      if (this.takeOp("'")) result += "'";
      else if (this.isOp('^') && this.isName('prime', 1)) {
        this.at += 2;
        result += "'";
      } else if (this.isOp('^') && this.isOp('{', 1) && this.isName('prime', 2) && this.isOp('}', 3)) {
        this.at += 4;
        result += "'";
      } else return result;
    }
  }

  /** A symbol with its primes and subscript; an index makes it a member of a sequence. */
  protected parseScripts(name: string): Expr {
    const primed = this.takePrimes(name);
    if (!this.isOp('_')) return { type: 'symbol', name: primed };
    const subscript = this.takeSubscript();
    if (isIndex(subscript)) {
      const index = this.parseIndex(subscript);
      if (index !== null) return { type: 'apply', name: this.takePrimes(primed), args: [index] };
    }
    return { type: 'symbol', name: this.takePrimes(`${primed}_${writeTokens(subscript)}`) };
  }

  /** Whether the run of letters here is a product of symbols: no word we know, and not beside words and numbers in a text. */
  protected isProduct({ text, zone, spaced }: Token): boolean {
    if (zone === 'text' || zone === 'roman' || !/^[A-Za-z]{1,8}$/.test(text) || isKnownWord(text.toLowerCase()))
      return false;
    if (zone === 'math') return true;
    const isApart = ({ kind }: Token) => kind === 'number' || kind === 'word' || kind === 'currency';
    const [before, after] = [this.peek(-1), this.peek(1)];
    return (
      text.length <= 5 && !(before !== undefined && spaced && isApart(before)) && !(after?.spaced && isApart(after))
    );
  }

  protected parseWord(token: Token): Expr {
    if (!this.isProduct(token)) throw new Refusal('syntax');
    this.at += 1;
    const factors = [...token.text].map((name): Expr => ({ type: 'symbol', name }));
    return factors.reduce((left, right) => joinBinary('*', left, right));
  }

  protected parseName(name: string): Expr {
    this.at += 1;
    if (name === 'pi' || name === 'infty') return { type: 'constant', name };
    if (name === 'Delta' && this.peek()?.kind === 'letter') return this.parseScripts(`Delta ${this.skipOne().text}`);
    if (SYMBOLS.has(name)) return this.parseScripts(name);
    if (ACCENTS.has(name)) return this.parseAccent(name);
    if (LIST_FUNCTIONS.has(name)) return this.parseListFunction(name);
    if (UNKNOWN_FUNCTIONS.has(name)) return { type: 'apply', name, args: [this.parseFunctionArgument()] };
    if (FUNCTIONS.has(name)) return this.parseFunction(name);
    switch (name) {
      case 'frac':
        return joinBinary('/', this.parseArgument(), this.parseArgument());
      case 'sqrt':
        return this.parseRoot();
      case 'binom':
        return { type: 'call', name, args: [this.parseArgument(), this.parseArgument()] };
      case 'pm':
      case 'mp':
        this.at -= 1;
        return this.parsePlusMinus(null);
      case 'lfloor':
      case 'lceil':
        return this.parseRounding(name);
      case 'sum':
      case 'prod':
        return this.parseSeries(name);
      case 'begin':
        return this.parseMatrix();
      default:
        throw new Refusal('syntax');
    }
  }

  /** A TeX argument: a group, one digit of a number, or one token. */
  private parseArgument(): Expr {
    if (this.takeOp('{')) return this.parseUntil('}');
    const token = this.peek();
    if (token?.kind !== 'number') return this.parsePrefix();
    if (token.text.length > 1 && isWholeText(token.text)) {
      // `\frac12`: the digits are two arguments. The token is read again with the first digit cut off.
      this.tokens[this.at] = { ...token, text: token.text.slice(1), at: token.at + 1, spaced: false };
      return toNumber(token.text[0]!);
    }
    this.at += 1;
    return toNumber(token.text);
  }

  private parseRoot(): Expr {
    const degree = this.takeOp('[') ? this.parseUntil(']') : wholeNumber(2n);
    if (this.isOp('{') || this.isOp('(')) return { type: 'root', degree, of: this.parsePrefix() };
    const token = this.peek();
    if (token?.kind !== 'number') return { type: 'root', degree, of: this.parseArgument() };
    // `\sqrt13` is written by models for the root of 13.
    this.at += 1;
    return { type: 'root', degree, of: toNumber(token.text) };
  }

  private parseAccent(accent: string): Expr {
    const name = this.isOp('{') ? this.takeBraced() : this.skipOne().text;
    if (!/^[A-Za-z\d']+$/.test(name)) throw new Refusal('syntax');
    return this.parseScripts(`${accent} ${name}`);
  }

  private parseRounding(name: 'lfloor' | 'lceil'): Expr {
    const expr = this.parse(0);
    if (!this.isName(name === 'lfloor' ? 'rfloor' : 'rceil')) throw new Refusal('syntax');
    this.at += 1;
    return { type: 'call', name: name === 'lfloor' ? 'floor' : 'ceil', args: [expr] };
  }

  private parseArgs(): readonly Expr[] {
    const close = this.takeOp('\\{') ? '\\}' : ')';
    if (close === ')') this.expectOp('(');
    const args: Expr[] = [this.parse(0)];
    while (this.takeOp(',')) args.push(this.parse(0));
    this.expectOp(close);
    return args;
  }

  private parseListFunction(name: string): Expr {
    const args = this.parseArgs();
    if (ONE_ARGUMENT.has(name) && args.length > 1) throw new Refusal('syntax');
    return { type: 'call', name, args };
  }

  private parseFunction(name: string): Expr {
    let base: Expr | null = null;
    let exponent: Expr | null = null;
    for (;;) {
      if (this.isOp('_') && base === null) {
        this.at += 1;
        base = this.parseBase();
      } else if (this.isOp('^') && exponent === null) {
        this.at += 1;
        exponent = this.parseArgument();
      } else break;
    }
    const argument = this.parseFunctionArgument();
    const isInverse = exponent?.type === 'negate' && isWhole(exponent.of) && writesOne(exponent.of);
    if (isInverse && INVERSES[name] !== undefined) return callFunction(INVERSES[name], argument);
    if (base !== null && name !== 'log') throw new Refusal('syntax');
    const call = base === null ? callFunction(name, argument) : { type: 'call' as const, name, args: [argument, base] };
    return exponent === null ? call : joinBinary('^', call, exponent);
  }

  /** `\log_10 x` has the base 10, whatever TeX makes of it. */
  private parseBase(): Expr {
    const token = this.peek();
    if (token?.kind !== 'number') return this.parseArgument();
    this.at += 1;
    return toNumber(token.text);
  }

  /** Brackets, or without them the factors that follow. */
  private parseFunctionArgument(): Expr {
    return this.isOp('(') || this.isOp('[') || this.isOp('{') ? this.parseBracketedArgument() : this.parseFactors();
  }

  /** A degree mark behind the bracket belongs to what is inside: `\sin(30)^\circ`. */
  private parseBracketedArgument(): Expr {
    const argument = this.parsePrefix();
    return this.takeOp('°') ? { type: 'degree', of: argument } : argument;
  }

  private parseSeries(op: 'sum' | 'prod'): Expr {
    this.expectOp('_');
    this.expectOp('{');
    const variable = this.skipOne();
    if (variable.kind !== 'letter') throw new Refusal('syntax');
    this.expectOp('=');
    const from = this.parseUntil('}');
    this.expectOp('^');
    const to = this.parseArgument();
    this.indices.push(variable.text);
    const body = this.parse(POWER.multiply);
    this.indices.pop();
    return { type: 'series', op, variable: variable.text, from, to, body };
  }

  private parseMatrix(): Expr {
    const name = this.takeBraced();
    if (!MATRICES.has(name)) throw new Refusal('syntax');
    if (name === 'array' && this.isOp('{')) this.takeBraced();
    const rows: Expr[][] = [];
    while (!this.isName('end')) {
      const row = [this.parse(0)];
      while (this.takeOp('&')) row.push(this.parse(0));
      rows.push(row);
      if (!this.takeOp('\\\\') && !this.isName('end')) throw new Refusal('syntax');
    }
    this.at += 1;
    if (this.takeBraced() !== name) throw new Refusal('syntax');
    const width = rows[0]?.length ?? 0;
    if (width === 0 || rows.some((row) => row.length !== width)) throw new Refusal('syntax');
    return { type: 'matrix', rows, isDeterminant: name === 'vmatrix' };
  }
}

const ONE_ARGUMENT: ReadonlySet<string> = new Set(['floor', 'ceil', 'abs']);

const COMBINATIONS: Readonly<Record<string, string>> = { C: 'binom', P: 'permutations', A: 'permutations' };

/** `C_{10}^{3}` counts combinations; `C_1^2` is the square of a symbol. */
function isChoice(of: Expr, chosen: Expr): boolean {
  if (of.type === 'number' && chosen.type === 'number')
    return of.value.den === 1n && chosen.value.den === 1n && of.value.num >= chosen.value.num && of.value.num > 1n;
  return of.type !== 'number' && (chosen.type !== 'number' || of.type !== 'symbol' || INDEX_LETTERS.includes(of.name));
}

function writeTokens(tokens: readonly Token[]): string {
  return tokens.map(({ text }) => text).join('');
}

/** Whether a subscript counts (`n-1`, `2k`) rather than names (`1`, `L`, `max`). */
function isIndex(subscript: readonly Token[]): boolean {
  let hasLetter = false;
  for (const { kind, text } of subscript) {
    if (kind === 'letter') {
      if (!INDEX_LETTERS.includes(text)) return false;
      hasLetter = true;
    } else if (kind !== 'number' && !(kind === 'op' && '+-*()'.includes(text))) return false;
  }
  return hasLetter;
}

/** The value that a function has at its argument: by the functions that are evaluated, where it is made of these. */
function callFunction(name: string, argument: Expr): Expr {
  const made = MADE_OF[name];
  return made === undefined ? { type: 'call', name, args: [argument] } : made(argument);
}

const call = (name: string, argument: Expr): Expr => ({ type: 'call', name, args: [argument] });
const invert = (expr: Expr): Expr => joinBinary('/', wholeNumber(1n), expr);

/** The argument stands once in each: functions of functions stay as long as they are written. */
const MADE_OF: Readonly<Record<string, (argument: Expr) => Expr>> = {
  sech: (x) => invert(call('cosh', x)),
  csch: (x) => invert(call('sinh', x)),
  coth: (x) => invert(call('tanh', x)),
  asec: (x) => call('acos', invert(x)),
  acsc: (x) => call('asin', invert(x)),
  acot: (x) => joinBinary('-', joinBinary('/', { type: 'constant', name: 'pi' }, wholeNumber(2n)), call('atan', x)),
  asech: (x) => call('acosh', invert(x)),
  acsch: (x) => call('asinh', invert(x)),
  acoth: (x) => call('atanh', invert(x)),
};
