import { type CurriculumPlan, readPathRange } from '../../core/curriculum.ts';

/**
 * Pairs of training layout and decode that were measured not to fit (embedded recipe: after SFT on
 * the joined text a forked decode falls from .99 to .04).
 */
export function warnOfMismatch(plan: CurriculumPlan): string[] {
  const { rollout, layout } = plan;
  if (rollout.mode === 'sequential') return [];
  const warnings: string[] = [];
  if (layout === 'causal') {
    warnings.push(
      'training.layout causal scores path 2 with path 1 visible, the forked decode samples it without: a model trained from little may lose what it learnt; exact scores every token in its sampling context',
    );
  }
  if (layout === 'multiverse') {
    warnings.push(
      'training.layout multiverse masks sibling paths and shares positions, a stock engine samples the summary with plain attention: watch mismatch/mean, or use exact',
    );
  }
  const { max } = readPathRange(rollout.paths);
  if (rollout.pathLabels !== null && rollout.pathLabels.length < max) {
    warnings.push(
      `rollout.pathLabels names ${rollout.pathLabels.length} of ${max} paths: paths without a label start from identical states`,
    );
  }
  return [...warnings, ...warnOfJoin(plan)];
}

/** What an early join does to the format, and to what training sees. */
function warnOfJoin({ rollout, stages }: CurriculumPlan): string[] {
  const { join = { kind: 'all' } } = rollout;
  if (join.kind === 'all') return [];
  const warnings: string[] = [];
  if (join.kind === 'first') {
    warnings.push(
      'rollout.join first leaves blocks of one path, which the format check calls too_few_paths: rewards that look at the format refuse them',
    );
  }
  if (stages.some(({ kind }) => kind === 'rl')) {
    warnings.push(
      `rollout.join ${join.kind} trains on the paths that end first: watch for paths that grow shorter from step to step`,
    );
  }
  return warnings;
}
