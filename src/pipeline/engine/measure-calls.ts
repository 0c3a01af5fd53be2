import type { CallStats } from './calls.ts';
import { RETRY_CAUSES } from './retry-causes.ts';

/** Repeated calls, in all and per cause that occurred. */
export function measureRetries(retries: CallStats['retries']): Record<string, number> {
  const repeated = RETRY_CAUSES.map((cause) => [cause, retries[cause]] as const);
  return {
    'engine/retries': repeated.reduce((sum, [, count]) => sum + count, 0),
    ...Object.fromEntries(
      repeated.filter(([, count]) => count > 0).map(([cause, count]) => [`engine/retries_${cause}`, count]),
    ),
  };
}

/** Step metrics of the engine calls between two looks at the policy; a cause that did not occur is left out. */
export function measureCalls(before: CallStats, after: CallStats): Record<string, number> {
  const between = RETRY_CAUSES.map((cause) => [cause, after.retries[cause] - before.retries[cause]]);
  return {
    ...measureRetries(Object.fromEntries(between)),
    'engine/limit': after.limit,
    'engine/limit_cuts': after.cuts - before.cuts,
  };
}
