import type { AttemptRecord } from '../ports/run-store.ts';
import { problemKey } from './select-rows.ts';

/** How often a problem was asked about, and whether that is enough. */
export interface AskedProblem {
  /** Rounds of `samplesPerProblem` answers. */
  readonly rounds: number;
  /** It has an accepted row, or was refused for good. */
  readonly isSettled: boolean;
}

/** Whether a round of attempts leaves nothing to retry: another seed does not help a request the server refuses. */
export function isSettledBy(attempts: readonly Pick<AttemptRecord, 'status'>[]): boolean {
  return attempts.some(({ status }) => status !== 'rejected');
}

/** What the stored attempts of a stage say of its problems, by problem key. */
export function listAskedProblems(
  attempts: Iterable<AttemptRecord>,
  samplesPerProblem: number,
): Map<string, AskedProblem> {
  const asked = new Map<string, AskedProblem>();
  for (const attempt of attempts) {
    const key = problemKey(attempt.problem);
    const before = asked.get(key);
    const rounds = Math.floor(attempt.sample / samplesPerProblem) + 1;
    asked.set(key, {
      rounds: Math.max(before?.rounds ?? 0, rounds),
      isSettled: before?.isSettled === true || isSettledBy([attempt]),
    });
  }
  return asked;
}
