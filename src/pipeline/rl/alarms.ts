/**
 * Signs of a collapsing run, from the metrics of one step. Thresholds from measured collapses of the
 * embedded recipe (docs/embedded-recipe.md): noise at full step size while hardly any group is informative.
 */
export function raiseAlarms(metrics: Readonly<Record<string, number>>): string[] {
  const alarms: string[] = [];
  const informative = metrics['train/informative_fraction'] ?? 1;
  const correct = metrics['reward/correct_fraction'] ?? 1;
  if (informative < 0.2 && correct < 0.2) {
    alarms.push(
      `only ${(100 * informative).toFixed(0)} % of the groups are informative at ${(100 * correct).toFixed(0)} % correct: little signal, mostly noise`,
    );
  }
  const truncated = metrics['rollout/truncated_fraction'] ?? 0;
  if (truncated > 0.5)
    alarms.push(
      `${(100 * truncated).toFixed(0)} % of the rollouts ran into their token budget: is a stop token missing?`,
    );
  const mismatch = metrics['mismatch/mean'] ?? 0;
  if (mismatch > 0.1) {
    alarms.push(
      `sampler and trainer log-probs differ by ${mismatch.toFixed(3)} on average: the training layout does not match the decode, or the engine serves other weights`,
    );
  }
  return alarms;
}
