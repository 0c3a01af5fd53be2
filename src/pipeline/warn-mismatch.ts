import type { CurriculumPlan } from '../core/curriculum.ts';

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
  if (rollout.pathLabels !== null && rollout.pathLabels.length < rollout.paths) {
    warnings.push(
      `rollout.pathLabels names ${rollout.pathLabels.length} of ${rollout.paths} paths: paths without a label start from identical states`,
    );
  }
  return warnings;
}
