import { hashSeed } from '../../core/rng.ts';
import type { Segment } from '../../core/trajectory.ts';
import type { Completion } from '../../ports/engine.ts';
import { askEngine } from './ask-engine.ts';
import type { GroupRequest, RolloutIo, SegmentPlace } from './rollout-io.ts';

/** Which call of an attempt: its seed and the name its answer is kept under follow from it. */
export interface CallName {
  /** `inline` is the last main call after a refused fork, `reseed` a path that is asked once more. */
  readonly kind: 'main' | 'path' | 'summary' | 'inline' | 'reseed';
  /** Executed blocks before it, or the block it is of. */
  readonly block: number;
  /** Ordinal of the path; 0 for others. */
  readonly path: number;
}

/** One call: what the engine sees and when it stops, end of sequence aside. */
interface OneCall {
  readonly name: CallName;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
}

/** The calls of one attempt: names, seeds, end of sequence, who watches. */
export class AttemptCalls {
  readonly io: RolloutIo;
  readonly model: string;
  readonly #request: GroupRequest;
  readonly #sample: number;

  constructor(io: RolloutIo, request: GroupRequest, sample: number) {
    this.io = io;
    this.model = request.model;
    this.#request = request;
    this.#sample = sample;
  }

  /** 31-bit seed of a call, or of a choice the controller draws, such as the number of `paths` of a block. */
  seedOf({ kind, block, path }: CallName | { kind: 'paths'; block: number; path: 0 }): number {
    return hashSeed(...this.#request.seedParts, this.#sample, kind, block, path);
  }

  /** One completion of one call. */
  async ask({ name, prompt, maxTokens, stopTokenIds }: OneCall, signal = this.io.signal): Promise<Completion> {
    const stops = [...stopTokenIds, ...this.io.binding.tags.eos];
    const call = { model: this.model, prompt, n: 1, maxTokens, stopTokenIds: stops, seed: this.seedOf(name) };
    const [completion] = await askEngine(this.io, this.nameAnswer(name.kind, name.block, name.path), call, signal);
    return completion!;
  }

  /** Names what is kept of this attempt in the answers of its group. */
  nameAnswer(...parts: readonly (string | number)[]): string {
    return [this.#sample, ...parts].join(' ');
  }

  tellStarted(place: Omit<SegmentPlace, 'sample'>): void {
    this.io.onSegment?.({ kind: 'started', sample: this.#sample, ...place });
  }

  /** Returns the segment. */
  tellFinished(segment: Segment): Segment {
    const { role, block, path } = segment;
    this.io.onSegment?.({ kind: 'finished', sample: this.#sample, role, block, path, segment });
    return segment;
  }
}
