import type { RolloutSettings } from '../../core/curriculum.ts';
import { hashSeed } from '../../core/rng.ts';
import type { Segment } from '../../core/trajectory.ts';
import { EngineError } from '../../errors.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Completion } from '../../ports/engine.ts';
import type { Binding, EngineAccess, RunFrame } from '../context.ts';
import { FORGETFUL, type OwnedAnswers } from './answer-log.ts';

/** One group to roll out: `groupSize` trajectories from one prompt under one weights version. */
export interface GroupRequest {
  readonly promptIds: readonly number[];
  readonly groupSize: number;
  readonly model: string;
  /** Everything the seeds derive from, for instance [run seed, stage, purpose, step, problem id]. */
  readonly seedParts: readonly (string | number)[];
}

/** How the rollout of one group reaches the engine, and what it needs to know about tokens and budgets. */
export interface RolloutIo {
  readonly binding: Binding;
  readonly settings: RolloutSettings;
  readonly eosTexts: readonly string[];
  readonly clock: Pick<Clock, 'sleep'>;
  /** Ends the rollout. */
  readonly signal: AbortSignal;
  /** What the engine answered to earlier processes, and where its answers are kept now. */
  readonly answers: Pick<OwnedAnswers, 'recall'>;
  /** `signal` aborts one call; it fires no later than that of the rollout. */
  complete(call: CallSpec, signal: AbortSignal): Promise<Completion[]>;
  /** Is told of every call of every trajectory as it happens. It must not change anything, and must not throw. */
  onSegment?(event: SegmentEvent): void;
}

/**
 * A call of one trajectory begins, or its segment is there (one that was given up has `stop: 'abort'`). A call that fails
 * has no second event. A path that is requested once more begins again. Flags that depend on the rest of the trajectory
 * (`fork_refused`, `duplicate_path`) are in the trajectory only.
 */
export type SegmentEvent =
  | ({ readonly kind: 'started' } & SegmentPlace)
  | ({ readonly kind: 'finished'; readonly segment: Segment } & SegmentPlace);

/** Which segment of which trajectory of the group; block and path as in `Segment`. */
export type SegmentPlace = { readonly sample: number } & Pick<Segment, 'role' | 'block' | 'path'>;

/** What the engine is asked for, apart from the sampling temperature. */
export interface CallSpec {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
  readonly seed: number;
}

/** What one group needs beside the settings of its run. */
interface IoOptions {
  readonly signal: AbortSignal;
  /** Where the engine's answers are kept; missing: nowhere. */
  readonly answers?: RolloutIo['answers'];
  /** With several endpoints, calls with an equal key go to the one that holds their prefix. */
  readonly prefixKey?: string;
}

/** The way from a rollout to the engine: the run's settings, its retries, one sampling temperature. */
export function createRolloutIo(
  ctx: RunFrame & EngineAccess,
  binding: Binding,
  { temperature, topP }: { readonly temperature: number; readonly topP: number },
  { signal, answers = FORGETFUL, prefixKey }: IoOptions,
): RolloutIo {
  const shared = { temperature, topP, ...(prefixKey === undefined ? {} : { prefixKey }) };
  const complete = async (call: CallSpec, own: AbortSignal): Promise<Completion[]> => {
    const completions = await ctx.engine.complete({ ...call, ...shared }, own);
    if (completions.every(({ finish }) => finish !== 'abort')) return completions;
    throw new EngineError(`engine ${ctx.engine.url} aborted a completion`, { retryable: true });
  };
  return {
    binding,
    settings: ctx.plan.rollout,
    eosTexts: ctx.plan.engine.eosTokens,
    clock: ctx.clock,
    signal,
    answers,
    complete: (call, until) => ctx.calls.run((own) => complete(call, own), until),
  };
}

/**
 * The completions of a call, in choice order: those that were stored under `name`, else the engine's, which are
 * stored before they are returned. An answer that arrives after `signal` fired is not stored: what it belonged to may
 * be settled already. Rejects with `EngineError` when the engine did not do as asked: a different number of completions,
 * one that is too long, one that goes on after a stop token.
 */
export async function askEngine(
  io: Pick<RolloutIo, 'answers' | 'complete'>,
  name: string,
  call: CallSpec,
  signal: AbortSignal,
): Promise<Completion[]> {
  const fresh: Completion[] = [];
  const kept = await io.answers.recall(name, async () => {
    const completions = await io.complete(call, signal);
    signal.throwIfAborted();
    checkCompletions(call, completions);
    fresh.push(...completions);
    return completions.map(packCompletion);
  });
  return fresh.length > 0 ? fresh : kept.map(unpackCompletion);
}

/**
 * What an engine wrote beyond the request must not count against the budget or reach the trainer: after a `</Path>` it
 * could look like paths that nobody ran.
 */
function checkCompletions({ n, maxTokens, stopTokenIds }: CallSpec, completions: readonly Completion[]): void {
  if (completions.length !== n)
    throw new EngineError(`the engine returned ${completions.length} completions instead of ${n}`);
  for (const { ids, logprobs, retokenised } of completions) {
    // A text-only server counts its own tokens, whereas these ids are pieces of its text.
    if (!retokenised && ids.length > maxTokens) {
      throw new EngineError(`the engine returned ${ids.length} tokens instead of ${maxTokens} at most`);
    }
    if (logprobs.length !== ids.length) {
      throw new EngineError(`the engine returned ${logprobs.length} log-probs for ${ids.length} tokens`);
    }
    const passed = ids.findIndex((id) => stopTokenIds.includes(id));
    if (passed >= 0 && passed < ids.length - 1) {
      throw new EngineError(`the engine went on after stop token ${ids[passed]}: it ignores stop_token_ids`);
    }
  }
}

/** Which call of a trajectory; its seed and the name under which its answer is kept follow from it. */
export interface CallName {
  /** `inline` is the last main call after a refused fork, `reseed` a path that is requested once more. */
  readonly kind: 'main' | 'path' | 'summary' | 'inline' | 'reseed';
  /** Executed blocks before it, or the block it belongs to. */
  readonly block: number;
  /** Ordinal of the path; 0 for others. */
  readonly path: number;
}

/** One call: what the engine sees, and at which tags it stops. */
interface OneCall {
  readonly name: CallName;
  readonly prompt: readonly number[];
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
}

/** The calls of one trajectory: their names, seeds and stops, and who is told of them. */
export class TrajectoryCalls {
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

  /** Names what is kept of this trajectory in the answers of its group. */
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

/** A completion as it is kept: `logprobs` are the bytes of its float64 values, in base64. */
export type PackedCompletion = Omit<Completion, 'logprobs'> & { readonly logprobs: string };

/**
 * Packs the log-probs bit for bit, -0 and NaN included. As JSON numbers they would take more time than everything else
 * in keeping an answer, and twice the room.
 */
function packCompletion(completion: Completion): PackedCompletion {
  const { buffer } = Float64Array.from(completion.logprobs);
  return { ...completion, logprobs: Buffer.from(buffer).toString('base64') };
}

/** What `packCompletion` packed. */
export function unpackCompletion(packed: PackedCompletion): Completion {
  // A fresh copy is aligned as a Float64Array needs it.
  const { buffer } = Uint8Array.from(Buffer.from(packed.logprobs, 'base64'));
  return { ...packed, logprobs: [...new Float64Array(buffer)] };
}
