import type { Layout } from '../curriculum.ts';
import type { Datum } from '../datum.ts';
import { flattenResponse, isLeadingPath, type Origin, type Trajectory } from '../trajectory.ts';
import { computeMultiverseLayout, type MultiverseLayout } from './multiverse-positions.ts';

/**
 * What the trainer is asked to do with a trajectory. Numbers are final: the caller puts its
 * normalisation (for instance one over the loss tokens of the batch) into `scale`.
 */
export type DatumPayload =
  | {
      readonly kind: 'sft';
      /** Loss weight of each loss token. */
      readonly scale: number;
      /** False puts loss on injected tokens too, as the reference does. Default true. */
      readonly maskInserted?: boolean;
    }
  | {
      readonly kind: 'rl';
      readonly advantage: number;
      /** Factor of the advantage at each loss token. */
      readonly scale: number;
    };

/** Tokens of a response with what the loss needs to know about each; parallel arrays. */
export interface ScoredTokens {
  readonly ids: number[];
  readonly hasLoss: boolean[];
  /** Sampler log-prob, 0 where there is none. */
  readonly logprobs: number[];
  readonly segmentIndex: number[];
}

/**
 * Marks the loss tokens of a response. SFT: teacher and policy tokens, with `maskInserted: false`
 * injected ones too. RL: policy tokens whose log-prob is known (a stop token the adapter had to
 * restore has none).
 */
function markLossTokens(trajectory: Trajectory, payload: DatumPayload): ScoredTokens {
  const flat = flattenResponse(trajectory);
  const hasLoss = flat.ids.map((_, i) => hasLossAt(payload, flat.origins[i]!, flat.logprobs[i]!));
  const logprobs = flat.logprobs.map((value) => (Number.isFinite(value) ? value : 0));
  return { ids: flat.ids, hasLoss, logprobs, segmentIndex: flat.segmentIndex };
}

function hasLossAt(payload: DatumPayload, origin: Origin, logprob: number): boolean {
  if (payload.kind === 'rl') return origin === 'policy' && Number.isFinite(logprob);
  if (origin === 'injected') return payload.maskInserted === false;
  return origin === 'teacher' || origin === 'policy';
}

/** Number of loss tokens of a trajectory; the same in every layout. */
export function countLossTokens(trajectory: Trajectory, kind: DatumPayload['kind'], maskInserted = true): number {
  const payload: DatumPayload = kind === 'sft' ? { kind, scale: 1, maskInserted } : { kind, advantage: 1, scale: 1 };
  return markLossTokens(trajectory, payload).hasLoss.filter(Boolean).length;
}

/** A sequence the trainer sees: which response tokens (after the prompt), and which of them carry loss here. */
interface View {
  /** Indices into the flat response, in order. */
  readonly tokens: readonly number[];
  readonly hasLoss: (responseIndex: number) => boolean;
}

/** First and one-past-last flat index of each segment. */
type Span = readonly [from: number, to: number];

/**
 * Turns a trajectory into what the trainer is sent. `units`: one datum per engine call.
 * `exact`: the flat sequence with loss on main, the leading path of each block and summaries, and one datum for each
 * further path; as in `units`, every token is scored in the context it was sampled in, but fewer prefixes are
 * repeated. `causal`: one flat datum. `multiverse`: one flat datum with overlapping positions and
 * path ids. A datum without a loss position, or with an advantage of 0, is left out.
 */
export function buildDatums(trajectory: Trajectory, layout: Layout, payload: DatumPayload): Datum[] {
  return buildSources(trajectory, layout, payload).map(({ datum }) => datum);
}

/** A token of a response by its place in the trajectory. */
export interface TokenPlace {
  readonly id: number;
  /** Index into `segments`. */
  readonly segment: number;
  /** Index among the tokens of the segment, injected ones included. */
  readonly token: number;
}

/**
 * The token of the response that `targets[position]` is, in the datum of that index among those `buildDatums` gives for
 * the same arguments. Throws `RangeError` where they hold no such target, or one of the prompt.
 */
export function locateTarget(
  trajectory: Trajectory,
  layout: Layout,
  payload: DatumPayload,
  datumIndex: number,
  position: number,
): TokenPlace {
  const view = buildSources(trajectory, layout, payload)[datumIndex]?.view;
  const index = view?.tokens[position + 1 - trajectory.promptIds.length];
  if (index === undefined) throw new RangeError(`datum ${datumIndex} has no response token as target ${position}`);
  const { ids, segmentIndex } = flattenResponse(trajectory);
  const segment = segmentIndex[index]!;
  return { id: ids[index]!, segment, token: index - segmentIndex.indexOf(segment) };
}

/** The datums with the views they were made from. */
function buildSources(
  trajectory: Trajectory,
  layout: Layout,
  payload: DatumPayload,
): { readonly datum: Datum; readonly view: View }[] {
  if (payload.scale === 0 || (payload.kind === 'rl' && payload.advantage === 0)) return [];
  const scored = markLossTokens(trajectory, payload);
  const structure = layout === 'multiverse' ? computeMultiverseLayout(trajectory) : null;
  return listViews(trajectory, layout, scored).flatMap((view) => {
    const datum = buildDatum(trajectory.promptIds, scored, view, payload, structure);
    return datum === null ? [] : [{ datum, view }];
  });
}

function listViews(trajectory: Trajectory, layout: Layout, scored: ScoredTokens): View[] {
  const spans = findSpans(trajectory, scored);
  const whole = range(0, scored.ids.length);
  if (layout === 'causal' || layout === 'multiverse') return [{ tokens: whole, hasLoss: () => true }];
  if (layout === 'units') return trajectory.segments.map((_, index) => viewCall(trajectory, spans, index));
  const isLaterPath = (index: number) => isPathAfterFirst(trajectory, index);
  const trunk: View = { tokens: whole, hasLoss: (i) => !isLaterPath(scored.segmentIndex[i]!) };
  const later = trajectory.segments.flatMap((_, index) =>
    isLaterPath(index) ? [viewCall(trajectory, spans, index)] : [],
  );
  return [trunk, ...later];
}

/** The sequence of one engine call, its prompt and its answer; siblings of a path are left out. */
function viewCall(trajectory: Trajectory, spans: readonly Span[], index: number): View {
  const [from, to] = spans[index]!;
  const isPath = trajectory.segments[index]!.role === 'path';
  const contextEnd = isPath ? spans[findLeadingPath(trajectory, index)]![0] : from;
  return { tokens: [...range(0, contextEnd), ...range(from, to)], hasLoss: (i) => i >= from };
}

/** Index of the path that the block of the path at `index` begins with. */
function findLeadingPath({ segments }: Trajectory, index: number): number {
  let at = index;
  while (!isLeadingPath(segments, at)) at -= 1;
  return at;
}

function isPathAfterFirst({ segments }: Trajectory, index: number): boolean {
  return segments[index]!.role === 'path' && !isLeadingPath(segments, index);
}

function findSpans(trajectory: Trajectory, scored: ScoredTokens): Span[] {
  const counts = trajectory.segments.map(() => 0);
  for (const index of scored.segmentIndex) counts[index]! += 1;
  let from = 0;
  return counts.map((count) => {
    const span: Span = [from, from + count];
    from += count;
    return span;
  });
}

function buildDatum(
  promptIds: readonly number[],
  scored: ScoredTokens,
  view: View,
  payload: DatumPayload,
  structure: MultiverseLayout | null,
): Datum | null {
  const full = [...promptIds, ...view.tokens.map((i) => scored.ids[i]!)];
  const mask = view.tokens.map((i) => scored.hasLoss[i]! && view.hasLoss(i));
  if (full.length < 2 || !mask.some(Boolean)) return null;
  const pad = promptIds.length;
  /** One value per target: target k is token k + 1 of the sequence. */
  const perTarget = (value: (token: number) => number) =>
    range(1, full.length).map((k) => (k >= pad && mask[k - pad] ? value(view.tokens[k - pad]!) : 0));
  const base = { tokens: full.slice(0, -1), targets: full.slice(1) };
  const extra =
    structure === null
      ? {}
      : { positionIds: structure.positionIds.slice(0, -1), attnPath: structure.attnPath.slice(0, -1) };
  if (payload.kind === 'sft') return { ...base, weights: perTarget(() => payload.scale), ...extra };
  const advantages = perTarget(() => payload.advantage * payload.scale);
  return { ...base, logprobs: perTarget((i) => scored.logprobs[i]!), advantages, ...extra };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
