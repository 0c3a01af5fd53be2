import type { CountedJoin } from '../../core/curriculum.ts';
import type { ReplayPolicy } from '../../core/replay/replay-trajectory.ts';
import { UsageError } from '../../errors.ts';
import type { Reader } from '../options.ts';

/** The options that name policies, each as often as it was given; empty: the default. */
export interface PolicyOptions {
  readonly join: readonly CountedJoin[];
  readonly order: readonly ReplayPolicy['order'][];
  readonly width: readonly number[];
  readonly budget: readonly number[];
}

/** Reads `all`, `first` or `quorum:N`. */
export const join: Reader<CountedJoin> = {
  kind: 'string',
  read: (word, flag) => {
    if (word === 'all' || word === 'first') return { kind: word };
    const count = Number(/^quorum:(\d{1,3})$/.exec(word)?.[1] ?? 0);
    if (count > 0) return { kind: 'quorum', count };
    throw new UsageError(`${flag} is ${JSON.stringify(word)}; it must be all, first, or quorum:N with N from 1`);
  },
};

const MAX_POLICIES = 100;

/**
 * Every combination of the values given. Joins default to `all`, each quorum below the widest block
 * (`paths`), and `first`; orders to both. Throws `UsageError` when there are too many.
 */
export function listPolicies(options: PolicyOptions, paths: number): ReplayPolicy[] {
  const joins = options.join.length > 0 ? options.join : listJoins(paths);
  const orders: readonly ReplayPolicy['order'][] =
    options.order.length > 0 ? options.order : ['emitted', 'longest-first'];
  const widths = options.width.length > 0 ? options.width : [null];
  const budgets = options.budget.length > 0 ? options.budget : [null];
  const policies = widths.flatMap((width) =>
    budgets.flatMap((pathBudget) =>
      joins.flatMap((join) => orders.map((order): ReplayPolicy => ({ join, order, width, pathBudget }))),
    ),
  );
  const distinct = policies.filter((policy) => policy.order === orders[0] || !joinsOne(policy));
  if (distinct.length > MAX_POLICIES)
    throw new UsageError(
      `these options make ${distinct.length} policies; at most ${MAX_POLICIES} can be replayed at once`,
    );
  return distinct;
}

/** `first`, `quorum:2, longest first, width 3, 64 tokens a path`. */
export function describePolicy({ join, order, width, pathBudget }: ReplayPolicy): string {
  const parts = [join.kind === 'quorum' ? `quorum:${join.count}` : join.kind];
  if (order === 'longest-first') parts.push('longest first');
  if (width !== null) parts.push(`width ${width}`);
  if (pathBudget !== null) parts.push(`${pathBudget} tokens a path`);
  return parts.join(', ');
}

function listJoins(paths: number): CountedJoin[] {
  const quorums = Array.from({ length: Math.max(0, paths - 2) }, (_, i) => paths - 1 - i);
  return [{ kind: 'all' }, ...quorums.map((count) => ({ kind: 'quorum', count }) as const), { kind: 'first' }];
}

/** Whether only one path is joined, which has no order. */
function joinsOne({ join, width }: ReplayPolicy): boolean {
  return width === 1 || join.kind === 'first' || (join.kind === 'quorum' && join.count === 1);
}
