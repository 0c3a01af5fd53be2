import { type CurriculumPlan, readPathRange } from '../../src/core/curriculum.ts';
import type { Trajectory } from '../../src/core/trajectory.ts';
import type { Binding } from '../../src/pipeline/context.ts';
import type { GroupRequest } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';

/**
 * The state machine of one trajectory as a plain loop, one call after the other, written from the document: what the
 * executor must come to, whatever runs at once. It shares types with the executor and no code; budgets, closing rules
 * and the parts of the seeds are written out anew. Joins of all paths only; engine errors pass through.
 */
export interface ReferenceParts {
  readonly binding: Binding;
  readonly settings: CurriculumPlan['rollout'];
  readonly eosTexts: readonly string[];
  /** Hash of seed parts. */
  readonly hash: (...parts: readonly (string | number)[]) => number;
  complete(request: Omit<CompletionRequest, 'temperature' | 'topP'>): Promise<Completion[]>;
}

/** Rolls out a group, rollout by rollout. */
export async function rollOutByReference(parts: ReferenceParts, request: GroupRequest): Promise<Trajectory[]> {
  const { binding, settings, hash } = parts;
  const { promptIds: prompt, groupSize: n, model } = request;
  const seed = hash(...request.seedParts, 'main', 0);
  const forks = settings.mode === 'parallel' && settings.maxBlocks > 0;
  const stopTokenIds = forks ? [binding.tags.parallelOpen, ...binding.tags.eos] : binding.tags.eos;
  const firsts = await parts.complete({ model, prompt, n, maxTokens: settings.maxResponseTokens, stopTokenIds, seed });
  const trajectories: Trajectory[] = [];
  for (const [sample, first] of firsts.entries()) {
    trajectories.push(await new ReferenceAttempt(parts, request, sample).run(first, seed));
  }
  return trajectories;
}

type Piece = Trajectory['segments'][number]['pieces'][number];
type Segment = { -readonly [K in keyof Trajectory['segments'][number]]: Trajectory['segments'][number][K] };

class ReferenceAttempt {
  readonly #parts: ReferenceParts;
  readonly #request: GroupRequest;
  readonly #sample: number;
  readonly #segments: Segment[] = [];
  /** Response so far. */
  #response: number[] = [];
  #blocks = 0;

  constructor(parts: ReferenceParts, request: GroupRequest, sample: number) {
    this.#parts = parts;
    this.#request = request;
    this.#sample = sample;
  }

  async run(first: Completion, firstSeed: number): Promise<Trajectory> {
    const { promptIds } = this.#request;
    let end = await this.#afterMain(first, firstSeed);
    while (end === null) {
      const seed = this.#seed('main', this.#blocks, 0);
      const stops = this.#blocks < this.#parts.settings.maxBlocks ? [this.#tags.parallelOpen] : [];
      end = await this.#afterMain(await this.#call([], this.#left, stops, seed), seed);
    }
    return { promptIds, segments: this.#segments, end };
  }

  get #tags() {
    return this.#parts.binding.tags;
  }

  /** R - used. */
  get #left() {
    return this.#parts.settings.maxResponseTokens - this.#response.length;
  }

  #seed(kind: string, block: number, path: number): number {
    return this.#parts.hash(...this.#request.seedParts, this.#sample, kind, block, path);
  }

  async #call(extra: readonly number[], maxTokens: number, stops: readonly number[], seed: number) {
    const { model, promptIds } = this.#request;
    const prompt = [...promptIds, ...this.#response, ...extra];
    const stopTokenIds = [...stops, ...this.#tags.eos];
    return (await this.#parts.complete({ model, prompt, n: 1, maxTokens, stopTokenIds, seed }))[0]!;
  }

  #append(segment: Segment): void {
    this.#segments.push(segment);
    this.#response = [...this.#response, ...segment.pieces.flatMap(({ ids }) => ids)];
  }

  #appendMain(completion: Completion, stop: 'tag' | 'eos' | 'length', seed: number): void {
    const inert = stop === 'tag' ? completion.ids.slice(0, -1) : completion.ids;
    const flags = inert.includes(this.#tags.parallelOpen) ? (['unexecuted_tag'] as const) : [];
    const pieces = [sampled(completion)];
    const weightsVersion = this.#request.model;
    this.#append({ role: 'main', block: 0, path: 0, pieces, stop, flags, seed, weightsVersion });
  }

  /** MAIN, and FORK or inline() where it ends by `<Parallel>`. Null: goes on with another main. */
  async #afterMain(completion: Completion, seed: number): Promise<'eos' | 'length' | null> {
    const { mode, maxBlocks } = this.#parts.settings;
    const endsByTag = completion.ids.at(-1) === this.#tags.parallelOpen;
    const forks = mode === 'parallel' && this.#blocks < maxBlocks && endsByTag && completion.finish !== 'length';
    const end = completion.finish === 'length' ? 'length' : 'eos';
    this.#appendMain(completion, forks ? 'tag' : end, seed);
    if (!forks) return end;
    const size = this.#size();
    if (size === null) return this.#inline();
    await this.#block(size.paths, size.cap);
    return this.#left < 1 ? 'length' : null;
  }

  async #inline(): Promise<'eos' | 'length'> {
    const last = this.#segments.at(-1)!;
    last.flags = [...last.flags, 'fork_refused'];
    if (this.#left < 1) return 'length';
    const seed = this.#seed('inline', this.#blocks, 0);
    const completion = await this.#call([], this.#left, [], seed);
    const end = completion.finish === 'length' ? 'length' : 'eos';
    this.#appendMain(completion, end, seed);
    return end;
  }

  /** pathCap(used, n) for the number drawn and, while that does not fit, for fewer. */
  #size(): { paths: number; cap: number } | null {
    const { settings, binding } = this.#parts;
    const { min, max } = readPathRange(settings.paths);
    for (let paths = min + (this.#seed('paths', this.#blocks + 1, 0) % (max - min + 1)); paths >= min; paths -= 1) {
      let fixed = 2 * paths + 3 + this.#tags.gap.length;
      for (let i = 0; i < paths; i += 1) fixed += binding.labels?.[i]?.ids.length ?? 0;
      const reserve = Math.max(1, settings.reserveSummaryTokens) + settings.reserveAnswerTokens;
      const cap = Math.min(settings.maxPathTokens, Math.floor((this.#left - fixed - reserve) / paths));
      if (cap >= Math.max(1, settings.minPathTokens)) return { paths, cap };
    }
    return null;
  }

  async #block(count: number, cap: number): Promise<void> {
    const { duplicatePaths, joinOrder } = this.#parts.settings;
    const paths: Segment[] = [];
    for (let path = 1; path <= count; path += 1) paths.push(await this.#path(path, cap, 'path'));
    if (duplicatePaths === 'reseed') {
      for (const k of this.#listRepeats(paths)) paths[k] = await this.#path(k + 1, cap, 'reseed');
    }
    for (const k of this.#listRepeats(paths)) paths[k]!.flags = [...paths[k]!.flags, 'duplicate_path'];
    const length = ({ pieces }: Segment) => pieces.reduce((sum, { ids }) => sum + ids.length, 0);
    if (joinOrder === 'longest-first') paths.sort((a, b) => length(b) - length(a));
    for (const path of paths) this.#append(path);
    this.#append(await this.#summary());
    this.#blocks += 1;
  }

  /** Indices of paths that say what an earlier one says. */
  #listRepeats(paths: readonly Segment[]): number[] {
    const labelled = (path: number) => (this.#parts.binding.labels?.[path - 1] === undefined ? 1 : 2);
    const contents = paths.map(({ path, pieces }) => `${pieces.slice(labelled(path)).flatMap(({ ids }) => ids)}`);
    return contents.flatMap((content, k) => (contents.indexOf(content) < k ? [k] : []));
  }

  async #path(path: number, cap: number, kind: 'path' | 'reseed'): Promise<Segment> {
    const label = this.#parts.binding.labels?.[path - 1];
    const opening = [inserted([this.#tags.pathOpen], '<Path>')];
    if (label !== undefined) opening.push(inserted(label.ids, label.text));
    const block = this.#blocks + 1;
    const seed = this.#seed(kind, block, path);
    const extra = opening.flatMap(({ ids }) => ids);
    const completion = await this.#call(extra, cap, [this.#tags.pathClose], seed);
    const segment = this.#close({ role: 'path', block, path, seed }, opening, completion);
    return kind === 'reseed' ? { ...segment, flags: [...segment.flags, 'reseeded_path'] } : segment;
  }

  async #summary(): Promise<Segment> {
    const { settings, binding } = this.#parts;
    const ids = [this.#tags.parallelClose, ...this.#tags.gap, this.#tags.summaryOpen];
    const block = this.#blocks + 1;
    const seed = this.#seed('summary', block, 0);
    const room = this.#left - ids.length - 1 - settings.reserveAnswerTokens;
    const maxTokens = Math.max(1, Math.min(settings.maxSummaryTokens, room));
    const completion = await this.#call(ids, maxTokens, [this.#tags.summaryClose], seed);
    const opening = [inserted(ids, `</Parallel>${binding.gapText}<Summary>`)];
    return this.#close({ role: 'summary', block, path: 0, seed }, opening, completion);
  }

  /** tag: keep all; eos: drop it, insert the closer; length: insert the closer. */
  #close(place: Pick<Segment, 'role' | 'block' | 'path' | 'seed'>, opening: Piece[], completion: Completion): Segment {
    const isPath = place.role === 'path';
    const closer = isPath ? this.#tags.pathClose : this.#tags.summaryClose;
    const base = { ...place, weightsVersion: this.#request.model };
    const closing = inserted([closer], isPath ? '</Path>' : '</Summary>');
    const common = (content: number): Segment['flags'] => [
      ...(content === 0 ? [isPath ? ('empty_path' as const) : ('empty_summary' as const)] : []),
      ...(completion.ids.includes(this.#tags.parallelOpen) ? (['unexecuted_tag'] as const) : []),
    ];
    const { length } = completion.ids;
    if (completion.finish === 'length') {
      const flags = [isPath ? ('path_cut' as const) : ('summary_cut' as const), ...common(length)];
      const kept = length === 0 ? [] : [sampled(completion)];
      return { ...base, pieces: [...opening, ...kept, closing], stop: 'length', flags };
    }
    if (completion.ids.at(-1) === closer) {
      return { ...base, pieces: [...opening, sampled(completion)], stop: 'tag', flags: common(length - 1) };
    }
    const kept = length <= 1 ? [] : [sampled(this.#dropLast(completion))];
    const flags: Segment['flags'] = ['eos_in_path', ...common(Math.max(0, length - 1))];
    return { ...base, pieces: [...opening, ...kept, closing], stop: 'eos', flags };
  }

  #dropLast({ ids, logprobs, text, ...rest }: Completion): Completion {
    const ending = this.#parts.eosTexts.find((eos) => text.endsWith(eos)) ?? '';
    const kept = text.slice(0, text.length - ending.length);
    return { ...rest, ids: ids.slice(0, -1), logprobs: logprobs.slice(0, -1), text: kept };
  }
}

function inserted(ids: readonly number[], text: string): Piece {
  return { ids, text, logprobs: null, origin: 'injected' };
}

function sampled({ ids, text, logprobs }: Completion): Piece {
  return { ids, text, logprobs, origin: 'policy' };
}
