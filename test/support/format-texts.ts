import fc from 'fast-check';
import { TAGS } from '../../src/core/grammar.ts';

/** A well-formed block. */
export const BLOCK = '<Parallel><Path>a</Path><Path>b</Path></Parallel>\n<Summary>s</Summary>';

/** What may stand in a response, as units that tags never straddle: tags, beginnings of tags, words, blanks. */
const UNITS = [
  ...TAGS,
  ...['<', '</', '<Pa', '<Summar', '>', '\n', ' ', '\u00a0', 'a', 'b', 'ab', '42', ' is 42', '\ud83d\ude00', '\ud83d'],
  ...['Final Answer: 42', '\nFinal Answer: 7\n', 'final answer', '**', ':', '<Path 1>', '< path >', '<parallel'],
  ...['parallel path', 's', 'thinking', 'reasoning path', 'first path', 'path 2', '\n\n<Summary>'],
] as const;

const SKELETONS = [
  BLOCK,
  '<Parallel><Path>',
  '</Path><Path>',
  '</Path></Parallel>\n<Summary>',
  '<Parallel><Path>x 42</Path><Path>x 42 too</Path></Parallel>\n<Summary>42</Summary>',
];

/** Texts that reach every state of the grammar, and texts of any characters. */
export const arbitraryResponse: fc.Arbitrary<string> = fc.oneof(
  { weight: 8, arbitrary: fc.array(fc.constantFrom(...UNITS, ...SKELETONS), { maxLength: 24 }).map(join) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: fc.constantFrom(...'<>/Paralelthsumy \n'), maxLength: 80 }) },
);

/** Lengths of the chunks a source is cut into, used in turn; 0 is an empty chunk. */
export const arbitraryCut: fc.Arbitrary<readonly number[]> = fc
  .array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 8 })
  .filter((sizes) => sizes.some((size) => size > 0));

/** Cuts a string or list by the sizes, in turn. */
export function cutInto<T extends { slice(from: number, to: number): T; readonly length: number }>(
  whole: T,
  sizes: readonly number[],
): T[] {
  const chunks: T[] = [];
  for (let at = 0, k = 0; at < whole.length; k += 1) {
    const size = sizes[k % sizes.length]!;
    chunks.push(whole.slice(at, at + size));
    at += size;
  }
  return chunks;
}

function join(units: readonly string[]): string {
  return units.join('');
}
