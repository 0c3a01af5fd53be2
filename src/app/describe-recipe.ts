import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef, StageSpec } from '../core/curriculum.ts';

/** What a run would do: one line for where, one per stage. */
export function describeRecipe(config: RunConfig, preset: string | null): string[] {
  const engine =
    config.engine.urls.length === 0 ? 'the embedded engine and trainer of this package' : config.engine.urls.join(', ');
  const trainer = config.trainer.url === null ? '' : `, trainer ${config.trainer.url}`;
  return [
    `run "${config.run.name}"${preset === null ? '' : `, preset ${preset}`}, seed ${config.run.seed}: ${config.engine.model} on ${engine}${trainer}`,
    ...config.stages.map((stage, index) => `  ${index + 1}. ${stage.id}: ${describeStage(stage)}`),
  ];
}

function describeStage(stage: StageSpec): string {
  switch (stage.kind) {
    case 'cold-start':
      return `${stage.method === 'annotate' ? 'have solutions annotated by' : 'ask'} teacher ${stage.teacher.model} ${stage.samplesPerProblem} x for ${describeProblems(stage.problems)}, keep what is well-formed and right`;
    case 'sft': {
      const length = stage.epochs === null ? `up to ${stage.maxSteps} steps` : `${stage.epochs} epochs`;
      return `supervised training on the rows of ${stage.data}, ${length} of ${stage.batchSize} rows${stage.until === null ? '' : ', until the targets are met'}`;
    }
    case 'rl':
      return `${stage.steps} GRPO steps of ${stage.batchSize} problems x ${stage.groupSize} attempts on ${describeProblems(stage.problems)}, reward ${stage.reward.kind}`;
    case 'eval':
      return `evaluate ${stage.sets.map(({ name, samples }) => `${name} (${samples} per problem)`).join(', ')}`;
  }
}

function describeProblems(refs: readonly ProblemsRef[]): string {
  return refs
    .map((ref) => {
      if (ref.kind === 'word-sums') return `${ref.count} ${ref.level} word sums`;
      const name = ref.kind === 'file' ? ref.path : ref.name;
      return ref.limit === null ? name : `the first ${ref.limit} of ${name}`;
    })
    .join(' and ');
}
