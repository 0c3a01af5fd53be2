import type { CountedJoin } from '../../core/curriculum.ts';
import type { ReplayPolicy } from '../../core/replay/replay-trajectory.ts';
import { UsageError } from '../../errors.ts';
import { readWholeNumber } from '../whole-number.ts';

/** The options that name policies, each as often as it was given; empty: the default. */
export interface PolicyOptions {
  readonly join: readonly string[];
  readonly order: readonly ReplayPolicy['order'][];
  readonly width: readonly string[];
  readonly budget: readonly string[];
}

const MAX_POLICIES = 100;

/**
 * Every combination of the values given. Joins default to `all`, each quorum below the widest block
 * (`paths`), and `first`; orders to both. Throws `UsageError`.
 */
export function listPolicies(options: PolicyOptions, paths: number): ReplayPolicy[] {
  const joins = options.join.length > 0 ? options.join.map(parseJoin) : listJoins(paths);
  const orders: readonly ReplayPolicy['order'][] =
    options.order.length > 0 ? options.order : ['emitted', 'longest-first'];
  const widths = readCounts('width', options.width);
  const budgets = readCounts('budget', options.budget);
  const policies = widths.flatMap((width) =>
    budgets.flatMap((pathBudget) =>
      joins.flatMap((join) => orders.map((order): ReplayPolicy => ({ join, order, width, pathBudget }))),
    ),
  );
  const distinct = policies.filter((policy) => policy.order === orders[0] || !joinsOne(policy));
  if (distinct.length > MAX_POLICIES)
    throw new UsageError(`these are ${distinct.length} policies; ${MAX_POLICIES} at once are enough`);
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

function parseJoin(text: string): CountedJoin {
  if (text === 'all' || text === 'first') return { kind: text };
  const count = /^quorum:(\d{1,3})$/.exec(text)?.[1];
  if (count !== undefined && Number(count) > 0) return { kind: 'quorum', count: Number(count) };
  throw new UsageError(`--join is ${JSON.stringify(text)}; it must be all, first, or quorum:N with N from 1`);
}

function readCounts(option: string, texts: readonly string[]): (number | null)[] {
  return texts.length === 0 ? [null] : texts.map((text) => readWholeNumber(option, text, 1, 1_000_000));
}

/** One path alone has no order (paths that end at the very same time aside). */
function joinsOne({ join, width }: ReplayPolicy): boolean {
  return width === 1 || join.kind === 'first' || (join.kind === 'quorum' && join.count === 1);
}
