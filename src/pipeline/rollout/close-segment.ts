import type { TagIds } from '../../core/grammar.ts';
import type { Piece, Segment, SegmentFlag, SegmentRole, SegmentStop, Trajectory } from '../../core/trajectory.ts';
import type { Completion } from '../../ports/engine.ts';

/** How a completion ended, given the tag that would stop it. */
export function classifyStop(completion: Completion, stopTag: number | null): Exclude<SegmentStop, 'abort'> {
  if (completion.finish === 'length') return 'length';
  return stopTag !== null && completion.ids.at(-1) === stopTag ? 'tag' : 'eos';
}

/** A controller-inserted piece: never trained on. */
export function injectedPiece(ids: readonly number[], text: string): Piece {
  return { ids, text, logprobs: null, origin: 'injected' };
}

/** A sampled piece, as the engine returned it. */
export function policyPiece({ ids, text, logprobs, retokenised }: Completion): Piece {
  return { ids, text, logprobs: retokenised ? null : logprobs, origin: 'policy' };
}

/** Flags of a segment that its completion alone decides. */
export function flagsOf({ retokenised }: Completion): SegmentFlag[] {
  return retokenised ? ['retokenised'] : [];
}

export interface ClosedSegmentInput {
  readonly role: Extract<SegmentRole, 'path' | 'summary'>;
  readonly block: number;
  readonly path: number;
  readonly opening: readonly Piece[];
  readonly completion: Completion;
  readonly closer: { readonly id: number; readonly text: string };
  readonly tags: TagIds;
  readonly eosTexts: readonly string[];
  readonly seed: number;
  readonly weightsVersion: string;
}

/**
 * A path or summary with its closing rule: a sampled closer stays; an end of sequence is dropped and
 * the closer injected; a cut one gets the closer injected.
 */
export function closeSegment(input: ClosedSegmentInput): Segment {
  const stop = classifyStop(input.completion, input.closer.id);
  const flags = flagsOf(input.completion);
  const sampled = stop === 'eos' ? dropEos(input.completion, input.eosTexts) : input.completion;
  const pieces = [...input.opening];
  if (sampled.ids.length > 0) pieces.push(policyPiece(sampled));
  if (stop !== 'tag') pieces.push(injectedPiece([input.closer.id], input.closer.text));
  if (stop === 'eos') flags.push('eos_in_path');
  if (stop === 'length') flags.push(input.role === 'path' ? 'path_cut' : 'summary_cut');
  const contentTokens = sampled.ids.length - (stop === 'tag' ? 1 : 0);
  if (contentTokens === 0) flags.push(input.role === 'path' ? 'empty_path' : 'empty_summary');
  if (sampled.ids.some((id) => id === input.tags.parallelOpen)) flags.push('unexecuted_tag');
  const { role, block, path, seed, weightsVersion } = input;
  return { role, block, path, pieces, stop, flags, seed, weightsVersion };
}

/** A path that the join did not wait for: nothing of it is in the response. */
export function giveUpPath(path: Pick<Segment, 'block' | 'path' | 'seed' | 'weightsVersion'>): Segment {
  return { role: 'path', ...path, pieces: [], stop: 'abort', flags: [] };
}

function dropEos(completion: Completion, eosTexts: readonly string[]): Completion {
  const ending = eosTexts.find((text) => completion.text.endsWith(text)) ?? '';
  return {
    ...completion,
    ids: completion.ids.slice(0, -1),
    logprobs: completion.logprobs.slice(0, -1),
    text: completion.text.slice(0, completion.text.length - ending.length),
  };
}

/** Grows one trajectory segment by segment and knows the flat ids that the next call must see. */
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
