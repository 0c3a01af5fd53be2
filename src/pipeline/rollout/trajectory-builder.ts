import type { Segment, SegmentFlag, Trajectory } from '../../core/trajectory.ts';

/** Grows one trajectory segment by segment and knows the flat ids every next call must see. */
export class TrajectoryBuilder {
  readonly promptIds: readonly number[];
  readonly #segments: Segment[] = [];
  readonly #flatIds: number[];
  #blocks = 0;

  constructor(promptIds: readonly number[]) {
    this.promptIds = promptIds;
    this.#flatIds = [...promptIds];
  }

  /** Prompt and response so far, as the engine must see them. */
  copyFlatIds(): readonly number[] {
    return this.#flatIds.slice();
  }

  /** Response tokens so far, injected ones included. */
  get usedTokens(): number {
    return this.#flatIds.length - this.promptIds.length;
  }

  /** Executed blocks so far. */
  get blocks(): number {
    return this.#blocks;
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
    for (const piece of segment.pieces) for (const id of piece.ids) this.#flatIds.push(id);
    if (segment.role === 'summary') this.#blocks += 1;
  }

  /** Adds a flag to the last segment. */
  flagLast(flag: SegmentFlag): void {
    const last = this.#segments.at(-1);
    if (last !== undefined) this.#segments[this.#segments.length - 1] = { ...last, flags: [...last.flags, flag] };
  }

  finish(end: Trajectory['end']): Trajectory {
    return { promptIds: this.promptIds, segments: this.#segments, end };
  }
}
