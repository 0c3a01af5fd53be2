/** One line of a file as bytes, without its line feed. Numbers count from 1. */
export interface NumberedLine {
  readonly number: number;
  readonly bytes: Buffer;
}

/**
 * Splits a byte stream at line feeds and nowhere else (`node:readline` also splits at U+2028, which
 * problem texts contain). A last line without a line feed counts. Holds one line at a time;
 * `onTooLong` is called with the number of a line longer than `maxBytes` and must throw.
 */
export async function* splitLines(
  chunks: AsyncIterable<Buffer>,
  maxBytes: number,
  onTooLong: (line: number) => never,
): AsyncGenerator<NumberedLine> {
  let number = 1;
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      if (heldBytes + end - from > maxBytes) onTooLong(number);
      // Most lines lie within one chunk, and need no copy.
      const rest = chunk.subarray(from, end);
      yield { number, bytes: held.length === 0 ? rest : Buffer.concat([...held, rest]) };
      number += 1;
      from = end + 1;
      held = [];
      heldBytes = 0;
    }
    if (from < chunk.length) held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > maxBytes) onTooLong(number);
  }
  if (heldBytes > 0) yield { number, bytes: Buffer.concat(held) };
}
