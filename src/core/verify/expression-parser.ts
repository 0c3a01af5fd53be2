import { INFIX, POWER } from './binding-powers.ts';
import { LIMITS, Refusal } from './limits.ts';
import { FACTOR_NAMES, FUNCTIONS, INVERSES, LIST_FUNCTIONS, MATRICES, SYMBOLS } from './names.ts';
import { endsWithNumber, isMixedNumber, isWhole, isWholeText, toNumber } from './number-nodes.ts';
import type { Expr } from './syntax-tree.ts';
import { TokenCursor } from './token-cursor.ts';
import type { Token } from './tokens.ts';

/** A scalar with the unit that stood behind it. */
export interface ParsedScalar {
  readonly expr: Expr;
  readonly unit: string | null;
}

/** Parses all of the tokens as one scalar expression. Throws `Refusal` when they are none, or too deep. */
export function parseScalar(tokens: readonly Token[]): ParsedScalar {
  const parser = new ExpressionParser(tokens);
  return parser.parseAll();
}

class ExpressionParser extends TokenCursor {
  #depth = 0;
  /** Inside `|…|` a further bar closes. */
  #insideBars = false;
  #sawCurrency = false;

  parseAll(): ParsedScalar {
    this.#skipCurrency();
    let expr = this.#parse(0);
    const unit = this.takeUnit();
    // `2 cm + 3 cm`
    while (unit !== null && (this.isOp('+') || this.isOp('-'))) {
      const op = this.isOp('+') ? '+' : '-';
      this.at += 1;
      expr = { type: 'binary', op, left: expr, right: this.#parse(POWER.add + 1) };
      const next = this.takeUnit();
      if (next !== null && next !== unit) throw new Refusal('syntax');
    }
    if (this.at < this.tokens.length) throw new Refusal('syntax');
    return { expr, unit: unit ?? (this.#sawCurrency ? 'currency' : null) };
  }

  #skipCurrency(): void {
    while (this.takeOp('currency')) this.#sawCurrency = true;
  }

  #parse(minPower: number): Expr {
    this.#depth += 1;
    if (this.#depth > LIMITS.depth) throw new Refusal('limit:depth');
    let left = this.#parsePrefix(minPower);
    for (;;) {
      const next = this.#parseInfix(left, minPower);
      if (next === null) break;
      left = next;
    }
    this.#depth -= 1;
    return left;
  }

  /** The longer expression that begins with `left`, or null when nothing of enough binding power follows. */
  #parseInfix(left: Expr, minPower: number): Expr | null {
    const token = this.peek();
    if (token === undefined) return null;
    if (token.kind === 'op') {
      const postfix = this.#parsePostfix(left, token);
      if (postfix !== null) return postfix;
      const rule = INFIX[token.text];
      if (rule !== undefined) {
        if (rule.power < minPower) return null;
        this.at += 1;
        const right = this.#parse(rule.op === '^' ? rule.power : rule.power + 1);
        return { type: 'binary', op: rule.op, left, right };
      }
    }
    if (this.isName('pm') || this.isName('mp')) {
      if (POWER.add < minPower) return null;
      return this.#parsePlusMinus(left);
    }
    if (POWER.multiply < minPower || !this.#beginsFactor(token, left)) return null;
    const right = this.#parse(POWER.multiply + 1);
    return isMixedNumber(left, token, right)
      ? { type: 'binary', op: '+', left, right }
      : { type: 'binary', op: '*', left, right };
  }

  #parsePlusMinus(left: Expr | null): Expr {
    const sign = this.isName('pm') ? 1 : -1;
    this.at += 1;
    return { type: 'plus-minus', sign, left, right: this.#parse(POWER.add + 1) };
  }

  #parsePostfix(left: Expr, token: Token): Expr | null {
    switch (token.text) {
      case '!':
        this.at += 1;
        return { type: 'factorial', of: left };
      case '%':
        this.at += 1;
        return { type: 'percent', of: left };
      case '°':
        this.at += 1;
        return { type: 'degree', of: left };
      case 'currency':
        this.at += 1;
        this.#sawCurrency = true;
        return left;
      default:
        return null;
    }
  }

  /** Whether juxtaposition goes on: two plain numbers side by side are no product. */
  #beginsFactor(token: Token, left: Expr): boolean {
    if (token.kind === 'letter') return true;
    if (token.kind === 'word') return !token.spaced;
    if (token.kind === 'name')
      return (
        FACTOR_NAMES.has(token.text) ||
        FUNCTIONS.has(token.text) ||
        SYMBOLS.has(token.text) ||
        LIST_FUNCTIONS.has(token.text)
      );
    if (token.kind === 'op') {
      if (token.text === '|') return !this.#insideBars;
      return token.text === '(' || token.text === '[' || token.text === '{';
    }
    if (token.kind === 'number') return this.#isPlainMixed(left) || !endsWithNumber(left);
    return false;
  }

  /** `7 3/4` in plain text. */
  #isPlainMixed(left: Expr): boolean {
    return isWhole(left) && this.isOp('/', 1) && this.peek(2)?.kind === 'number' && this.peek(3) === undefined;
  }

  #parsePrefix(minPower: number = POWER.prefix): Expr {
    this.#skipCurrency();
    const token = this.peek();
    if (token === undefined) throw new Refusal('syntax');
    if (token.kind === 'number') return this.#parseNumber(token);
    if (token.kind === 'letter') return this.#parseLetter();
    if (token.kind === 'word') return this.#parseWord(token);
    if (token.kind === 'name') return this.#parseName(token);
    if (token.kind === 'op') return this.#parseOperatorPrefix(token, minPower);
    throw new Refusal('syntax');
  }

  #parseOperatorPrefix(token: Token, minPower: number): Expr {
    this.at += 1;
    // A sign takes the whole product (`-3\\frac12` is -3.5), but inside an exponent only the next factor.
    const signPower = minPower >= POWER.exponent ? POWER.exponent : POWER.multiply;
    switch (token.text) {
      case '-':
        return { type: 'negate', of: this.#parse(signPower) };
      case '+':
        return this.#parse(signPower);
      case '(':
        return this.#parseUntil(')');
      case '[':
        return this.#parseUntil(']');
      case '{':
        return this.#parseUntil('}');
      case '|':
        return this.#parseBars();
      default:
        throw new Refusal('syntax');
    }
  }

  #parseUntil(close: string): Expr {
    const outer = this.#insideBars;
    this.#insideBars = false;
    const expr = this.#parse(0);
    this.#insideBars = outer;
    this.expectOp(close);
    return expr;
  }

  #parseBars(): Expr {
    if (this.#insideBars) throw new Refusal('syntax');
    this.#insideBars = true;
    const expr = this.#parse(0);
    this.#insideBars = false;
    this.expectOp('|');
    return { type: 'call', name: 'abs', args: [expr] };
  }

  #parseNumber(token: Token): Expr {
    this.at += 1;
    if (this.isOp('_')) return { type: 'based', digits: token.text, base: this.takeSubscript() };
    if (isWholeText(token.text) && this.#isPlainFraction()) return this.#parsePlainMixed(token);
    return toNumber(token.text);
  }

  #isPlainFraction(): boolean {
    const [a, b, c] = [this.peek(0), this.peek(1), this.peek(2)];
    const isEnd = this.peek(3) === undefined;
    return (
      isEnd &&
      a?.kind === 'number' &&
      a.spaced &&
      b?.text === '/' &&
      c?.kind === 'number' &&
      isWholeText(a.text) &&
      isWholeText(c.text)
    );
  }

  #parsePlainMixed(whole: Token): Expr {
    const fraction: Expr = {
      type: 'binary',
      op: '/',
      left: toNumber(this.peek(0)!.text),
      right: toNumber(this.peek(2)!.text),
    };
    this.at += 3;
    return { type: 'binary', op: '+', left: toNumber(whole.text), right: fraction };
  }

  #parseLetter(): Expr {
    const token = this.peek()!;
    this.at += 1;
    if (token.text === 'e' && !this.isOp('_')) return { type: 'constant', name: 'e' };
    if (token.text === 'i' && !this.isOp('_')) return { type: 'constant', name: 'i' };
    return { type: 'symbol', name: this.#takeDecorations(token.text) };
  }

  #takeDecorations(name: string): string {
    let result = name;
    for (;;) {
      if (this.isOp('_')) result += `_${this.takeSubscript()}`;
      else if (this.takeOp("'")) result += "'";
      else return result;
    }
  }

  #parseWord(token: Token): Expr {
    this.at += 1;
    if (token.text.length > 12) throw new Refusal('syntax');
    const factors = [...token.text].map((name): Expr => ({ type: 'symbol', name }));
    return factors.reduce((left, right) => ({ type: 'binary', op: '*', left, right }));
  }

  #parseName(token: Token): Expr {
    const name = token.text;
    this.at += 1;
    if (name === 'pi' || name === 'infty') return { type: 'constant', name };
    if (SYMBOLS.has(name)) return { type: 'symbol', name: this.#takeDecorations(name) };
    if (name === 'frac') return { type: 'binary', op: '/', left: this.#parseArgument(), right: this.#parseArgument() };
    if (name === 'sqrt') return this.#parseRoot();
    if (name === 'binom') return { type: 'call', name, args: [this.#parseArgument(), this.#parseArgument()] };
    if (name === 'overline') return this.#parseOverline();
    if (name === 'pm' || name === 'mp') {
      this.at -= 1;
      return this.#parsePlusMinus(null);
    }
    if (name === 'lfloor' || name === 'lceil') return this.#parseRounding(name);
    if (name === 'sum' || name === 'prod') return this.#parseSeries(name);
    if (name === 'begin') return this.#parseEnvironment();
    if (LIST_FUNCTIONS.has(name)) return this.#parseListFunction(name);
    if (FUNCTIONS.has(name)) return this.#parseFunction(name);
    throw new Refusal('syntax');
  }

  /** A TeX argument: a group, one digit of a number, or one token. */
  #parseArgument(): Expr {
    if (this.takeOp('{')) return this.#parseUntil('}');
    const token = this.peek();
    if (token?.kind === 'number' && token.text.length > 1 && /^\d+$/.test(token.text)) return this.#splitNumber(token);
    if (token?.kind === 'number') {
      this.at += 1;
      return toNumber(token.text);
    }
    return this.#parsePrefix();
  }

  /** `\frac12`: the digits are two arguments. The tokens are read again with the first digit cut off. */
  #splitNumber(token: Token): Expr {
    const rest = { ...token, text: token.text.slice(1), at: token.at + 1, spaced: false };
    this.tokens[this.at] = rest;
    return toNumber(token.text[0]!);
  }

  #parseRoot(): Expr {
    let degree: Expr = toNumber('2');
    if (this.takeOp('[')) degree = this.#parseUntil(']');
    const of = this.isOp('{') || this.isOp('(') ? this.#parsePrefix() : this.#parseWholeArgument();
    return { type: 'root', degree, of };
  }

  /** `\sqrt13` is written by models for the root of 13. */
  #parseWholeArgument(): Expr {
    const token = this.peek();
    if (token?.kind !== 'number') return this.#parseArgument();
    this.at += 1;
    return toNumber(token.text);
  }

  /** A repeating decimal: `0.\overline{3}` has been split by the tokenizer and is not supported elsewhere. */
  #parseOverline(): Expr {
    let name = '';
    this.expectOp('{');
    while (this.peek()?.kind === 'letter' || this.peek()?.kind === 'word') {
      name += this.peek()!.text;
      this.at += 1;
    }
    this.expectOp('}');
    if (name === '') throw new Refusal('syntax');
    return { type: 'symbol', name: `overline ${name}` };
  }

  #parseRounding(name: 'lfloor' | 'lceil'): Expr {
    const expr = this.#parse(0);
    const close = name === 'lfloor' ? 'rfloor' : 'rceil';
    if (!this.isName(close)) throw new Refusal('syntax');
    this.at += 1;
    return { type: 'call', name: name === 'lfloor' ? 'floor' : 'ceil', args: [expr] };
  }

  #parseListFunction(name: string): Expr {
    const close = this.takeOp('\\{') ? '\\}' : ')';
    if (close === ')') this.expectOp('(');
    const args: Expr[] = [this.#parse(0)];
    while (this.takeOp(',')) args.push(this.#parse(0));
    this.expectOp(close);
    return { type: 'call', name, args };
  }

  #parseFunction(name: string): Expr {
    let base: Expr | null = null;
    let exponent: Expr | null = null;
    for (;;) {
      if (this.isOp('_') && base === null) {
        this.at += 1;
        base = this.#parseArgument();
      } else if (this.isOp('^') && exponent === null) {
        this.at += 1;
        exponent = this.#parseArgument();
      } else break;
    }
    const argument = this.#parseFunctionArgument();
    const isInverse = exponent?.type === 'negate' && exponent.of.type === 'number' && exponent.of.value.num === 1n;
    if (isInverse && INVERSES[name] !== undefined) return { type: 'call', name: INVERSES[name], args: [argument] };
    const args = name === 'log' && base !== null ? [argument, base] : [argument];
    const call: Expr = { type: 'call', name, args };
    return exponent === null ? call : { type: 'binary', op: '^', left: call, right: exponent };
  }

  /** Brackets, or without them all factors up to `+`, `-`, an explicit product, another function or a bracket. */
  #parseFunctionArgument(): Expr {
    if (this.isOp('(') || this.isOp('[') || this.isOp('{')) return this.#parsePrefix();
    let argument = this.#parse(POWER.multiply + 1);
    for (;;) {
      const token = this.peek();
      if (token === undefined || !this.#beginsFactor(token, argument)) return argument;
      if (token.text === '(' || token.text === '[' || FUNCTIONS.has(token.text)) return argument;
      argument = { type: 'binary', op: '*', left: argument, right: this.#parse(POWER.multiply + 1) };
    }
  }

  #parseSeries(op: 'sum' | 'prod'): Expr {
    this.expectOp('_');
    this.expectOp('{');
    const variable = this.peek();
    if (variable?.kind !== 'letter') throw new Refusal('syntax');
    this.at += 1;
    this.expectOp('=');
    const from = this.#parseUntil('}');
    this.expectOp('^');
    const to = this.#parseArgument();
    const body = this.#parse(POWER.multiply);
    return { type: 'series', op, variable: variable.text, from, to, body };
  }

  #parseEnvironment(): Expr {
    const name = this.takeEnvironmentName();
    if (!MATRICES.has(name)) throw new Refusal('syntax');
    if (name === 'array' && this.takeOp('{')) while (!this.takeOp('}')) this.skipOne();
    const rows: Expr[][] = [];
    while (!this.isName('end')) {
      const row = [this.#parse(0)];
      while (this.takeOp('&')) row.push(this.#parse(0));
      rows.push(row);
      if (!this.takeOp('\\\\') && !this.isName('end')) throw new Refusal('syntax');
    }
    this.at += 1;
    if (this.takeEnvironmentName() !== name) throw new Refusal('syntax');
    const width = rows[0]?.length ?? 0;
    if (width === 0 || rows.some((row) => row.length !== width)) throw new Refusal('syntax');
    return { type: 'matrix', rows, isDeterminant: name === 'vmatrix' };
  }
}
