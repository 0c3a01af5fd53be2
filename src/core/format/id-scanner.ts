import type { Tag, TagIds } from '../grammar.ts';
import { AT_END, type TagListener, type TagScanner } from './tag-stream.ts';

/** Maps the ids of the six tags to their tags. */
export function mapTagIds(tags: TagIds): ReadonlyMap<number, Tag> {
  return new Map<number, Tag>([
    [tags.parallelOpen, '<Parallel>'],
    [tags.parallelClose, '</Parallel>'],
    [tags.pathOpen, '<Path>'],
    [tags.pathClose, '</Path>'],
    [tags.summaryOpen, '<Summary>'],
    [tags.summaryClose, '</Summary>'],
  ]);
}

/** The white space that a token id stands for, different for each id of the gap, so that a gap can be recognised. */
export function writeBlank(gap: readonly number[], id: number): string {
  const index = gap.indexOf(id);
  return index < 0 ? ' ' : `${'\t'.repeat(index)}\n`;
}

/**
 * Finds tags among token ids; offsets are token indices. A tag spelt out in ordinary tokens is text.
 * End-of-sequence ids are dropped at the end of the source, and are text elsewhere.
 */
export class IdScanner implements TagScanner<readonly number[]> {
  readonly #tagOf: ReadonlyMap<number, Tag>;
  readonly #gap: readonly number[];
  readonly #eos: ReadonlySet<number>;
  readonly #isBlank: (id: number) => boolean;
  #at = 0;
  /** End-of-sequence ids right before `#at`. */
  #heldEos: number[] = [];

  /** `isBlank` says which ids are white space only; without it, those of the gap are. */
  constructor(tags: TagIds, isBlank?: (id: number) => boolean) {
    this.#tagOf = mapTagIds(tags);
    this.#gap = tags.gap;
    this.#eos = new Set(tags.eos);
    this.#isBlank = (id) => tags.gap.includes(id) || (isBlank?.(id) ?? false);
  }

  push(chunk: readonly number[], listener: TagListener): void {
    const run = new IdRun();
    for (const id of chunk) {
      if (this.#eos.has(id)) this.#heldEos.push(id);
      else this.#accept(id, run, listener);
      this.#at += 1;
    }
    run.emit(listener);
  }

  finish(_listener: TagListener): number {
    const end = this.#at - this.#heldEos.length;
    this.#heldEos = [];
    return end;
  }

  #accept(id: number, run: IdRun, listener: TagListener): void {
    const at = this.#at;
    const held = this.#heldEos;
    held.forEach((eos, k) => {
      run.add(`#${eos};`, at - held.length + k, true, at + 1);
    });
    if (held.length > 0) this.#heldEos = [];
    const tag = this.#tagOf.get(id);
    if (tag === undefined) {
      const blank = this.#isBlank(id);
      run.add(blank ? writeBlank(this.#gap, id) : `#${id};`, at, !blank, at + 1);
      return;
    }
    run.emit(listener);
    listener.tag({ tag, at, end: at + 1 });
  }
}

/** Plain ids of one chunk between two tags. */
class IdRun {
  #content: string[] = [];
  #from = 0;
  #ink: number | null = null;
  #seen = AT_END;

  add(content: string, at: number, isInk: boolean, seen: number): void {
    if (this.#content.length === 0) this.#from = at;
    this.#content.push(content);
    if (!isInk || this.#ink !== null) return;
    this.#ink = at;
    this.#seen = seen;
  }

  emit(listener: TagListener): void {
    if (this.#content.length === 0) return;
    const from = this.#from;
    const to = from + this.#content.length;
    const content = this.#content.join('');
    this.#content = [];
    listener.text({ content, from, to, ink: this.#ink, seen: this.#ink === null ? to : this.#seen });
    this.#ink = null;
  }
}
