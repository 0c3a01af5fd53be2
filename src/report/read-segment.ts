import type { PieceDetail } from './describe-rollout.ts';

const TAGS = ['<Parallel>', '</Parallel>', '<Path>', '</Path>', '<Summary>', '</Summary>'];

/**
 * What the controller put before a segment (a path's label), and what stands in it, without the tags that its place in the
 * tree says already. `ending` is the end of sequence where the response ends with this segment.
 */
export function readSegment(
  pieces: readonly Pick<PieceDetail, 'origin' | 'text'>[],
  ending: string | null,
): { readonly label: string; readonly text: string } {
  const join = (list: typeof pieces) => list.map(({ text }) => text).join('');
  const first = Math.max(
    0,
    pieces.findIndex(({ origin }) => origin !== 'injected'),
  );
  const rest = join(pieces.slice(first));
  const own = ending !== null && rest.endsWith(ending) ? rest.slice(0, -ending.length) : rest;
  return { label: dropTags(join(pieces.slice(0, first))), text: dropTags(own) };
}

/** A text without the tags at its ends. */
function dropTags(text: string): string {
  let inner = text.trim();
  for (let tag = findEnd(inner); tag !== undefined; tag = findEnd(inner)) {
    inner = (inner.startsWith(tag) ? inner.slice(tag.length) : inner.slice(0, -tag.length)).trim();
  }
  return inner;
}

function findEnd(text: string): string | undefined {
  return TAGS.find((tag) => text.startsWith(tag) || text.endsWith(tag));
}
