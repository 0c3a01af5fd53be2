import type { TagMatch } from './find-tags.ts';

/** Content without a tag, as much of it as came at once; offsets in the unit of the source. */
export interface TextPiece {
  /** The text itself, or token ids written so that white space is white space and equal ids are equal text. */
  readonly content: string;
  readonly from: number;
  readonly to: number;
  /** Offset of the first unit that is not blank; null when all are. */
  readonly ink: number | null;
  /** Length of the shortest prefix of the source that decides that `ink` is text and no beginning of a tag. */
  readonly seen: number;
}

/** Who listens to a source: pieces of text and tags in order; two pieces may follow one another. */
export interface TagListener {
  text(piece: TextPiece): void;
  tag(match: TagMatch): void;
}

/** Cuts a source that comes in chunks into pieces and tags. Never throws; work is linear, memory constant. */
export interface TagScanner<Chunk> {
  push(chunk: Chunk, listener: TagListener): void;
  /** Hands on what was held back; to be called once. Returns the length of the source. */
  finish(listener: TagListener): number;
}

/** Where violations go. `seen`: length of the shortest prefix of the source that makes one certain. */
export interface ViolationSink<Code> {
  report(code: Code, at: number, seen: number): void;
  /** Says that no continuation is valid any more, though the code depends on what follows. */
  doom(seen: number): void;
}

/** The `seen` of what only the end of the source decides. */
export const AT_END = Number.POSITIVE_INFINITY;
