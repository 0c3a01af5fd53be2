import { LIMITS, Refusal } from '../limits.ts';
import { type BinaryOp, type Expr, isClosed, joinBinary, wholeNumber } from '../syntax-tree.ts';
import { ACCENTS, FACTOR_NAMES, FUNCTIONS, LIST_FUNCTIONS, SYMBOLS } from './names.ts';
import { toNumber } from './number-literal.ts';
import { ORDINALS } from './number-words.ts';
import { OperandParser, POWER } from './operand-parser.ts';
import { endsWithNumber, isMixedNumber } from './operand-shapes.ts';
import type { Token } from './token.ts';
import { isUnitWord } from './units.ts';
import { isKnownWord } from './word-classes.ts';

/** The longest expression at the beginning of some tokens, and the place behind it. */
export interface ParsedExpression {
  readonly expr: Expr;
  readonly next: number;
  /** The mark of money beside the value, if any. */
  readonly currency: Token | null;
}

/** Parses the longest expression some tokens begin with. Throws `Refusal` when they begin with none, or it is too deep. */
export function parseLeading(tokens: readonly Token[]): ParsedExpression {
  return new ExpressionParser(tokens).parseLeading();
}

/** Parses all of the tokens as one expression. Throws `Refusal` when they are none. */
export function parseExpression(tokens: readonly Token[]): Expr {
  const { expr, next, currency } = parseLeading(tokens);
  if (next < tokens.length || currency !== null) throw new Refusal('syntax');
  return expr;
}

/** Operators between two operands; of equal powers the left one goes first, but for the exponent. */
const INFIX: Readonly<Record<string, { readonly op: BinaryOp; readonly power: number }>> = {
  '+': { op: '+', power: POWER.add },
  '-': { op: '-', power: POWER.add },
  '*': { op: '*', power: POWER.multiply },
  '/': { op: '/', power: POWER.multiply },
  '^': { op: '^', power: POWER.exponent },
};

class ExpressionParser extends OperandParser {
  #depth = 0;
  /** Inside `|…|` a further bar closes; inside brackets a colon divides. */
  #insideBars = false;
  #insideBrackets = false;
  #currency: Token | null = null;

  parseLeading(): ParsedExpression {
    const expr = this.parse(0);
    this.#skipCurrency();
    return { expr, next: this.at, currency: this.#currency };
  }

  #skipCurrency(): void {
    while (this.peek()?.kind === 'currency') this.#currency = this.skipOne();
  }

  protected override parse(minPower: number): Expr {
    this.#depth += 1;
    if (this.#depth > LIMITS.depth) throw new Refusal('limit:depth');
    let left = this.parsePrefix(minPower);
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
      const signed = this.#parsePostfix(left, token) ?? this.#parseSignInfix(left, token, minPower);
      if (signed !== undefined) return signed;
    }
    if (token.kind === 'name') {
      const named = this.#parseNamedInfix(left, token, minPower);
      if (named !== null) return named;
    }
    if (POWER.multiply < minPower) return null;
    if (this.#isTimesLetter(token, left)) {
      this.at += 1;
      return joinBinary('*', left, this.parse(POWER.multiply + 1));
    }
    if (!this.#beginsFactor(token, left)) return null;
    const right = this.parse(POWER.multiply + 1);
    // `12\frac12\%`: the mark is that of the mixed number.
    if ((right.type === 'percent' || right.type === 'degree') && isMixedNumber(left, token, right.of))
      return { type: right.type, of: joinBinary('+', left, right.of) };
    return joinBinary(isMixedNumber(left, token, right) ? '+' : '*', left, right);
  }

  /** An operator with what follows it; null where it binds too weakly, undefined where the token is none. */
  #parseSignInfix(left: Expr, { text }: Token, minPower: number): Expr | null | undefined {
    if (text === '^' && this.#isOrdinal()) return null;
    const rule = INFIX[text] ?? (text === ':' && this.#insideBrackets ? INFIX['/'] : undefined);
    if (rule === undefined) return undefined;
    if (rule.power < minPower || !this.#hasOperand()) return null;
    this.at += 1;
    const right = this.parse(rule.op === '^' ? rule.power : rule.power + 1);
    // `1/4%` is a quarter of a percent.
    if (rule.op === '/' && right.type === 'percent') return { type: 'percent', of: joinBinary('/', left, right.of) };
    // `x^2!` is one thing as it is typed and another as it is set.
    if (rule.op === '^' && this.tokens[this.at - 1]!.text === '!') throw new Refusal('syntax');
    return joinBinary(rule.op, left, right);
  }

  /** `12^{th}`. */
  #isOrdinal(): boolean {
    const next = this.isOp('{', 1) ? this.peek(2) : this.peek(1);
    return next?.kind === 'word' && ORDINALS.has(next.text);
  }

  /** A slash before a word is no division: "18/day" is read as a value with a unit. */
  #hasOperand(): boolean {
    const next = this.peek(1);
    return !(this.isOp('/') && next?.kind === 'word' && isKnownWord(next.text.toLowerCase()));
  }

  #parseNamedInfix(left: Expr, { text }: Token, minPower: number): Expr | null {
    if (text === 'pm' || text === 'mp') return POWER.add < minPower ? null : this.parsePlusMinus(left);
    // `x^2 + 1 \bmod 5` is the remainder of the sum.
    if (text === 'bmod') return this.#parseCallInfix('mod', left, POWER.modulus, minPower, POWER.multiply);
    if (text === 'choose') return this.#parseCallInfix('binom', left, POWER.choose, minPower);
    // "15 choose 7 plus one": the spoken form takes the numbers beside it.
    if (text === 'chosen') return this.#parseCallInfix('binom', left, POWER.prefix, minPower);
    if (text !== 'over' || POWER.choose < minPower) return null;
    this.at += 1;
    return joinBinary('/', left, this.parse(POWER.choose + 1));
  }

  #parseCallInfix(name: string, left: Expr, power: number, minPower: number, rightPower = power): Expr | null {
    if (power < minPower) return null;
    this.at += 1;
    return { type: 'call', name, args: [left, this.parse(rightPower + 1)] };
  }

  protected override parsePlusMinus(left: Expr | null): Expr {
    const sign = this.isName('pm') ? 1 : -1;
    this.at += 1;
    return { type: 'plus-minus', sign, left, right: this.parse(POWER.add + 1) };
  }

  #parsePostfix(left: Expr, token: Token): Expr | null {
    switch (token.text) {
      case '!':
        this.at += 1;
        return { type: this.takeOp('!') ? 'double-factorial' : 'factorial', of: left };
      case '%':
        if (left.type === 'percent') throw new Refusal('syntax');
        this.at += 1;
        return { type: 'percent', of: left };
      case '°':
        if (left.type === 'degree') throw new Refusal('syntax');
        this.at += 1;
        return { type: 'degree', of: this.#parseMinutes(left) };
      default:
        return null;
    }
  }

  /** `60° 42'`: sixtieths of a degree. */
  #parseMinutes(degrees: Expr): Expr {
    const minutes = this.peek();
    if (minutes?.kind !== 'number' || !this.isOp("'", 1)) return degrees;
    this.at += 2;
    return joinBinary('+', degrees, joinBinary('/', toNumber(minutes.text), wholeNumber(60n)));
  }

  /** `2.5 x 10^5`. */
  #isTimesLetter(token: Token, left: Expr): boolean {
    if (token.kind !== 'letter' || (token.text !== 'x' && token.text !== 'X') || token.zone === 'math') return false;
    const next = this.peek(1);
    const isAmount = next?.kind === 'number' || next?.kind === 'currency';
    return token.spaced && endsWithNumber(left) && isAmount && next.spaced;
  }

  /** Whether juxtaposition goes on: two plain numbers side by side are no product. */
  #beginsFactor(token: Token, left: Expr): boolean {
    if (token.kind === 'letter') return token.zone !== 'text' && !this.#isApart(token, left);
    if (token.kind === 'word') return !token.spaced && this.isProduct(token);
    if (token.kind === 'name') return this.#isFactorName(token.text) && !this.#isUnitFraction(token);
    if (token.kind === 'op') {
      if (token.text === '|') return !this.#insideBars;
      return token.text === '(' || token.text === '[' || token.text === '{';
    }
    if (token.kind !== 'number') return false;
    const before = this.peek(-1);
    if (this.isOp('^', 1) && (before?.text === ')' || this.#hasSymbolAbove())) return true;
    // `XY0K` is a label, `x2` anybody's guess.
    if (!token.spaced && before?.kind === 'letter') throw new Refusal('syntax');
    return !endsWithNumber(left);
  }

  /** The power of the number here has a symbol in it: `n2^{n-1}` and `2^a3^b` are products. */
  #hasSymbolAbove(): boolean {
    for (let ahead = 2; ahead < 12; ahead += 1) {
      const token = this.peek(ahead);
      if (token?.kind === 'letter') return true;
      if (token === undefined || token.text === '}' || (token.text !== '{' && !this.isOp('{', 2))) return false;
    }
    return false;
  }

  /** `20 \frac{\text{m}}{\text{s}}`. */
  #isUnitFraction({ text }: Token): boolean {
    const first = this.peek(2);
    return text === 'frac' && (first?.zone === 'text' || first?.zone === 'roman') && isUnitWord(first.text);
  }

  #isFactorName(name: string): boolean {
    return (
      FACTOR_NAMES.has(name) ||
      FUNCTIONS.has(name) ||
      SYMBOLS.has(name) ||
      LIST_FUNCTIONS.has(name) ||
      ACCENTS.has(name)
    );
  }

  /** A letter that is an article or a unit: "26 dollars a day", "79 g of wax", `5\mathrm{m}`. */
  #isApart(token: Token, left: Expr): boolean {
    if (token.zone === 'roman') return isUnitWord(token.text) && (endsWithNumber(left) || isClosed(left));
    return token.zone === 'plain' && token.spaced && this.peek(1)?.kind === 'word' && this.peek(1)!.spaced;
  }

  /** All factors up to `+`, `-`, an explicit product, another function or a bracket. */
  protected override parseFactors(): Expr {
    let argument = this.parse(POWER.multiply + 1);
    for (;;) {
      const token = this.peek();
      if (token === undefined || !this.#beginsFactor(token, argument)) return argument;
      if (token.text === '(' || token.text === '[' || FUNCTIONS.has(token.text)) return argument;
      argument = joinBinary('*', argument, this.parse(POWER.multiply + 1));
    }
  }

  protected override parseIndex(subscript: readonly Token[]): Expr | null {
    const { expr, next } = new ExpressionParser(subscript).parseLeading();
    return next === subscript.length ? expr : null;
  }

  protected override parsePrefix(minPower: number = POWER.prefix): Expr {
    this.#skipCurrency();
    const token = this.peek();
    if (token === undefined) throw new Refusal('syntax');
    switch (token.kind) {
      case 'number':
        return this.parseNumber(token);
      case 'letter':
        return this.parseLetter(token);
      case 'word':
        return this.parseWord(token);
      case 'name':
        return this.parseName(token.text);
      case 'op':
        return this.#parseOperatorPrefix(token, minPower);
      default:
        throw new Refusal('syntax');
    }
  }

  #parseOperatorPrefix(token: Token, minPower: number): Expr {
    // A sign takes the whole product (`-3\\frac12` is -3.5), but inside an exponent only the next factor.
    const signPower = minPower >= POWER.exponent ? POWER.exponent : POWER.multiply;
    this.at += 1;
    switch (token.text) {
      case '-':
      case '+': {
        if (this.isOp('-') || this.isOp('+')) throw new Refusal('syntax');
        const of = this.parse(signPower);
        return token.text === '-' ? { type: 'negate', of } : of;
      }
      case '(':
        return this.parseUntil(')');
      case '[':
        return this.parseUntil(']');
      case '{':
        return this.#parseGroup(signPower);
      case '|':
        return this.#parseBars();
      case '^':
      case '_':
        this.at -= 1;
        return this.parsePrescript();
      default:
        throw new Refusal('syntax');
    }
  }

  /** `{…}`; a sign alone in braces (`{-}7`) is the sign, an empty group nothing. */
  #parseGroup(signPower: number): Expr {
    if (this.isOp('}', 1) && (this.isOp('-') || this.isOp('+'))) {
      const isMinus = this.isOp('-');
      this.at += 2;
      const of = this.parse(signPower);
      return isMinus ? { type: 'negate', of } : of;
    }
    if (this.takeOp('}')) return this.parsePrefix();
    return this.parseUntil('}');
  }

  protected override parseUntil(close: string): Expr {
    const [bars, brackets] = [this.#insideBars, this.#insideBrackets];
    this.#insideBars = false;
    this.#insideBrackets = close !== '}' || brackets;
    const expr = this.parse(0);
    this.#insideBars = bars;
    this.#insideBrackets = brackets;
    this.expectOp(close);
    return expr;
  }

  #parseBars(): Expr {
    if (this.#insideBars) throw new Refusal('syntax');
    this.#insideBars = true;
    const expr = this.parse(0);
    this.#insideBars = false;
    this.expectOp('|');
    return { type: 'call', name: 'abs', args: [expr] };
  }
}
