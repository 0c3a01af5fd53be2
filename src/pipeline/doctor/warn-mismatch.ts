import { type CurriculumPlan, readPathRange } from '../../core/curriculum.ts';

/** Settings of a recipe that fit badly together. */
export interface Mismatch {
  readonly kind: 'layout_mismatch' | 'labels_missing' | 'join_mismatch';
  readonly detail: string;
}

/** The mismatches of a recipe as warnings. */
export function warnOfMismatch(plan: CurriculumPlan): string[] {
  return findMismatches(plan).map(({ detail }) => detail);
}

/**
 * Pairs of training layout and decode that were measured not to fit (embedded recipe: after SFT on
 * the joined text a forked decode falls from .99 to .04), labels that do not suffice, and what an early join does.
 */
export function findMismatches(plan: CurriculumPlan): Mismatch[] {
  const { rollout, layout } = plan;
  if (rollout.mode === 'sequential') return [];
  const found: Mismatch[] = [];
  if (layout === 'causal') {
    found.push({
      kind: 'layout_mismatch',
      detail:
        'training.layout causal scores path 2 with path 1 visible, the forked decode samples it without: a model trained from little may lose what it learnt; exact scores every token in its sampling context',
    });
  }
  if (layout === 'multiverse') {
    found.push({
      kind: 'layout_mismatch',
      detail:
        'training.layout multiverse masks sibling paths and shares positions, a stock engine samples the summary with plain attention: watch mismatch/mean, or use exact',
    });
  }
  const { max } = readPathRange(rollout.paths);
  if (rollout.pathLabels !== null && rollout.pathLabels.length < max) {
    found.push({
      kind: 'labels_missing',
      detail: `rollout.pathLabels names ${rollout.pathLabels.length} of ${max} paths: paths without a label start from identical states`,
    });
  }
  return [...found, ...findJoinMismatches(plan)];
}

/** What an early join does to the format, and to what training sees. */
function findJoinMismatches({ rollout, stages }: CurriculumPlan): Mismatch[] {
  const kind = 'join_mismatch';
  const { join = { kind: 'all' } } = rollout;
  if (join.kind === 'all') return [];
  const found: Mismatch[] = [];
  if (join.kind === 'first') {
    const detail =
      'rollout.join first leaves blocks of one path, which the format check calls too_few_paths: rewards that look at the format refuse them';
    found.push({ kind, detail });
  }
  if (stages.some((stage) => stage.kind === 'rl')) {
    const detail = `rollout.join ${join.kind} trains on the paths that end first: watch for paths that grow shorter from step to step`;
    found.push({ kind, detail });
  }
  return found;
}
