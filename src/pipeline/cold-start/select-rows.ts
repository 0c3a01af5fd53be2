import type { ColdStartStage } from '../../core/curriculum.ts';
import { pickDiverse } from '../../core/diversity.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';

/** An accepted attempt with its text. */
export type AcceptedAttempt = AttemptRecord & { readonly target: string };

/** Which and how many accepted attempts of a problem become rows. */
export type KeepSettings = Pick<ColdStartStage, 'keep' | 'rowsPerProblem'>;

/**
 * The accepted attempts that become rows: for each problem the first, the shortest, or the most diverse ones (of equal
 * ones the earlier). Attempts come in the order of the store, where those of one problem are next to each other;
 * problems keep that order.
 */
export function* selectRows(
  attempts: Iterable<AttemptRecord>,
  settings: KeepSettings = {},
): Generator<AcceptedAttempt, void, undefined> {
  let same: AcceptedAttempt[] = [];
  for (const attempt of attempts) {
    if (!isAccepted(attempt)) continue;
    if (same.length > 0 && problemKey(same[0]!.problem) !== problemKey(attempt.problem)) {
      yield* selectOfProblem(same, settings);
      same = [];
    }
    same.push(attempt);
  }
  yield* selectOfProblem(same, settings);
}

function selectOfProblem(
  attempts: readonly AcceptedAttempt[],
  { keep = 'first', rowsPerProblem = 1 }: KeepSettings,
): readonly AcceptedAttempt[] {
  switch (keep) {
    case 'first':
      return attempts.slice(0, rowsPerProblem);
    case 'shortest':
      return attempts.toSorted((a, b) => a.target.length - b.target.length).slice(0, rowsPerProblem);
    case 'diverse': {
      const targets = attempts.map(({ target }) => target);
      return pickDiverse(targets, rowsPerProblem).map((index) => attempts[index]!);
    }
  }
}

function isAccepted(attempt: AttemptRecord): attempt is AcceptedAttempt {
  return attempt.status === 'accepted' && attempt.target !== null;
}

/** What tells problems apart: the same id in another source is another problem. */
function problemKey({ source, id }: AttemptRecord['problem']): string {
  return `${source}\u0000${id}`;
}
