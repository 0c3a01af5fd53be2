import type { MathSpan } from './boxes.ts';

const MATRIX = /^\\begin\{((?:[pbvBV]|small)?matrix|array|cases)\}/;
const DISPLAY = /^\\begin\{((?:align|aligned|equation|gather|gathered|multline|eqnarray)\*?)\}/;

/**
 * All formulas in order: `$$…$$`, `\[…\]`, `\(…\)`, `$…$` on one line, `align` and its kin (of these the last
 * row), and matrices without delimiters.
 * A dollar sign that is a currency mark opens none. Linear time: a closer that is missing once is not looked for
 * again.
 */
export function findFormulas(text: string): MathSpan[] {
  return new FormulaScanner(text).run();
}

class FormulaScanner {
  readonly #text: string;
  readonly #found: MathSpan[] = [];
  readonly #missing = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  run(): MathSpan[] {
    // The search jumps from one command or dollar sign to the next.
    const marks = /[\\$]/g;
    for (let mark = marks.exec(this.#text); mark !== null; mark = marks.exec(this.#text))
      marks.lastIndex = mark[0] === '$' ? this.#readDollar(mark.index) : this.#readCommand(mark.index);
    return this.#found;
  }

  #readCommand(at: number): number {
    const next = this.#text[at + 1];
    if (next === '[') return this.#readUntil(at, at + 2, '\\]');
    if (next === '(') return this.#readUntil(at, at + 2, '\\)');
    if (next !== 'b') return at + 2;
    const ahead = this.#text.slice(at, at + 24);
    const name = DISPLAY.exec(ahead)?.[1];
    if (name !== undefined) return this.#readDisplay(at, name);
    const matrix = MATRIX.exec(ahead)?.[1];
    return matrix === undefined ? at + 2 : this.#readMatrix(at, `\\end{${matrix}}`);
  }

  /** A matrix that stands outside of delimiters. */
  #readMatrix(at: number, closer: string): number {
    const to = this.#find(closer, at);
    if (to < 0) return at + 6;
    const end = to + closer.length;
    this.#found.push({ at, end, content: this.#text.slice(at, end) });
    return end;
  }

  #readDisplay(at: number, name: string): number {
    const from = at + name.length + 8;
    const closer = `\\end{${name}}`;
    const to = this.#find(closer, from);
    if (to < 0) return from;
    this.#found.push({ at, end: to + closer.length, content: takeLastRow(this.#text.slice(from, to)) });
    return to + closer.length;
  }

  #readUntil(at: number, from: number, closer: string): number {
    const to = this.#find(closer, from);
    if (to < 0) return from;
    this.#push(at, to + closer.length, this.#text.slice(from, to));
    return to + closer.length;
  }

  #find(closer: string, from: number): number {
    if (this.#missing.has(closer)) return -1;
    const to = this.#text.indexOf(closer, from);
    if (to < 0) this.#missing.add(closer);
    return to;
  }

  #readDollar(at: number): number {
    if (this.#text[at + 1] === '$') {
      const to = this.#find('$$', at + 2);
      if (to < 0) return at + 2;
      this.#push(at, to + 2, this.#text.slice(at + 2, to));
      return to + 2;
    }
    const to = this.#findDollar(at + 1);
    if (to < 0 || this.#isCurrency(at, to)) return at + 1;
    this.#push(at, to + 1, this.#text.slice(at + 1, to));
    return to + 1;
  }

  /** Next dollar sign on the line that is not escaped; the lines of a matrix count as one. */
  #findDollar(from: number): number {
    const marks = /[\n$\\]/g;
    marks.lastIndex = from;
    let depth = 0;
    for (let mark = marks.exec(this.#text); mark !== null; mark = marks.exec(this.#text)) {
      if (mark[0] === '$') return mark.index;
      if (mark[0] === '\n' && depth <= 0) return -1;
      if (mark[0] !== '\\') continue;
      if (this.#text.startsWith('begin{', mark.index + 1)) depth += 1;
      if (this.#text.startsWith('end{', mark.index + 1)) depth -= 1;
      marks.lastIndex = mark.index + 2;
    }
    return -1;
  }

  /** `$10,200 + $255` and `$5 for each and $3`: amounts of money, not delimiters. */
  #isCurrency(at: number, to: number): boolean {
    if (!isDigit(this.#text.charCodeAt(at + 1))) return false;
    const content = this.#text.slice(at + 1, to);
    if (isDigit(this.#text.charCodeAt(to + 1)) && ' (+*/=-'.includes(content.at(-1)!)) return true;
    return hasSeveralWords(content);
  }

  #push(at: number, end: number, content: string): void {
    if (content.trim() === '') return;
    const isAligned = content.includes('\\begin{') && ALIGNED.test(content);
    this.#found.push({ at, end, content: isAligned ? takeLastRow(content) : content });
  }
}

const TEXTS = /\\(?:text|mbox|textbf|textit|mathrm|operatorname) ?\{[^{}]*\}/g;
const ALIGNED = /\\begin\{(?:align|gather|split)/;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** More than one word of three letters or more, commands and what is inside `\text{…}` left out. */
function hasSeveralWords(content: string): boolean {
  let count = 0;
  for (const { 0: run } of content.replace(TEXTS, ' ').matchAll(/\\?[A-Za-z\u0080-\uffff]+/g)) {
    if (run[0] !== '\\' && run.length > 2) count += 1;
    if (count > 1) return true;
  }
  return false;
}

/** The last row of an aligned display, without its alignment marks; rows of matrices inside do not count. */
function takeLastRow(content: string): string {
  const rows: string[] = [];
  let depth = 0;
  let from = 0;
  for (const match of content.matchAll(/\\begin\{(?!align|gather|split)|\\end\{(?!align|gather|split)|\\\\/g)) {
    if (match[0] === '\\\\') {
      if (depth > 0) continue;
      rows.push(content.slice(from, match.index));
      from = match.index + 2;
    } else depth += match[0].startsWith('\\begin') ? 1 : -1;
  }
  rows.push(content.slice(from));
  const row = rows.findLast((candidate) => /[^\s&]/.test(candidate)) ?? content;
  const hasMatrix = /\\begin\{(?!align|gather|split)/.test(row);
  const bare = row.replace(/\\(?:begin|end)\{(?:align|gather|split)(?:ed)?\*?\}/g, ' ');
  return hasMatrix ? bare.trimStart().replace(/^&/, '') : bare.replaceAll('&', ' ');
}
