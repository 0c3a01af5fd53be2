import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';
import type { Expr, FunctionName } from './expression.ts';

/** How one printed expression is set; drawn once, so that it is consistent in itself. */
interface Style {
  readonly isTex: boolean;
  readonly fraction: 'command' | 'slash';
  readonly command: string;
  readonly times: string;
  /** Products without a sign where that reads unambiguously. */
  readonly isImplicit: boolean;
  readonly open: string;
  readonly close: string;
  readonly space: string;
  readonly pi: string;
  readonly e: string;
  readonly bars: readonly [string, string];
  readonly root: 'command' | 'power' | 'sign';
  /** Small exponents as superscript digits. */
  readonly isRaised: boolean;
}

/** Binding of what was printed: a sum, a negative, a product, a power, an atom. */
type Rank = 1 | 2 | 3 | 4 | 5;

interface Printed {
  readonly text: string;
  readonly rank: Rank;
}

/** Writes an expression in LaTeX, in one of many styles. */
export function printTex(expr: Expr, rng: Rng): string {
  const [open, close] = pick(rng, [
    ['(', ')'],
    ['(', ')'],
    ['\\left(', '\\right)'],
    ['\\bigl(', '\\bigr)'],
  ] as const);
  const style: Style = {
    isTex: true,
    fraction: rng.nextInt(6) === 0 ? 'slash' : 'command',
    command: pick(rng, ['\\frac', '\\frac', '\\dfrac', '\\tfrac']),
    times: pick(rng, [' \\cdot ', '\\cdot ', ' \\times ']),
    isImplicit: rng.nextInt(5) !== 0,
    open,
    close,
    space: pick(rng, ['', ' ', ' ', '\\,']),
    pi: pick(rng, ['\\pi', '\\pi', 'π']),
    e: pick(rng, ['e', 'e', '\\mathrm{e}']),
    bars: pick(rng, [
      ['|', '|'],
      ['\\left|', '\\right|'],
      ['\\lvert ', '\\rvert'],
    ] as const),
    root: rng.nextInt(8) === 0 ? 'power' : 'command',
    isRaised: false,
  };
  return print(expr, style).text;
}

/** Writes an expression the way it is typed into running text. */
export function printPlain(expr: Expr, rng: Rng): string {
  const style: Style = {
    isTex: false,
    fraction: 'slash',
    command: '',
    times: pick(rng, ['*', ' * ', '·']),
    isImplicit: rng.nextInt(3) !== 0,
    open: '(',
    close: ')',
    space: pick(rng, ['', ' ']),
    pi: pick(rng, ['pi', 'π']),
    e: 'e',
    bars: ['|', '|'],
    root: pick(rng, ['command', 'sign']),
    isRaised: rng.nextInt(3) === 0,
  };
  return print(expr, style).text;
}

/** LaTeX in the form a data set would hold: no rare style. */
export function printReference(expr: Expr): string {
  return print(expr, REFERENCE).text;
}

const REFERENCE: Style = {
  ...{
    isTex: true,
    fraction: 'command',
    command: '\\frac',
    times: ' \\cdot ',
    isImplicit: true,
    open: '(',
    close: ')',
  },
  ...{ space: '', pi: '\\pi', e: 'e', bars: ['|', '|'], root: 'command', isRaised: false },
};

const wrap = (text: string, { open, close }: Style): string => `${open}${text}${close}`;

/** The text, in parentheses where it binds less than `rank`. */
function bind(printed: Printed, rank: Rank, style: Style): string {
  return printed.rank >= rank ? printed.text : wrap(printed.text, style);
}

/** Greek symbols as typed. */
const TYPED: Readonly<Record<string, string>> = { '\\alpha': 'α', '\\beta': 'β' };

function print(expr: Expr, style: Style): Printed {
  switch (expr.is) {
    case 'int':
      return { text: String(expr.n), rank: 5 };
    case 'symbol':
      return { text: style.isTex ? expr.name : (TYPED[expr.name] ?? expr.name), rank: 5 };
    case 'pi':
      return { text: style.pi, rank: 5 };
    case 'e':
      return { text: style.e, rank: 5 };
    case 'sum':
      return printSum(expr.terms, style);
    case 'product':
      return printProduct(expr.factors, style);
    case 'quotient':
      return printQuotient(expr.over, expr.under, style);
    case 'power':
      return printPower(expr.base, expr.exponent, style);
    case 'root':
      return printRoot(expr.of, expr.degree, style);
    case 'minus':
      return { text: `-${bind(print(expr.of, style), 3, style)}`, rank: 2 };
    case 'call':
      return printCall(expr.name, expr.args, style);
  }
}

function printSum(terms: readonly Expr[], style: Style): Printed {
  const gap = style.space;
  let text = '';
  for (const [k, term] of terms.entries()) {
    if (term.is === 'minus') {
      const inner = bind(print(term.of, style), 3, style);
      text += k === 0 ? `-${inner}` : `${gap}-${gap}${inner}`;
    } else {
      text += `${k === 0 ? '' : `${gap}+${gap}`}${bind(print(term, style), k === 0 ? 2 : 3, style)}`;
    }
  }
  return { text, rank: 1 };
}

/** Whether a product sign may be left out between two printed factors, so that nobody can read it otherwise. */
function joinsPlainly(left: string, right: string, factor: Expr, style: Style): boolean {
  // A number and a fraction side by side are a mixed number, `x|y|` and `n!m` are puzzles.
  if (!style.isImplicit || factor.is === 'quotient' || factor.is === 'call') return false;
  if (/^[\d.\-|]/.test(right) || /[|!]$/.test(left)) return false;
  // In running text letters side by side make a word.
  return style.isTex || /[\d)]$/.test(left);
}

function printProduct(factors: readonly Expr[], style: Style): Printed {
  let text = '';
  for (const [k, factor] of factors.entries()) {
    const printed = bind(print(factor, style), 4, style);
    if (k === 0) text = printed;
    else if (joinsPlainly(text, printed, factor, style)) text += (needsBlank(text, printed) ? ' ' : '') + printed;
    else text += style.times + printed;
  }
  return { text, rank: 3 };
}

const needsBlank = (left: string, right: string): boolean => /\\[a-z]+$/i.test(left) && /^[a-z]/i.test(right);

function printQuotient(over: Expr, under: Expr, style: Style): Printed {
  const [top, bottom] = [print(over, style), print(under, style)];
  if (style.fraction === 'command') {
    const isShort = over.is === 'int' && under.is === 'int' && over.n < 10n && under.n < 10n && style.space === '';
    if (isShort && style.command !== '\\dfrac') return { text: `${style.command}${top.text}${bottom.text}`, rank: 4 };
    return { text: `${style.command}{${top.text}}{${bottom.text}}`, rank: 4 };
  }
  return { text: `${bind(top, 4, style)}/${bind(bottom, 5, style)}`, rank: 3 };
}

function printPower(base: Expr, exponent: Expr, style: Style): Printed {
  const [below, above] = [print(base, style), print(exponent, style)];
  const foot = base.is === 'call' ? wrap(below.text, style) : bind(below, 5, style);
  if (style.isTex) {
    const isShort = above.text.length === 1 && style.space !== '\\,';
    return { text: `${foot}^${isShort ? above.text : `{${above.text}}`}`, rank: 4 };
  }
  if (style.isRaised && /^[2-9]$/.test(above.text)) return { text: foot + RAISED[Number(above.text)]!, rank: 4 };
  return { text: `${foot}^${bind(above, 5, style)}`, rank: 4 };
}

const RAISED = '⁰¹²³⁴⁵⁶⁷⁸⁹';

function printRoot(of: Expr, degree: number, style: Style): Printed {
  const inner = print(of, style);
  if (style.root === 'power' && of.is === 'int') {
    return { text: `${inner.text}^{1/${degree}}`, rank: 4 };
  }
  if (style.isTex) return { text: `\\sqrt${degree === 2 ? '' : `[${degree}]`}{${inner.text}}`, rank: 5 };
  if (degree !== 2) return { text: `${bind(inner, 5, style)}^(1/${degree})`, rank: 4 };
  if (style.root === 'sign') return { text: of.is === 'int' ? `√${inner.text}` : `√(${inner.text})`, rank: 5 };
  return { text: `sqrt(${inner.text})`, rank: 5 };
}

const FLOORS: Partial<Record<FunctionName, string>> = { floor: 'floor', ceil: 'ceil' };

function printCall(name: FunctionName, args: readonly Expr[], style: Style): Printed {
  const texts = args.map((arg) => print(arg, style).text);
  const [first] = texts;
  if (name === 'abs') return { text: `${style.bars[0]}${first}${style.bars[1]}`, rank: 5 };
  if (FLOORS[name] !== undefined) {
    const side = FLOORS[name];
    return { text: style.isTex ? `\\l${side} ${first} \\r${side}` : `${side}(${first})`, rank: 5 };
  }
  if (name === 'factorial' || name === 'doubleFactorial') {
    const mark = name === 'factorial' ? '!' : '!!';
    return { text: `${bind(print(args[0]!, style), 5, style)}${mark}`, rank: 4 };
  }
  if (name === 'binomial') {
    return { text: style.isTex ? `\\binom{${first}}{${texts[1]}}` : `C(${first}, ${texts[1]})`, rank: 5 };
  }
  if (name === 'log') {
    return {
      text: style.isTex
        ? `\\log_{${texts[1]}}(${first})`
        : `log_${/^\w+$/.test(texts[1]!) ? texts[1] : `(${texts[1]})`}(${first})`,
      rank: 4,
    };
  }
  const word = style.isTex ? `\\${name}` : name;
  return { text: `${word}${wrap(texts.join(', '), style)}`, rank: 4 };
}

/** Adds what a reader of LaTeX does not see: blanks, empty groups, sizes. */
export function decorateTex(text: string, rng: Rng): string {
  switch (between(rng, 0, 9)) {
    case 0:
      return ` ${text} `;
    case 1:
      return `\\displaystyle ${text}`;
    case 2:
      return `{${text}}`;
    case 3:
      return `\\, ${text} \\,`;
    case 4:
      return `${text}\\;`;
    case 5:
      return text.replaceAll(/(\\[dt]?frac|\\sqrt)\{/g, '$1 {');
    default:
      return text;
  }
}
