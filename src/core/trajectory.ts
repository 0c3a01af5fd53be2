/** Who wrote a token. Only `policy` tokens are trained on in RL; `teacher` and `policy` in SFT. */
export type Origin = 'policy' | 'injected' | 'prompt' | 'teacher';

/** A run of tokens with one origin. `logprobs` (natural log, raw distribution) stand for policy tokens only, else null. */
export interface Piece {
  readonly ids: readonly number[];
  /** The text of the ids, special tokens kept. */
  readonly text: string;
  readonly logprobs: readonly number[] | null;
  readonly origin: Origin;
}

export type SegmentRole = 'main' | 'path' | 'summary';

/** Why a segment ended: a tag was sampled, the end of sequence, the token cap, or the controller gave up. */
export type SegmentStop = 'tag' | 'eos' | 'length' | 'abort';

export type SegmentFlag =
  | 'eos_in_path'
  | 'path_cut'
  | 'summary_cut'
  | 'fork_refused'
  | 'unexecuted_tag'
  | 'empty_path'
  | 'empty_summary'
  | 'duplicate_path'
  | 'reseeded_path'
  /** The engine returned text: the ids of its policy tokens were made from it afterwards and have no log-probs. */
  | 'retokenised';

/**
 * One contiguous stretch of a trajectory, one engine call at most.
 *
 * `block` and `path` count from 1; 0 means "not inside one". For a path, `pieces` begins with the
 * injected `<Path>` (and label); for a summary, with the injected `</Parallel>`, gap and `<Summary>`.
 * A path that was given up (`stop: 'abort'`) has no pieces.
 */
export interface Segment {
  readonly role: SegmentRole;
  readonly block: number;
  readonly path: number;
  readonly pieces: readonly Piece[];
  readonly stop: SegmentStop;
  readonly flags: readonly SegmentFlag[];
  /** Seed of the call that sampled it; null for teacher text. */
  readonly seed: number | null;
  /** Weights version that sampled it; null for teacher text. */
  readonly weightsVersion: string | null;
}

/**
 * The whole of one rollout's response. Segments are in rendering order: main, paths, summary, main, ... `path` keeps the
 * ordinal that a path was requested under; paths that were given up come after the joined ones of their block.
 */
export interface Trajectory {
  readonly promptIds: readonly number[];
  readonly segments: readonly Segment[];
  readonly end: 'eos' | 'length' | 'failed';
}

/** The flat rendering of the response (prompt excluded): parallel arrays of one length. */
export interface FlatResponse {
  readonly ids: number[];
  readonly origins: Origin[];
  /** Sampler log-prob per token; NaN where none exists. */
  readonly logprobs: number[];
  /** Index into `segments` per token. */
  readonly segmentIndex: number[];
}

/** Renders a trajectory to flat response ids with origin, log-prob and segment per token. */
export function flattenResponse(trajectory: Trajectory): FlatResponse {
  const flat: FlatResponse = { ids: [], origins: [], logprobs: [], segmentIndex: [] };
  trajectory.segments.forEach((segment, index) => {
    for (const piece of segment.pieces) {
      piece.ids.forEach((id, k) => {
        flat.ids.push(id);
        flat.origins.push(piece.origin);
        flat.logprobs.push(piece.logprobs?.[k] ?? Number.NaN);
        flat.segmentIndex.push(index);
      });
    }
  });
  return flat;
}

/** Number of tokens of one segment, injected ones included. */
export function countSegmentTokens(segment: Segment): number {
  return segment.pieces.reduce((sum, piece) => sum + piece.ids.length, 0);
}

/** Whether a segment is the path that its block's text begins with, whatever its ordinal. */
export function isLeadingPath(segments: readonly Segment[], index: number): boolean {
  const [before, segment] = [segments[index - 1], segments[index]];
  return segment?.role === 'path' && (before?.role !== 'path' || before.block !== segment.block);
}

/** Number of executed forks. */
export function countForks({ segments }: Trajectory): number {
  return segments.filter((_, index) => isLeadingPath(segments, index)).length;
}

/** Tokens sampled by the policy, over all segments. */
export function countPolicyTokens(trajectory: Trajectory): number {
  let count = 0;
  for (const segment of trajectory.segments) {
    for (const piece of segment.pieces) if (piece.origin === 'policy') count += piece.ids.length;
  }
  return count;
}

/**
 * Tokens a model wrote in one segment: policy and teacher tokens, sampled stop tokens among them.
 * What the controller injected does not count, nor does an end of sequence it replaced.
 */
export function countGeneratedTokens(segment: Segment): number {
  let count = 0;
  for (const { ids, origin } of segment.pieces) if (origin === 'policy' || origin === 'teacher') count += ids.length;
  return count;
}

/** Whether what follows the segment had to wait for it: all but a path that was given up. */
export function isAwaited({ role, stop }: Segment): boolean {
  return role !== 'path' || stop !== 'abort';
}

/**
 * D, the generated tokens on the longest dependency chain: main and summaries, and per block the longest
 * awaited path.
 */
export function countCriticalTokens(trajectory: Trajectory): number {
  let trunk = 0;
  const longest = new Map<number, number>();
  for (const segment of trajectory.segments) {
    if (!isAwaited(segment)) continue;
    const tokens = countGeneratedTokens(segment);
    if (segment.role === 'path') longest.set(segment.block, Math.max(longest.get(segment.block) ?? 0, tokens));
    else trunk += tokens;
  }
  for (const tokens of longest.values()) trunk += tokens;
  return trunk;
}

/** The response as text, special tokens kept. */
export function renderResponseText(trajectory: Trajectory): string {
  return trajectory.segments.map((segment) => segment.pieces.map((piece) => piece.text).join('')).join('');
}
