/** A place in a text with what stands around it. */
export interface Excerpt {
  readonly before: string;
  /** What stands at the place: a whole tag, or a few characters. */
  readonly marked: string;
  readonly after: string;
  /** Whether text was left out before and after. */
  readonly isCutBefore: boolean;
  readonly isCutAfter: boolean;
}

/** Characters that are quoted before and after the place. */
const AROUND = 60;

/** A tag at the beginning of a text. */
const TAG = /^<\/?[A-Za-z]{1,10}>/;

/** Quotes a text around an offset in UTF-16 code units; an offset beyond its end is the end. */
export function quoteAt(text: string, at: number): Excerpt {
  const place = Math.min(Math.max(0, at), text.length);
  const tag = TAG.exec(text.slice(place, place + 16))?.[0];
  const end = Math.min(text.length, place + (tag?.length ?? 1));
  const from = keepPair(text, Math.max(0, place - AROUND));
  const to = keepPair(text, Math.min(text.length, end + AROUND));
  return {
    before: text.slice(from, place),
    marked: text.slice(place, end),
    after: text.slice(end, to),
    isCutBefore: from > 0,
    isCutAfter: to < text.length,
  };
}

/** The offset, moved by one where it would cut a surrogate pair in half. */
function keepPair(text: string, at: number): number {
  const code = text.charCodeAt(at);
  return code >= 0xdc00 && code <= 0xdfff ? at + 1 : at;
}
