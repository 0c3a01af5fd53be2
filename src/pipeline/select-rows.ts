import type { KeepRule } from '../core/curriculum.ts';
import type { AttemptRecord } from '../ports/run-store.ts';

/** An accepted attempt with its text. */
export type AcceptedAttempt = AttemptRecord & { readonly target: string };

/**
 * One accepted attempt per problem: the first, or the one with the shortest target (of equal ones the first). Attempts come
 * in the order of the store, where those of one problem are neighbours; problems keep that order.
 */
export function* selectRows(
  attempts: Iterable<AttemptRecord>,
  keep: KeepRule = 'first',
): Generator<AcceptedAttempt, void, undefined> {
  let best: AcceptedAttempt | null = null;
  for (const attempt of attempts) {
    if (!isAccepted(attempt)) continue;
    const isSame = best !== null && problemKey(best.problem) === problemKey(attempt.problem);
    if (best !== null && !isSame) yield best;
    if (!isSame || (keep === 'shortest' && attempt.target.length < best!.target.length)) best = attempt;
  }
  if (best !== null) yield best;
}

function isAccepted(attempt: AttemptRecord): attempt is AcceptedAttempt {
  return attempt.status === 'accepted' && attempt.target !== null;
}

/** What tells problems apart: an equal id of another source is another problem. */
export function problemKey({ source, id }: AttemptRecord['problem']): string {
  return `${source}\u0000${id}`;
}
