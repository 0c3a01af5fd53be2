import { type CurriculumPlan, readPathRange } from '../../src/core/curriculum.ts';
import type { Trajectory } from '../../src/core/trajectory.ts';
import type { Binding } from '../../src/pipeline/context.ts';
import type { GroupRequest } from '../../src/pipeline/rollout/rollout-io.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';

/**
 * The state machine of method 3.3 as one plain loop, one call after the other, written from the document: what the
 * executor must come to, whatever runs at once. It shares types with the executor, the budgets' and the seeds' formulas
 * are written out anew. Joins of all paths only; engine errors pass through.
 */
export interface ReferenceParts {
  readonly binding: Binding;
  readonly settings: CurriculumPlan['rollout'];
  readonly eosTexts: readonly string[];
  /** Hash of seed parts. */
  readonly hash: (...parts: readonly (string | number)[]) => number;
  complete(request: Omit<CompletionRequest, 'temperature' | 'topP'>): Promise<Completion[]>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };
type DraftSegment = Writable<Trajectory['segments'][number]>;

/** Rolls out a group attempt by attempt. */
export async function rollOutByReference(parts: ReferenceParts, request: GroupRequest): Promise<Trajectory[]> {
  const { binding, settings, hash } = parts;
  const { tags } = binding;
  const { promptIds, groupSize: n, model, seedParts } = request;
  const canEverFork = settings.mode === 'parallel' && settings.maxBlocks > 0;
  const seed = hash(...seedParts, 'main', 0);
  const stopTokenIds = canEverFork ? [tags.parallelOpen, ...tags.eos] : [...tags.eos];
  const maxTokens = settings.maxResponseTokens;
  const firsts = await parts.complete({ model, prompt: promptIds, n, maxTokens, stopTokenIds, seed });
  const trajectories: Trajectory[] = [];
  for (const [sample, first] of firsts.entries()) {
    trajectories.push(await rollOutOne(parts, request, sample, { completion: first, seed }));
  }
  return trajectories;
}

async function rollOutOne(
  parts: ReferenceParts,
  { promptIds, model, seedParts }: GroupRequest,
  sample: number,
  first: { completion: Completion; seed: number },
): Promise<Trajectory> {
  const { settings, binding, hash } = parts;
  const { tags } = binding;
  const R = settings.maxResponseTokens;
  const segments: DraftSegment[] = [];
  let flat = [...promptIds];
  let blocks = 0;
  const used = () => flat.length - promptIds.length;
  const seedOf = (kind: string, block: number, path: number) => hash(...seedParts, sample, kind, block, path);
  const call = async (prompt: readonly number[], maxTokens: number, stops: readonly number[], seed: number) => {
    const stopTokenIds = [...stops, ...tags.eos];
    const [completion] = await parts.complete({ model, prompt: [...prompt], n: 1, maxTokens, stopTokenIds, seed });
    return completion!;
  };
  const append = (segment: DraftSegment) => {
    segments.push(segment);
    flat = [...flat, ...idsOf(segment)];
  };
  const addMain = ({ completion, seed }: typeof first, stop: 'tag' | 'eos' | 'length') => {
    const before = stop === 'tag' ? completion.ids.slice(0, -1) : completion.ids;
    append({
      ...{ role: 'main', block: 0, path: 0, pieces: [sampled(completion)], stop, seed, weightsVersion: model },
      flags: before.includes(tags.parallelOpen) ? ['unexecuted_tag'] : [],
    });
  };
  const close = (draft: DraftSegment, completion: Completion, closer: { id: number; text: string }) => {
    const isPath = draft.role === 'path';
    let kept = completion;
    let contentTokens = completion.ids.length;
    if (completion.finish === 'length') {
      draft.stop = 'length';
      draft.flags = [isPath ? 'path_cut' : 'summary_cut'];
    } else if (completion.ids.at(-1) === closer.id) {
      draft.stop = 'tag';
      contentTokens -= 1;
    } else {
      draft.stop = 'eos';
      draft.flags = ['eos_in_path'];
      kept = withoutEos(completion, parts.eosTexts);
      contentTokens = kept.ids.length;
    }
    if (contentTokens === 0) draft.flags = [...draft.flags, isPath ? 'empty_path' : 'empty_summary'];
    if (kept.ids.includes(tags.parallelOpen)) draft.flags = [...draft.flags, 'unexecuted_tag'];
    if (kept.ids.length > 0) draft.pieces = [...draft.pieces, sampled(kept)];
    if (draft.stop !== 'tag') draft.pieces = [...draft.pieces, inserted([closer.id], closer.text)];
    return draft;
  };
  const done = (end: Trajectory['end']): Trajectory => ({ promptIds, segments, end });

  let main = first;
  for (;;) {
    const canFork = settings.mode === 'parallel' && blocks < settings.maxBlocks;
    if (main.completion.finish === 'length') {
      addMain(main, 'length');
      return done('length');
    }
    if (!canFork || main.completion.ids.at(-1) !== tags.parallelOpen) {
      addMain(main, 'eos');
      return done('eos');
    }
    addMain(main, 'tag');

    // pathCap(used, n), for the number drawn and, while that does not fit, for fewer.
    const { min, max } = readPathRange(settings.paths);
    let paths = min + (seedOf('paths', blocks + 1, 0) % (max - min + 1));
    let cap = -1;
    for (; paths >= min; paths -= 1) {
      let fixed = 2 * paths + 3 + tags.gap.length;
      for (let i = 0; i < paths; i += 1) fixed += binding.labels?.[i]?.ids.length ?? 0;
      const summary = Math.max(1, settings.reserveSummaryTokens);
      const available = R - used() - fixed - summary - settings.reserveAnswerTokens;
      cap = Math.min(settings.maxPathTokens, Math.floor(available / paths));
      if (cap >= Math.max(1, settings.minPathTokens)) break;
    }
    if (paths < min) {
      const last = segments.at(-1)!;
      last.flags = [...last.flags, 'fork_refused'];
      if (used() >= R) return done('length');
      const seed = seedOf('inline', blocks, 0);
      const completion = await call(flat, R - used(), [], seed);
      const stop = completion.finish === 'length' ? 'length' : 'eos';
      addMain({ completion, seed }, stop);
      return done(stop);
    }

    const block = blocks + 1;
    const prefix = [...flat];
    const askPath = async (path: number, kind: 'path' | 'reseed') => {
      const label = binding.labels?.[path - 1] ?? null;
      const opening = [
        inserted([tags.pathOpen], '<Path>'),
        ...(label === null ? [] : [inserted(label.ids, label.text)]),
      ];
      const seed = seedOf(kind, block, path);
      const base = { stop: 'tag', flags: [], pieces: opening, seed, weightsVersion: model } as const;
      const completion = await call([...prefix, ...opening.flatMap(({ ids }) => ids)], cap, [tags.pathClose], seed);
      const segment = close({ role: 'path', block, path, ...base }, completion, {
        id: tags.pathClose,
        text: '</Path>',
      });
      return { segment, content: idsOf({ ...segment, pieces: segment.pieces.slice(opening.length) }).join() };
    };
    const found: Awaited<ReturnType<typeof askPath>>[] = [];
    for (let path = 1; path <= paths; path += 1) found.push(await askPath(path, 'path'));
    const repeats = (k: number) => found.slice(0, k).some(({ content }) => content === found[k]!.content);
    if (settings.duplicatePaths === 'reseed') {
      const again = found.map((_, k) => repeats(k));
      for (let k = 0; k < found.length; k += 1) {
        if (!again[k]) continue;
        found[k] = await askPath(k + 1, 'reseed');
        found[k]!.segment.flags = [...found[k]!.segment.flags, 'reseeded_path'];
      }
    }
    found.forEach(({ segment }, k) => {
      if (repeats(k)) segment.flags = [...segment.flags, 'duplicate_path'];
    });
    const inOrder = found.map(({ segment }) => segment);
    if (settings.joinOrder === 'longest-first') inOrder.sort((a, b) => idsOf(b).length - idsOf(a).length);
    for (const segment of inOrder) append(segment);

    const opening = [tags.parallelClose, ...tags.gap, tags.summaryOpen];
    const room = R - used() - opening.length - 1 - settings.reserveAnswerTokens;
    const seed = seedOf('summary', block, 0);
    const cut = Math.max(1, Math.min(settings.maxSummaryTokens, room));
    const completion = await call([...flat, ...opening], cut, [tags.summaryClose], seed);
    const pieces = [inserted(opening, `</Parallel>${binding.gapText}<Summary>`)];
    const draft: DraftSegment = {
      ...{ role: 'summary', block, path: 0, pieces, stop: 'tag', flags: [], seed, weightsVersion: model },
    };
    append(close(draft, completion, { id: tags.summaryClose, text: '</Summary>' }));

    blocks += 1;
    if (used() >= R) return done('length');
    const mainSeed = seedOf('main', blocks, 0);
    const stops = blocks < settings.maxBlocks ? [tags.parallelOpen] : [];
    main = { completion: await call(flat, R - used(), stops, mainSeed), seed: mainSeed };
  }
}

type Piece = DraftSegment['pieces'][number];

function idsOf({ pieces }: Pick<DraftSegment, 'pieces'>): number[] {
  return pieces.flatMap(({ ids }) => ids);
}

function inserted(ids: readonly number[], text: string): Piece {
  return { ids, text, logprobs: null, origin: 'injected' };
}

function sampled({ ids, text, logprobs }: Completion): Piece {
  return { ids, text, logprobs, origin: 'policy' };
}

function withoutEos(completion: Completion, eosTexts: readonly string[]): Completion {
  const { ids, logprobs, text } = completion;
  const ending = eosTexts.find((eos) => text.endsWith(eos)) ?? '';
  return {
    ...completion,
    ids: ids.slice(0, -1),
    logprobs: logprobs.slice(0, -1),
    text: text.slice(0, text.length - ending.length),
  };
}
