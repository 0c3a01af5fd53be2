import { TAGS } from '../../src/core/grammar.ts';

/**
 * Ids below this are marks, each of which stands for a whole text. Above, an id encodes the text itself, so that
 * every process and every endpoint reads the same ids.
 */
const MAX_MARKS = 128;

/** ASCII pieces are numbers in base 128 after a leading 1. 7 characters stay below 2^50. */
const ASCII_BASE = 128;
const MAX_ASCII = 7;

/** Other pieces are UTF-16 code units in base 65536 after a leading 1, and lie above every ASCII piece. */
const UNIT_BASE = 65_536;
const MAX_UNITS = 2;
const UNIT_OFFSET = 2 ** 51;

/**
 * A word with the space before it, one digit, or one other character: about as many pieces as a model's own
 * tokenizer makes tokens of, so that budgets in tokens keep their meaning.
 */
const PIECE = / ?[A-Za-z]{1,6}|[\0-\x7f]|[^\0-\x7f]{1,2}/gu;

/**
 * Token ids for a server that takes and returns text only. They are not the model's ids; text survives them
 * exactly: `decode(encode(text)) === text` for every string.
 */
export class TextPieces {
  readonly #marks: readonly string[];
  readonly #markIds: ReadonlyMap<string, number>;
  readonly #split: RegExp;

  /** The six tags and `eosTexts` are the marks. Throws `RangeError` for more than 128 of them. */
  constructor(eosTexts: readonly string[]) {
    this.#marks = [...new Set([...TAGS, ...eosTexts])];
    if (this.#marks.length > MAX_MARKS) throw new RangeError(`more than ${MAX_MARKS} marks`);
    this.#markIds = new Map(this.#marks.map((text, id) => [text, id]));
    // Longest first, so that a mark that begins another one does not hide it.
    const longestFirst = [...this.#marks]
      .sort((a, b) => b.length - a.length)
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
    this.#split = new RegExp(`(${longestFirst.join('|')})`);
  }

  /** Ids of a text. */
  encode(text: string): number[] {
    const ids: number[] = [];
    // Splitting by a group keeps what it matched, at the odd places.
    text.split(this.#split).forEach((part, index) => {
      if (index % 2 === 1) ids.push(this.#markIds.get(part)!);
      else encodePlain(part, ids);
    });
    return ids;
  }

  /** Text of ids; null when one of them stands for no text. */
  decode(ids: readonly number[]): string | null {
    let text = '';
    for (const id of ids) {
      const piece = id < MAX_MARKS ? (this.#marks[id] ?? null) : decodePiece(id);
      if (piece === null) return null;
      text += piece;
    }
    return text;
  }
}

function encodePlain(text: string, ids: number[]): void {
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.charCodeAt(0) < ASCII_BASE) ids.push(pack(piece, ASCII_BASE));
    else
      for (let at = 0; at < piece.length; at += MAX_UNITS)
        ids.push(UNIT_OFFSET + pack(piece.slice(at, at + MAX_UNITS), UNIT_BASE));
  }
}

function pack(piece: string, base: number): number {
  let value = 1;
  for (let i = 0; i < piece.length; i += 1) value = value * base + piece.charCodeAt(i);
  return value;
}

function decodePiece(id: number): string | null {
  if (!Number.isSafeInteger(id) || id < MAX_MARKS) return null;
  return id < UNIT_OFFSET ? unpack(id, ASCII_BASE, MAX_ASCII) : unpack(id - UNIT_OFFSET, UNIT_BASE, MAX_UNITS);
}

function unpack(value: number, base: number, maxLength: number): string | null {
  const codes: number[] = [];
  let rest = value;
  while (rest >= base) {
    codes.unshift(rest % base);
    rest = Math.floor(rest / base);
  }
  return rest === 1 && codes.length > 0 && codes.length <= maxLength ? String.fromCharCode(...codes) : null;
}
