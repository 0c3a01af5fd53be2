import type { ListedProblem, ListedRollout } from '../ports/run-store/listings.ts';
import type { RolloutStep } from '../ports/run-store/rollouts.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';

/** One held-out problem at two moments of a run: answered wrong at the first evaluation, and right in parallel at the last. */
export interface Thought {
  readonly problem: ListedProblem;
  readonly before: ThoughtMoment;
  readonly after: ThoughtMoment;
}

/** A rollout of it, and when that was. */
export interface ThoughtMoment extends Pick<RolloutStep, 'stageIndex' | 'step'> {
  /** Id of the rollout. */
  readonly rollout: number;
}

/** Right answers of the last evaluation that are looked at; a run that has learned something has one among them. */
const MAX_LOOKED_AT = 400;

/**
 * The thought that shows best what was learned: the last rollout finished, in valid form, with a block, and is right; the
 * first one finished too, and is wrong, if possible with a block of its own. Null where no problem is like that.
 */
export function chooseThought(store: RunStore, runId: string): Thought | null {
  const moments = store.listRolloutSteps(runId).filter(({ purpose }) => purpose === 'eval');
  const [first, last] = [moments[0], moments.at(-1)];
  if (first === undefined || last === undefined || first === last) return null;
  const right = store.listRollouts(
    runId,
    { ...last, correct: true, forked: true },
    { after: null, size: MAX_LOOKED_AT },
  );
  let second: Thought | null = null;
  for (const after of right.filter(isWhole)) {
    const wrong = store
      .listRollouts(runId, { ...first, problem: after.problem.key, correct: false }, { after: null, size: 8 })
      .filter(({ end }) => end === 'eos');
    const [before = wrong[0]] = wrong.filter(isWhole).filter(({ blocks }) => blocks > 0);
    if (before === undefined) continue;
    const thought = { problem: after.problem, before: toMoment(before), after: toMoment(after) };
    if (before.blocks > 0) return thought;
    second ??= thought;
  }
  return second;
}

function isWhole({ end, formatValid }: ListedRollout): boolean {
  return end === 'eos' && formatValid;
}

function toMoment({ id, stageIndex, step }: ListedRollout): ThoughtMoment {
  return { rollout: id, stageIndex, step };
}
