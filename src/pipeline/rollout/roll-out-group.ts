import { type RolloutSettings, readPathRange } from '../../core/curriculum.ts';
import { hashSeed } from '../../core/rng.ts';
import type { Segment, Trajectory } from '../../core/trajectory.ts';
import type { Completion } from '../../ports/engine.ts';
import { toCallFailure } from '../engine/calls.ts';
import { runAll } from '../run-all.ts';
import { classifyStop, closeSegment, flagsOf, injectedPiece, policyPiece, TrajectoryBuilder } from './close-segment.ts';
import { runPaths } from './run-paths.ts';
import { askEngine, type GroupRequest, type RolloutIo, TrajectoryCalls } from './trajectory-calls.ts';

/** A finished trajectory, or why there is none: one of its calls failed for good. */
export type RolloutOutcome = { readonly trajectory: Trajectory } | { readonly failure: string };

/**
 * Rolls out one group: the first main call asks for all choices at once, then every trajectory goes its own way. A call
 * that fails alone (see `toCallFailure`) fails only its own trajectory; an engine outage rejects the whole group, once none of its
 * trajectories is under way any more.
 */
export async function rollOutGroup(io: RolloutIo, request: GroupRequest): Promise<RolloutOutcome[]> {
  const { promptIds, groupSize } = request;
  const { maxPromptTokens } = io.settings;
  const failAll = (failure: string) => Array.from({ length: groupSize }, () => ({ failure }));
  if (promptIds.length > maxPromptTokens) {
    return failAll(`prompt of ${promptIds.length} tokens exceeds rollout.maxPromptTokens ${maxPromptTokens}`);
  }
  const seed = hashSeed(...request.seedParts, 'main', 0);
  let first: Completion[];
  try {
    first = await askFirst(io, request, seed);
  } catch (error) {
    return failAll(toCallFailure(error).message);
  }
  const outcomes = new Array<RolloutOutcome>(groupSize);
  const goOn = async (sample: number, signal: AbortSignal) => {
    const calls = new TrajectoryCalls({ ...io, signal }, request, sample);
    outcomes[sample] = await finishTrajectory(new TrajectoryRun(calls, promptIds), first[sample]!, seed);
  };
  await runAll(first.keys(), goOn, io.signal);
  return outcomes;
}

/**
 * A trajectory that goes on from the paths of its last block: the summary and what follows are asked for under the seeds
 * of the `sample` that the segments are of. The block may have lost paths, or have them in another order.
 */
export async function goOnFromPaths(
  io: RolloutIo,
  request: GroupRequest,
  sample: number,
  segments: readonly Segment[],
): Promise<RolloutOutcome> {
  const run = new TrajectoryRun(new TrajectoryCalls(io, request, sample), request.promptIds);
  try {
    return { trajectory: await run.goOn(segments) };
  } catch (error) {
    return { failure: toCallFailure(error).message };
  }
}

function askFirst(io: RolloutIo, request: GroupRequest, seed: number): Promise<Completion[]> {
  const { model, promptIds, groupSize } = request;
  const { settings, binding } = io;
  const canFork = settings.mode === 'parallel' && settings.maxBlocks > 0;
  for (let sample = 0; sample < groupSize; sample += 1) {
    io.onSegment?.({ kind: 'started', sample, role: 'main', block: 0, path: 0 });
  }
  const call = {
    ...{ model, prompt: promptIds, n: groupSize, maxTokens: settings.maxResponseTokens, seed },
    stopTokenIds: [...(canFork ? [binding.tags.parallelOpen] : []), ...binding.tags.eos],
  };
  return askEngine(io, 'first', call, io.signal);
}

async function finishTrajectory(run: TrajectoryRun, first: Completion, seed: number): Promise<RolloutOutcome> {
  try {
    return { trajectory: await run.run(first, seed) };
  } catch (error) {
    return { failure: toCallFailure(error).message };
  }
}

/** The state machine of one trajectory: main, fork, paths, join, summary, main. */
class TrajectoryRun {
  readonly #calls: TrajectoryCalls;
  readonly #builder: TrajectoryBuilder;

  constructor(calls: TrajectoryCalls, promptIds: readonly number[]) {
    this.#calls = calls;
    this.#builder = new TrajectoryBuilder(promptIds);
  }

  /** From segments that end in the paths of a block to the end. */
  async goOn(segments: readonly Segment[]): Promise<Trajectory> {
    for (const segment of segments) this.#builder.add(segment);
    this.#builder.add(await this.#runSummary(this.#builder.blocks + 1));
    if (this.#remaining() < 1) return this.#builder.finish('length');
    const { completion, seed } = await this.#askOn();
    return this.run(completion, seed);
  }

  /** From the answer to a main call to the end; the whole group asked for the first one, under `firstSeed`. */
  async run(first: Completion, firstSeed: number): Promise<Trajectory> {
    let completion = first;
    let seed = firstSeed;
    for (;;) {
      const stop = classifyStop(completion, this.#canFork() ? this.#tags.parallelOpen : null);
      this.#builder.add(this.#mainSegment(completion, stop, seed));
      if (stop !== 'tag') return this.#builder.finish(stop);
      const size = this.#sizeBlock();
      if (size === null) return this.#finishInline();
      await this.#runBlock(size);
      if (this.#remaining() < 1) return this.#builder.finish('length');
      ({ completion, seed } = await this.#askOn());
    }
  }

  /** The main call behind the last block. */
  async #askOn(): Promise<{ readonly completion: Completion; readonly seed: number }> {
    const name = { kind: 'main', block: this.#builder.blocks, path: 0 } as const;
    return { completion: await this.#askMain(name), seed: this.#calls.seedOf(name) };
  }

  get #settings() {
    return this.#calls.io.settings;
  }

  get #tags() {
    return this.#calls.io.binding.tags;
  }

  #canFork(): boolean {
    return this.#settings.mode === 'parallel' && this.#builder.blocks < this.#settings.maxBlocks;
  }

  #remaining(): number {
    return this.#settings.maxResponseTokens - this.#builder.usedTokens;
  }

  /** Paths of the next block and the cap of each: as many as were drawn, fewer where those do not fit; null: none fit. */
  #sizeBlock(): { readonly paths: number; readonly pathCap: number } | null {
    const { min, max } = readPathRange(this.#settings.paths);
    const seed = this.#calls.seedOf({ kind: 'paths', block: this.#builder.blocks + 1, path: 0 });
    for (let paths = min + (seed % (max - min + 1)); paths >= min; paths -= 1) {
      const budget = { ...this.#settings, paths };
      const pathCap = computePathCap(budget, this.#builder.usedTokens, this.#countFixedTokens(paths));
      if (pathCap !== null) return { paths, pathCap };
    }
    return null;
  }

  /** Injected tokens of one block: path tags and labels, `</Parallel>`, gap, summary tags. */
  #countFixedTokens(paths: number): number {
    const labels = this.#calls.io.binding.labels?.slice(0, paths) ?? [];
    const labelTokens = labels.reduce((sum, { ids }) => sum + ids.length, 0);
    return 2 * paths + 3 + this.#tags.gap.length + labelTokens;
  }

  /** A refused fork leaves `<Parallel>` as plain text; the rest is one call that cannot fork again. */
  async #finishInline(): Promise<Trajectory> {
    this.#builder.flagLast('fork_refused');
    if (this.#remaining() < 1) return this.#builder.finish('length');
    const name = { kind: 'inline', block: this.#builder.blocks, path: 0 } as const;
    this.#calls.tellStarted({ role: 'main', block: 0, path: 0 });
    const prompt = this.#builder.copyFlatIds();
    const completion = await this.#calls.ask({ name, prompt, maxTokens: this.#remaining(), stopTokenIds: [] });
    const stop = classifyStop(completion, null);
    this.#builder.add(this.#mainSegment(completion, stop, this.#calls.seedOf(name)));
    return this.#builder.finish(stop === 'length' ? 'length' : 'eos');
  }

  #mainSegment(completion: Completion, stop: Segment['stop'], seed: number): Segment {
    const inert = stop === 'tag' ? completion.ids.slice(0, -1) : completion.ids;
    const flags = flagsOf(completion);
    if (inert.includes(this.#tags.parallelOpen)) flags.push('unexecuted_tag');
    const pieces = [policyPiece(completion)];
    return this.#calls.tellFinished({
      ...{ role: 'main', block: 0, path: 0, pieces, stop, flags, seed },
      weightsVersion: this.#calls.model,
    });
  }

  #askMain(name: { kind: 'main'; block: number; path: 0 }): Promise<Completion> {
    this.#calls.tellStarted({ role: 'main', block: 0, path: 0 });
    const stopTokenIds = this.#canFork() ? [this.#tags.parallelOpen] : [];
    return this.#calls.ask({ name, prompt: this.#builder.copyFlatIds(), maxTokens: this.#remaining(), stopTokenIds });
  }

  async #runBlock(size: { readonly paths: number; readonly pathCap: number }): Promise<void> {
    const block = this.#builder.blocks + 1;
    const segments = await runPaths(this.#calls, { ...size, block, prompt: this.#builder.copyFlatIds() });
    for (const segment of segments) this.#builder.add(segment);
    this.#builder.add(await this.#runSummary(block));
  }

  async #runSummary(block: number): Promise<Segment> {
    const { binding, eosTexts } = this.#calls.io;
    const { tags, gapText } = binding;
    const ids = [tags.parallelClose, ...tags.gap, tags.summaryOpen];
    const { maxSummaryTokens, reserveAnswerTokens } = this.#settings;
    const room = this.#remaining() - ids.length - 1 - reserveAnswerTokens;
    const name = { kind: 'summary', block, path: 0 } as const;
    this.#calls.tellStarted({ role: 'summary', block, path: 0 });
    const completion = await this.#calls.ask({
      name,
      prompt: [...this.#builder.copyFlatIds(), ...ids],
      maxTokens: Math.max(1, Math.min(maxSummaryTokens, room)),
      stopTokenIds: [tags.summaryClose],
    });
    const segment = closeSegment({
      ...{ role: 'summary', block, path: 0, completion, tags, eosTexts },
      opening: [injectedPiece(ids, `</Parallel>${gapText}<Summary>`)],
      closer: { id: tags.summaryClose, text: '</Summary>' },
      seed: this.#calls.seedOf(name),
      weightsVersion: this.#calls.model,
    });
    return this.#calls.tellFinished(segment);
  }
}

/** The part of the rollout settings that budgets depend on, for a block of `paths` paths. Tokens throughout. */
export type BudgetSettings = Pick<
  RolloutSettings,
  'maxResponseTokens' | 'maxPathTokens' | 'minPathTokens' | 'reserveSummaryTokens' | 'reserveAnswerTokens'
> & { readonly paths: number };

/**
 * `max_tokens` of each path of a block that would begin after `usedTokens` of response, or null when
 * the fork must be refused, because too little would remain for paths, summary and answer.
 * `fixedTokens` is what the controller may insert: path tags and labels, `</Parallel>`, gap, summary tags.
 */
export function computePathCap(settings: BudgetSettings, usedTokens: number, fixedTokens: number): number | null {
  // A summary call asks for at least one token, whatever the reserve says.
  const reserved = fixedTokens + Math.max(1, settings.reserveSummaryTokens) + settings.reserveAnswerTokens;
  const available = settings.maxResponseTokens - usedTokens - reserved;
  const cap = Math.min(settings.maxPathTokens, Math.floor(available / settings.paths));
  return cap < Math.max(1, settings.minPathTokens) ? null : cap;
}
