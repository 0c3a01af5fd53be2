/** When the paths of a block are joined: when all have ended, the first, or the first `count`. */
export type CountedJoin =
  | { readonly kind: 'all' }
  | { readonly kind: 'first' }
  | { readonly kind: 'quorum'; readonly count: number };

/** A counted join, or a deadline: so many milliseconds after the fork, once two paths have ended. */
export type JoinPolicy = CountedJoin | { readonly kind: 'deadline'; readonly ms: number };

/** How joined paths stand in the text: by ordinal, or longest first, which leaves less to compute at the join. */
export type JoinOrder = 'emitted' | 'longest-first';

/** Fewest paths of a block that the strict grammar accepts. */
export const MIN_PATHS = 2;

/** How many of `asked` paths must have ended before they are joined: 1 to `asked`. */
export function countWanted(join: CountedJoin, asked: number): number {
  const wanted = join.kind === 'all' ? asked : join.kind === 'first' ? 1 : join.count;
  return Math.max(1, Math.min(wanted, asked));
}

/** `items` in rendering order: `emitted` leaves them as they are, of equally long ones the earlier stays first. */
export function orderPaths<T>(items: readonly T[], order: JoinOrder, measure: (item: T) => number): readonly T[] {
  return order === 'emitted' ? items : items.toSorted((a, b) => measure(b) - measure(a));
}
