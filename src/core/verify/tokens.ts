import { LIMITS, Refusal } from './limits.ts';
import { isKnownName, isPlainName, isUnitWord } from './names.ts';

/**
 * One token of an answer. `number` holds digits with at most one point; `letter` one symbol;
 * `word` a run of letters that is no known name; `text` the content of `\text{…}`; `name` a function,
 * constant or structural command without its backslash; `op` everything else.
 */
export interface Token {
  readonly kind: 'number' | 'letter' | 'word' | 'text' | 'name' | 'op';
  readonly text: string;
  /** Offset in the source, and whether white space stood before. */
  readonly at: number;
  readonly spaced: boolean;
}

/** Characters that stand for others: one table instead of chains of replacements. */
const REPLACED: Readonly<Record<string, string>> = {
  '−': '-',
  '–': '-',
  '—': '-',
  '×': '\\cdot ',
  '·': '\\cdot ',
  '⋅': '\\cdot ',
  '÷': '/',
  π: '\\pi ',
  '∞': '\\infty ',
  '√': '\\sqrt ',
  '≤': '\\le ',
  '≥': '\\ge ',
  '≠': '\\ne ',
  '∪': '\\cup ',
  '∩': '\\cap ',
  '∈': '\\in ',
  '≈': '\\approx ',
  '²': '^2 ',
  '³': '^3 ',
  '½': '\\frac{1}{2}',
  '±': '\\pm ',
  '：': ':',
  '；': ';',
  '＝': '=',
  '，': ',',
  '（': '(',
  '）': ')',
  '、': ',',
  '。': ' ',
  '％': '%',
  '€': '\\$',
  '£': '\\$',
  '¥': '\\$',
  '∅': '\\emptyset ',
  '\u00a0': ' ',
  '\u2009': ' ',
  '\u2028': ' ',
  '\u202f': ' ',
  '\u200b': '',
  '\u200c': '',
  '\u200d': '',
  '\ufeff': '',
  '\u2061': '',
};

/** Replaces look-alike characters by the ASCII or command form the tokenizer knows. Linear time. */
export function foldCharacters(text: string): string {
  if (!/[^\x20-\x7e]/.test(text)) return text;
  let result = '';
  for (const char of text) {
    const code = char.charCodeAt(0);
    if (code >= 0xff10 && code <= 0xff19) result += String.fromCharCode(code - 0xff10 + 48);
    else result += REPLACED[char] ?? char;
  }
  return result;
}

/** Commands without meaning for the value. */
const IGNORED = new Set([
  'left',
  'right',
  'big',
  'Big',
  'bigg',
  'Bigg',
  'bigl',
  'bigr',
  'Bigl',
  'Bigr',
  'displaystyle',
  'textstyle',
  'limits',
  'nolimits',
  'operatorname',
  'mathrm',
  'mathbf',
  'mathbb',
  'mathit',
  'mathsf',
  'mathcal',
  'boldsymbol',
  'rm',
  'bf',
  'it',
  'hphantom',
  'strut',
]);
const SPACES = new Set(['quad', 'qquad', 'enspace', 'thinspace', 'medspace', 'thickspace', 'space']);
const TEXT_COMMANDS = new Set([
  'text',
  'textbf',
  'textit',
  'textrm',
  'textsf',
  'texttt',
  'mbox',
  'hbox',
  'textnormal',
  'emph',
]);
const ALIASES: Readonly<Record<string, string>> = {
  dfrac: 'frac',
  tfrac: 'frac',
  cfrac: 'frac',
  leq: 'le',
  leqslant: 'le',
  geq: 'ge',
  geqslant: 'ge',
  lt: '<',
  gt: '>',
  neq: 'ne',
  times: 'cdot',
  ast: 'cdot',
  lbrace: '\\{',
  rbrace: '\\}',
  lbrack: '[',
  rbrack: ']',
  lparen: '(',
  rparen: ')',
  vert: '|',
  lvert: '|',
  rvert: '|',
  mid: '|',
  degree: '°',
  land: 'and',
  lor: 'or',
  wedge: 'and',
  vee: 'or',
  varnothing: 'emptyset',
  to: 'rightarrow',
  dotsc: 'ldots',
  dots: 'ldots',
  cdots: 'ldots',
  dotsb: 'ldots',
  dbinom: 'binom',
  tbinom: 'binom',
  backslash: 'setminus',
  thickapprox: 'approx',
  arcsin: 'asin',
  arccos: 'acos',
  arctan: 'atan',
  infinity: 'infty',
  inf: 'infty',
  oo: 'infty',
  Infinity: 'infty',
  colon: ':',
  lg: 'log',
};
const OPERATORS: Readonly<Record<string, string>> = {
  le: '<=',
  ge: '>=',
  ne: '!=',
  cdot: '*',
  div: '/',
  '<': '<',
  '>': '>',
};

/** Splits an answer into tokens. Throws `Refusal` beyond the token bound. Linear time. */
export function tokenize(source: string): Token[] {
  return new Tokenizer(foldCharacters(source)).run();
}

class Tokenizer {
  readonly #text: string;
  readonly #tokens: Token[] = [];
  #at = 0;
  #spaced = false;
  /** Open `( [ \{`: a comma between digits is no thousands separator inside. */
  #depth = 0;
  readonly #spacedComma: boolean;

  constructor(text: string) {
    this.#text = text;
    this.#spacedComma = /,\s/.test(text);
  }

  run(): Token[] {
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!;
      if (/\s/.test(char) || char === '~' || char === '$') {
        this.#spaced = true;
        this.#at += 1;
      } else if (/\d/.test(char) || (char === '.' && /\d/.test(this.#text[this.#at + 1] ?? ''))) this.#readNumber();
      else if (char === '\\') this.#readCommand();
      else if (/\p{L}/u.test(char)) this.#readLetters();
      else this.#readOperator(char);
    }
    return this.#tokens;
  }

  #push(kind: Token['kind'], text: string, at: number): void {
    if (this.#tokens.length >= LIMITS.tokens) throw new Refusal('limit:tokens');
    this.#tokens.push({ kind, text, at, spaced: this.#spaced });
    this.#spaced = false;
    if (kind !== 'op') return;
    if (text === '(' || text === '[' || text === '\\{') this.#depth += 1;
    if (text === ')' || text === ']' || text === '\\}') this.#depth -= 1;
  }

  #readNumber(): void {
    const at = this.#at;
    let digits = this.#takeDigits();
    const head = digits;
    while (head.length > 0 && head.length <= 3) {
      const size = this.#measureSeparator(head);
      if (size === 0) break;
      this.#at += size;
      digits += this.#takeDigits();
    }
    if (this.#text[this.#at] === '.') {
      this.#at += 1;
      const decimals = this.#takeDigits();
      if (decimals !== '') digits += `.${decimals}`;
    }
    if (digits.length > LIMITS.literalDigits) throw new Refusal('limit:literal');
    this.#push('number', digits, at);
  }

  #takeDigits(): string {
    const from = this.#at;
    while (this.#at < this.#text.length && isDigit(this.#text.charCodeAt(this.#at))) this.#at += 1;
    return this.#text.slice(from, this.#at);
  }

  /**
   * Length of a thousands separator at this place, 0 when there is none: exactly three digits must
   * follow. A bare comma does not count inside brackets, nor where other commas carry a blank.
   */
  #measureSeparator(head: string): number {
    const ahead = this.#text.slice(this.#at, this.#at + 12);
    const match = /^(?:\{,\}|,\\!\s?|,|\\[,;:! ]\s?| )(?=\d{3}(?!\d))/.exec(ahead);
    if (match === null || head.startsWith('0')) return 0;
    if (match[0] === ',' && (this.#depth > 0 || this.#spacedComma)) return 0;
    return match[0].length;
  }

  #readCommand(): void {
    const at = this.#at;
    const next = this.#text[at + 1] ?? '';
    if (next === '\\') {
      this.#readDoubleBackslash(at);
      return;
    }
    if (!/[A-Za-z]/.test(next)) {
      this.#at += 2;
      this.#readSymbolCommand(next, at);
      return;
    }
    let end = at + 1;
    while (end < this.#text.length && /[A-Za-z]/.test(this.#text[end]!)) end += 1;
    this.#at = end;
    this.#readNamedCommand(this.#text.slice(at + 1, end), at);
  }

  /** A row break, or one backslash too many before a command name (over-escaped JSON). */
  #readDoubleBackslash(at: number): void {
    const name = /^[A-Za-z]+/.exec(this.#text.slice(at + 2, at + 24))?.[0] ?? '';
    if (name.length > 1 && (isCommand(name) || isKnownName(name))) this.#at += 1;
    else if (/^[{}%$]/.test(this.#text.slice(at + 2, at + 3))) this.#at += 1;
    else {
      this.#at += 2;
      this.#push('op', '\\\\', at);
    }
  }

  #readSymbolCommand(char: string, at: number): void {
    if (char === '{' || char === '}') this.#push('op', `\\${char}`, at);
    else if (char === '%') this.#push('op', '%', at);
    else if (char === '$') this.#push('op', 'currency', at);
    else if (char === '|') this.#push('op', '|', at);
    else if (char !== '!') this.#spaced = true;
  }

  #readNamedCommand(raw: string, at: number): void {
    if (IGNORED.has(raw)) {
      if ((raw === 'left' || raw === 'right') && this.#text[this.#at] === '.') this.#at += 1;
      return;
    }
    if (SPACES.has(raw)) {
      this.#spaced = true;
      return;
    }
    if (TEXT_COMMANDS.has(raw)) {
      this.#readText(at);
      return;
    }
    const name = ALIASES[raw] ?? raw;
    const operator = OPERATORS[name];
    if (operator !== undefined) this.#push('op', operator, at);
    else if (/^[a-zA-Z]/.test(name)) this.#push('name', name, at);
    else this.#push('op', name, at);
  }

  #readText(at: number): void {
    while (this.#text[this.#at] === ' ') this.#at += 1;
    if (this.#text[this.#at] !== '{') return;
    let depth = 0;
    const from = this.#at + 1;
    for (; this.#at < this.#text.length; this.#at += 1) {
      const char = this.#text[this.#at];
      if (char === '{') depth += 1;
      if (char === '}') depth -= 1;
      if (depth === 0) break;
    }
    const content = this.#text.slice(from, this.#at).trim();
    this.#at += 1;
    const word = content
      .toLowerCase()
      .replace(/[.,\s]+$/, '')
      .replace(/^[.,\s]+/, '');
    if (word === 'and' || word === 'or') this.#push('name', word, at);
    else if (PERCENT_WORDS.has(word)) this.#push('op', '%', at);
    else if (DEGREE_WORDS.has(word)) this.#push('op', '°', at);
    else if (content !== '') this.#push('text', content, at);
    this.#spaced = true;
  }

  #readLetters(): void {
    const at = this.#at;
    let end = at;
    while (end < this.#text.length && /\p{L}/u.test(this.#text[end]!)) end += 1;
    const run = this.#text.slice(at, end);
    this.#at = end;
    const name = ALIASES[run] ?? run;
    if (PERCENT_WORDS.has(run.toLowerCase())) this.#push('op', '%', at);
    else if (DEGREE_WORDS.has(run.toLowerCase())) this.#push('op', '°', at);
    else if (run.length > 1 && isPlainName(name)) this.#push('name', name, at);
    else if (run.length > 2 || (run.length === 2 && this.#spaced && isUnitWord(run))) this.#push('word', run, at);
    else for (let k = 0; k < run.length; k += 1) this.#push('letter', run[k]!, at + k);
  }

  #readOperator(char: string): void {
    const at = this.#at;
    const two = this.#text.slice(at, at + 2);
    const degree =
      char === '^' ? /^\^\s?(?:\{\s?\\circ\s?\}|\\circ(?![A-Za-z]))/.exec(this.#text.slice(at, at + 14)) : null;
    if (degree !== null) {
      this.#at += degree[0].length;
      this.#push('op', '°', at);
    } else if (TWO_CHARS[two] !== undefined) {
      this.#at += 2;
      this.#push('op', TWO_CHARS[two]!, at);
    } else {
      this.#at += 1;
      this.#push('op', char, at);
    }
  }
}

const TWO_CHARS: Readonly<Record<string, string>> = {
  '>=': '>=',
  '<=': '<=',
  '!=': '!=',
  '==': '=',
  '~=': '≈',
  '**': '^',
};
const PERCENT_WORDS = new Set(['percent', 'percentage', 'pct', '\\%']);
const DEGREE_WORDS = new Set(['degrees', 'degree', 'deg']);

function isCommand(name: string): boolean {
  return (
    IGNORED.has(name) ||
    SPACES.has(name) ||
    TEXT_COMMANDS.has(name) ||
    ALIASES[name] !== undefined ||
    OPERATORS[name] !== undefined
  );
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
