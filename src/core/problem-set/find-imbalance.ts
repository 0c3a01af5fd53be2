/** A bracket or dollar sign without its partner. `at` counts UTF-16 code units. */
export interface Imbalance {
  readonly what: '{' | '}' | '$';
  readonly at: number;
}

/**
 * The first brace without a partner, or the last dollar sign of an odd number of them; null when all
 * have theirs. Escaped ones (`\{`, `\$`) are characters, and a sum of money (`$1,600`) is no formula.
 */
export function findImbalance(text: string): Imbalance | null {
  const open: number[] = [];
  const dollars: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\') at += 1;
    else if (char === '{') open.push(at);
    else if (char === '}' && open.pop() === undefined) return { what: '}', at };
    else if (char === '$') dollars.push(at);
  }
  if (open.length > 0) return { what: '{', at: open[0]! };
  if (dollars.length % 2 === 0 || /^\s*-?\$\s?-?\d[\d,.]*\s*$/.test(text)) return null;
  return { what: '$', at: dollars.at(-1)! };
}
