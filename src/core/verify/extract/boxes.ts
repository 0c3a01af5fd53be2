/** A stretch of a text; UTF-16 code units, `end` is exclusive. */
export interface Span {
  readonly at: number;
  readonly end: number;
}

/** A math construct with its content. */
export interface MathSpan extends Span {
  readonly content: string;
}

interface OpenBrace {
  /** Where the box command stands; -1 for an ordinary brace. */
  readonly boxAt: number;
  readonly from: number;
}

/** A box, and where its content begins and ends. */
interface FoundBox extends Span {
  readonly from: number;
  readonly to: number;
}

/**
 * All `\boxed{…}` and `\fbox{…}` with content, in the order in which they close; of nested ones only
 * the outermost, since `\boxed{8 \boxed{7}}` does not say 7. Unbraced `\boxed 7` counts; a last box that is never closed runs to the end of the
 * text. One pass.
 */
export function findBoxes(text: string): MathSpan[] {
  const first = text.indexOf('box');
  return first < 0 ? [] : new BoxScanner(text).run(Math.max(0, first - 4));
}

class BoxScanner {
  readonly #text: string;
  readonly #stack: OpenBrace[] = [];
  readonly #boxes: FoundBox[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  run(from: number): MathSpan[] {
    // The search jumps from one brace or command to the next.
    const marks = /[\\{}]/g;
    marks.lastIndex = from;
    for (let mark = marks.exec(this.#text); mark !== null; mark = marks.exec(this.#text)) {
      const at = mark.index;
      if (mark[0] === '\\') marks.lastIndex = this.#readCommand(at);
      else if (mark[0] === '{') this.#stack.push({ boxAt: -1, from: at + 1 });
      else this.#close(at);
    }
    this.#closeLast();
    return this.#boxes.map(({ at, end, from, to }) => ({ at, end, content: this.#text.slice(from, to) }));
  }

  /** Next position after a backslash. A doubled backslash before the command is one too many, and part of it. */
  #readCommand(at: number): number {
    const name = /^\\?(boxed|fbox)/.exec(this.#text.slice(at + 1, at + 7));
    return name === null ? at + 2 : this.#openBox(at, at + 1 + name[0].length);
  }

  #openBox(boxAt: number, after: number): number {
    let at = after;
    while (this.#text[at] === ' ') at += 1;
    if (this.#text[at] === '{') {
      this.#stack.push({ boxAt, from: at + 1 });
      return at + 1;
    }
    let end = at;
    while (end < this.#text.length && !/[\s$]/.test(this.#text[end]!)) end += 1;
    this.#push(boxAt, at, end, end);
    return end;
  }

  #close(at: number): void {
    const open = this.#stack.pop();
    if (open === undefined || open.boxAt < 0) return;
    while (this.#boxes.length > 0 && this.#boxes.at(-1)!.at > open.boxAt) this.#boxes.pop();
    this.#push(open.boxAt, open.from, at, at + 1);
  }

  /** The last box, where the text ends before it does. */
  #closeLast(): void {
    const open = this.#stack.findLast((brace) => brace.boxAt >= 0);
    if (open !== undefined) this.#push(open.boxAt, open.from, this.#text.length, this.#text.length);
  }

  #push(at: number, from: number, to: number, end: number): void {
    const last = this.#boxes.at(-1);
    if (last !== undefined && last.at > at) return;
    CONTENT.lastIndex = from;
    const first = CONTENT.exec(this.#text);
    if (first !== null && first.index < to) this.#boxes.push({ at, end, from, to });
  }
}

const CONTENT = /[^\s$]/g;
