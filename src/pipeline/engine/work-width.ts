import type { CallPolicy } from './calls.ts';

/** A few more than there are places, so that calls keep coming while answers are judged. */
const WORK_PER_CALL = 1.25;

/**
 * How many problems or groups may be at work, each with a call or more of its own. Were all begun at once, what the
 * first ones still ask would queue behind the questions of all others, and nothing would be finished, stored and out of
 * memory before the last question was asked.
 */
export function countAtWork({ calls }: { readonly calls: Pick<CallPolicy, 'stats'> }): number {
  return Math.ceil(WORK_PER_CALL * calls.stats().limit);
}
