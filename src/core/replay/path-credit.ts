import { countForks, isAwaited, type Segment, type Trajectory } from '../trajectory.ts';

/** What is done to the paths of a trajectory's last block before its summary is written again. */
export type PathChange =
  /** Nothing: what sampling once more changes by itself. */
  | { readonly kind: 'intact' }
  /** The joined path that stands at this place of the text, from 1, is taken out. */
  | { readonly kind: 'without'; readonly place: number }
  /** The joined paths stand in the opposite order. */
  | { readonly kind: 'turned' };

/** The changes that a trajectory allows; none without an executed block of two joined paths. */
export function listPathChanges(trajectory: Trajectory): PathChange[] {
  const { paths } = findLastBlock(trajectory);
  if (paths.length < 2) return [];
  const without = paths.map((_, k): PathChange => ({ kind: 'without', place: k + 1 }));
  return [{ kind: 'intact' }, ...without, { kind: 'turned' }];
}

/** The segments up to the last block's summary, with its paths changed. */
export function changePaths(trajectory: Trajectory, change: PathChange): readonly Segment[] {
  const { before, paths } = findLastBlock(trajectory);
  if (change.kind === 'turned') return [...before, ...paths.toReversed()];
  return [...before, ...paths.filter((_, k) => change.kind === 'intact' || k + 1 !== change.place)];
}

function findLastBlock({ segments, ...rest }: Trajectory): {
  readonly before: readonly Segment[];
  readonly paths: readonly Segment[];
} {
  const block = countForks({ segments, ...rest });
  const from = segments.findIndex((segment) => segment.role === 'path' && segment.block === block);
  if (from < 0) return { before: segments, paths: [] };
  const isJoined = (segment: Segment) => segment.role === 'path' && segment.block === block && isAwaited(segment);
  return { before: segments.slice(0, from), paths: segments.filter(isJoined) };
}

/** What became of the answer: it is right again, it is not, or the engine refused the question. */
export type CreditOutcome = 'stands' | 'falls' | 'failed';

/** How often answers stood under one change. */
export interface PathCredit {
  readonly change: PathChange;
  /** Answers that were right before; failed questions left out. */
  readonly asked: number;
  /** Of them those that another stored rollout of the step answered, which had the same text up to the summary. */
  readonly fromTwins: number;
  readonly failed: number;
  readonly stands: number;
  /** Null where nothing was asked. */
  readonly share: number | null;
  /** Wilson's interval of the share, level 0.95. */
  readonly interval: readonly [low: number, high: number] | null;
}

/** Counts outcomes by change. */
export class CreditTally {
  readonly #counts = new Map<
    string,
    { readonly change: PathChange; asked: number; fromTwins: number; failed: number; stands: number }
  >();

  add(change: PathChange, outcome: CreditOutcome, isFromTwin: boolean): void {
    const key = change.kind === 'without' ? `without ${change.place}` : change.kind;
    const count = this.#counts.get(key) ?? { change, asked: 0, fromTwins: 0, failed: 0, stands: 0 };
    this.#counts.set(key, count);
    if (outcome === 'failed') count.failed += 1;
    else count.asked += 1;
    if (outcome === 'stands') count.stands += 1;
    if (isFromTwin) count.fromTwins += 1;
  }

  /** Intact first, then by the place that was taken out, the opposite order last. */
  summarize(): PathCredit[] {
    const rank = ({ change }: { change: PathChange }) =>
      change.kind === 'intact' ? 0 : change.kind === 'without' ? change.place : Number.POSITIVE_INFINITY;
    return [...this.#counts.values()]
      .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
      .map((count) => ({
        ...count,
        share: count.asked === 0 ? null : count.stands / count.asked,
        interval: count.asked === 0 ? null : computeWilsonInterval(count.stands, count.asked),
      }));
  }
}

/** The normal quantile of a two-sided interval of level 0.95. */
const Z = 1.959963984540054;

/** Wilson's score interval of level 0.95 for a share of `total` > 0 independent cases. */
export function computeWilsonInterval(count: number, total: number): readonly [low: number, high: number] {
  const share = count / total;
  const scale = 1 + Z ** 2 / total;
  const centre = (share + Z ** 2 / (2 * total)) / scale;
  const half = (Z * Math.sqrt((share * (1 - share)) / total + Z ** 2 / (4 * total ** 2))) / scale;
  return [count === 0 ? 0 : Math.max(0, centre - half), count === total ? 1 : Math.min(1, centre + half)];
}
