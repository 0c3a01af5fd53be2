import { countWanted, type JoinPolicy, MIN_PATHS } from '../../core/join.ts';
import type { Clock } from '../../ports/clock.ts';

/**
 * Waits until the paths of a block may be joined and returns the indices of those that had ended, ascending. Where
 * paths are counted these are the first to end and no more. At a deadline they are all that have ended, and until two
 * have it waits on. Rejects when a path fails before that; `signal` ends the wait for the deadline.
 */
export function waitForJoin(
  paths: readonly Promise<unknown>[],
  join: JoinPolicy,
  clock: Pick<Clock, 'sleep'>,
  signal: AbortSignal,
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    const ended: number[] = [];
    let wanted = join.kind === 'deadline' ? paths.length : countWanted(join, paths.length);
    const look = () => {
      if (ended.length >= wanted) resolve(ended.toSorted((a, b) => a - b));
    };
    paths.forEach((path, index) => {
      path.then(() => {
        ended.push(index);
        look();
      }, reject);
    });
    if (join.kind !== 'deadline') return;
    clock.sleep(join.ms, signal).then(
      () => {
        wanted = Math.min(MIN_PATHS, paths.length);
        look();
      },
      // The wait was over before the deadline.
      () => {},
    );
  });
}
