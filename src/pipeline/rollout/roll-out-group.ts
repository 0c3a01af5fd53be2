import type { RolloutSettings } from '../../core/curriculum.ts';
import { hashSeed } from '../../core/rng.ts';
import { computePathCap } from '../../core/segment-budget.ts';
import type { Segment, Trajectory } from '../../core/trajectory.ts';
import { EngineError } from '../../errors.ts';
import type { Completion } from '../../ports/engine.ts';
import { describeRefusal } from '../calls.ts';
import type { Binding } from '../context.ts';
import {
  classifyStop,
  closeSegment,
  flagsOf,
  injectedPiece,
  policyPiece,
  TrajectoryBuilder,
} from './trajectory-builder.ts';

/** One group to roll out: `groupSize` attempts at one prompt under one weights version. */
export interface GroupRequest {
  readonly promptIds: readonly number[];
  readonly groupSize: number;
  readonly model: string;
  /** Everything the seeds derive from, for instance [run seed, stage, purpose, step, problem id]. */
  readonly seedParts: readonly (string | number)[];
}

/** How the rollout reaches the engine, and what it needs to know of tokens and budgets. */
export interface RolloutIo {
  readonly binding: Binding;
  readonly settings: RolloutSettings;
  readonly eosTexts: readonly string[];
  complete(request: CallSpec): Promise<Completion[]>;
  /** Told of every call of every attempt as it happens. It changes nothing, and must not throw. */
  onSegment?(event: SegmentEvent): void;
}

/**
 * A call of one attempt begins, or its segment is there. A call that fails has no second event. Flags
 * that the rest of the trajectory decides (`fork_refused`, `duplicate_path`) are in the trajectory only.
 */
export type SegmentEvent =
  | ({ readonly kind: 'started' } & SegmentPlace)
  | ({ readonly kind: 'finished'; readonly segment: Segment } & SegmentPlace);

/** Which segment of which attempt; block and path as in `Segment`. */
export type SegmentPlace = { readonly sample: number } & Pick<Segment, 'role' | 'block' | 'path'>;

export interface CallSpec {
  readonly model: string;
  readonly prompt: readonly number[];
  readonly n: number;
  readonly maxTokens: number;
  readonly stopTokenIds: readonly number[];
  readonly seed: number;
}

/** A finished attempt, or why it failed for good. */
export type AttemptOutcome = { readonly trajectory: Trajectory } | { readonly failure: string };

/**
 * Rolls out one group: the first main call asks for all choices at once, then every attempt goes its
 * own way (method 3.3). A call that is refused for good fails its attempt alone; engine outages
 * reject the whole group.
 */
export async function rollOutGroup(io: RolloutIo, request: GroupRequest): Promise<AttemptOutcome[]> {
  if (request.promptIds.length > io.settings.maxPromptTokens) {
    const failure = `prompt of ${request.promptIds.length} tokens exceeds rollout.maxPromptTokens ${io.settings.maxPromptTokens}`;
    return Array.from({ length: request.groupSize }, () => ({ failure }));
  }
  const seed = hashSeed(...request.seedParts, 'main', 0);
  const canFork = io.settings.mode === 'parallel' && io.settings.maxBlocks > 0;
  let first: Completion[];
  for (let sample = 0; sample < request.groupSize; sample += 1) {
    io.onSegment?.({ kind: 'started', sample, role: 'main', block: 0, path: 0 });
  }
  try {
    first = await io.complete({
      model: request.model,
      prompt: request.promptIds,
      n: request.groupSize,
      maxTokens: io.settings.maxResponseTokens,
      stopTokenIds: listStops(io.binding, canFork ? [io.binding.tags.parallelOpen] : []),
      seed,
    });
  } catch (error) {
    const failure = describeRefusal(error);
    return Array.from({ length: request.groupSize }, () => ({ failure }));
  }
  return Promise.all(first.map((completion, sample) => continueAttempt(io, request, sample, completion, seed)));
}

/** Tags of this call, and every end of sequence: a server knows the tokenizer's own only. */
function listStops({ tags }: Binding, own: readonly number[]): readonly number[] {
  return [...own, ...tags.eos];
}

async function continueAttempt(
  io: RolloutIo,
  request: GroupRequest,
  sample: number,
  first: Completion,
  firstSeed: number,
): Promise<AttemptOutcome> {
  try {
    return { trajectory: await new Attempt(io, request, sample).run(first, firstSeed) };
  } catch (error) {
    return { failure: describeRefusal(error) };
  }
}

/** The state machine of one trajectory: main, fork, paths, join, summary, main. */
class Attempt {
  readonly #io: RolloutIo;
  readonly #request: GroupRequest;
  readonly #sample: number;
  readonly #builder: TrajectoryBuilder;

  constructor(io: RolloutIo, request: GroupRequest, sample: number) {
    this.#io = io;
    this.#request = request;
    this.#sample = sample;
    this.#builder = new TrajectoryBuilder(request.promptIds);
  }

  async run(first: Completion, firstSeed: number): Promise<Trajectory> {
    let completion = first;
    let seed = firstSeed;
    for (;;) {
      const canFork = this.#canFork();
      const stop = classifyStop(completion, canFork ? this.#tags.parallelOpen : null);
      this.#builder.add(this.#tellFinished(this.#mainSegment(completion, stop, seed)));
      if (stop !== 'tag') return this.#builder.finish(stop);
      const pathCap = computePathCap(this.#io.settings, this.#builder.usedTokens, this.#fixedTokens());
      if (pathCap === null) return this.#finishInline();
      await this.#runBlock(pathCap);
      if (this.#remaining() < 1) return this.#builder.finish('length');
      seed = this.#seed('main', this.#builder.blocks, 0);
      completion = await this.#completeMain(seed, this.#canFork());
    }
  }

  get #tags() {
    return this.#io.binding.tags;
  }

  #canFork(): boolean {
    return this.#io.settings.mode === 'parallel' && this.#builder.blocks < this.#io.settings.maxBlocks;
  }

  #remaining(): number {
    return this.#io.settings.maxResponseTokens - this.#builder.usedTokens;
  }

  /** Injected tokens of one block: path tags and labels, `</Parallel>`, gap, summary tags. */
  #fixedTokens(): number {
    const { paths } = this.#io.settings;
    let labels = 0;
    for (let i = 0; i < paths; i += 1) labels += this.#labelOf(i)?.ids.length ?? 0;
    return 2 * paths + 3 + this.#tags.gap.length + labels;
  }

  #labelOf(index: number) {
    return this.#io.binding.labels?.[index] ?? null;
  }

  #seed(kind: string, block: number, path: number): number {
    return hashSeed(...this.#request.seedParts, this.#sample, kind, block, path);
  }

  /** A refused fork leaves `<Parallel>` as inert text; the rest is one call that can only end. */
  async #finishInline(): Promise<Trajectory> {
    this.#builder.flagLast('fork_refused');
    if (this.#remaining() < 1) return this.#builder.finish('length');
    const seed = this.#seed('inline', this.#builder.blocks, 0);
    const completion = await this.#completeMain(seed, false);
    const stop = classifyStop(completion, null);
    this.#builder.add(this.#tellFinished(this.#mainSegment(completion, stop, seed)));
    return this.#builder.finish(stop === 'length' ? 'length' : 'eos');
  }

  #mainSegment(completion: Completion, stop: Segment['stop'], seed: number): Segment {
    const inert = stop === 'tag' ? completion.ids.slice(0, -1) : completion.ids;
    const flags = flagsOf(completion);
    if (inert.includes(this.#tags.parallelOpen)) flags.push('unexecuted_tag');
    const weightsVersion = this.#request.model;
    return { role: 'main', block: 0, path: 0, pieces: [policyPiece(completion)], stop, flags, seed, weightsVersion };
  }

  async #completeMain(seed: number, canFork: boolean): Promise<Completion> {
    this.#tellStarted({ role: 'main', block: 0, path: 0 });
    return this.#completeOne(this.#builder.flatIds, this.#remaining(), canFork ? [this.#tags.parallelOpen] : [], seed);
  }

  async #completeOne(
    prompt: readonly number[],
    maxTokens: number,
    stopTokenIds: readonly number[],
    seed: number,
  ): Promise<Completion> {
    const [completion] = await this.#io.complete({
      model: this.#request.model,
      prompt,
      n: 1,
      maxTokens,
      stopTokenIds: listStops(this.#io.binding, stopTokenIds),
      seed,
    });
    if (completion === undefined) throw new EngineError('the engine returned no completion');
    return completion;
  }

  async #runBlock(pathCap: number): Promise<void> {
    const block = this.#builder.blocks + 1;
    const paths = await Promise.all(
      Array.from({ length: this.#io.settings.paths }, (_, index) => this.#runPath(block, index, pathCap)),
    );
    for (const segment of markDuplicates(paths)) this.#builder.add(segment);
    this.#builder.add(await this.#runSummary(block));
  }

  async #runPath(block: number, index: number, pathCap: number): Promise<Segment> {
    const opening = [injectedPiece([this.#tags.pathOpen], '<Path>')];
    const label = this.#labelOf(index);
    if (label !== null) opening.push(injectedPiece(label.ids, label.text));
    const prompt = [...this.#builder.flatIds, ...opening.flatMap((piece) => piece.ids)];
    const seed = this.#seed('path', block, index + 1);
    this.#tellStarted({ role: 'path', block, path: index + 1 });
    const completion = await this.#completeOne(prompt, pathCap, [this.#tags.pathClose], seed);
    const closer = { id: this.#tags.pathClose, text: '</Path>' };
    return this.#close({ role: 'path', block, path: index + 1, opening, completion, closer, seed });
  }

  async #runSummary(block: number): Promise<Segment> {
    const { tags, gapText } = this.#io.binding;
    const ids = [tags.parallelClose, ...tags.gap, tags.summaryOpen];
    const opening = [injectedPiece(ids, `</Parallel>${gapText}<Summary>`)];
    const { maxSummaryTokens, reserveAnswerTokens } = this.#io.settings;
    const room = this.#remaining() - ids.length - 1 - reserveAnswerTokens;
    const seed = this.#seed('summary', block, 0);
    const maxTokens = Math.max(1, Math.min(maxSummaryTokens, room));
    const prompt = [...this.#builder.flatIds, ...ids];
    this.#tellStarted({ role: 'summary', block, path: 0 });
    const completion = await this.#completeOne(prompt, maxTokens, [tags.summaryClose], seed);
    const closer = { id: tags.summaryClose, text: '</Summary>' };
    return this.#close({ role: 'summary', block, path: 0, opening, completion, closer, seed });
  }

  #close(input: Omit<Parameters<typeof closeSegment>[0], 'tags' | 'eosTexts' | 'weightsVersion'>): Segment {
    const weightsVersion = this.#request.model;
    const segment = closeSegment({ ...input, tags: this.#tags, eosTexts: this.#io.eosTexts, weightsVersion });
    return this.#tellFinished(segment);
  }

  #tellStarted(place: Omit<SegmentPlace, 'sample'>): void {
    this.#io.onSegment?.({ kind: 'started', sample: this.#sample, ...place });
  }

  #tellFinished(segment: Segment): Segment {
    const { role, block, path } = segment;
    this.#io.onSegment?.({ kind: 'finished', sample: this.#sample, role, block, path, segment });
    return segment;
  }
}

/** Flags every path whose content repeats an earlier sibling's. */
function markDuplicates(paths: readonly Segment[]): Segment[] {
  const seen = new Set<string>();
  return paths.map((segment) => {
    const content = segment.pieces.filter((piece) => piece.origin === 'policy').map((piece) => piece.ids.join(' '));
    const key = content.join('|');
    if (!seen.has(key)) {
      seen.add(key);
      return segment;
    }
    return { ...segment, flags: [...segment.flags, 'duplicate_path' as const] };
  });
}
