import { existsSync } from 'node:fs';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ColdStartStage, ProblemsRef, StageSpec } from '../core/curriculum.ts';
import { describeForecast, forecastColdStart } from '../pipeline/cold-start/forecast.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';

/** What a run would do: one line for where, one per stage. */
export function describeRecipe(config: RunConfig, preset: string | null): string[] {
  const engine =
    config.engine.urls.length === 0 ? 'the embedded engine and trainer of this package' : config.engine.urls.join(', ');
  const trainer = config.trainer.url === null ? '' : `, trainer ${config.trainer.url}`;
  return [
    `run "${config.run.name}"${preset === null ? '' : `, preset ${preset}`}, seed ${config.run.seed}: ${config.engine.model} on ${engine}${trainer}`,
    ...config.stages.map((stage, index) => `  ${index + 1}. ${stage.id}: ${describeStage(stage)}`),
    ...hintAtPreset(config, preset),
  ];
}

/** The model of `embedded serve` knows the problems and templates of its own presets, and nothing else. */
function hintAtPreset({ engine, stages }: RunConfig, preset: string | null): string[] {
  const teachers = stages.flatMap((stage) => (stage.kind === 'cold-start' ? [stage.teacher.model] : []));
  const isEmbedded = engine.model === EMBEDDED_MODEL || teachers.includes(EMBEDDED_MODEL);
  if (preset === 'embedded' || preset === 'embedded-mixed' || engine.urls.length === 0 || !isEmbedded) return [];
  return [
    `${EMBEDDED_MODEL} is the model of "embedded serve", which answers the questions of --preset embedded only, and with --family mixed those of --preset embedded-mixed`,
  ];
}

const EMBEDDED_MODEL = 'embedded-base';

function describeStage(stage: StageSpec): string {
  switch (stage.kind) {
    case 'cold-start':
      return `${describeQuestion(stage)} per problem (${describeProblems(stage.problems)}), keep what is well-formed and right`;
    case 'sft': {
      const epochs = stage.epochs === 1 ? '1 epoch' : `${stage.epochs} epochs`;
      const length = stage.epochs === null ? `up to ${stage.maxSteps} steps` : epochs;
      return `supervised training on the rows of ${stage.data}${stage.stripTags ? ' without their tags' : ''}, ${length} of ${stage.batchSize} rows${stage.until === null ? '' : ', until the targets are met'}`;
    }
    case 'rl':
      return `${stage.steps} GRPO steps of ${stage.batchSize} problems x ${stage.groupSize} rollouts on ${describeProblems(stage.problems)}, reward ${stage.reward.kind}`;
    case 'eval':
      return `evaluate ${stage.sets.map(({ name, samples }) => `${name} (${samples} per problem)`).join(', ')}`;
  }
}

function describeQuestion({ method, teacher, samplesPerProblem: n }: ColdStartStage): string {
  if (method === 'annotate') return `have teacher ${teacher.model} annotate ${n} ${n === 1 ? 'solution' : 'solutions'}`;
  return `ask teacher ${teacher.model} for ${n} ${n === 1 ? 'answer' : 'answers'}`;
}

function describeProblems(refs: readonly ProblemsRef[]): string {
  return refs
    .map((ref) => {
      if (ref.kind === 'word-sums') {
        return typeof ref.level === 'number'
          ? `${ref.count} word sums of ${ref.level} numbers`
          : `${ref.count} ${ref.level} word sums`;
      }
      const name = ref.kind === 'file' ? ref.path : ref.name;
      return ref.limit === null ? name : `the first ${ref.limit} of ${name}`;
    })
    .join(' and ');
}

/**
 * What the cold-start stages of a recipe would cost, judging by earlier runs in the store: one line per stage the store
 * has data for. Reads the problems to count them. Throws `SourceError`, `UsageError`, `StoreError`.
 */
export async function listForecasts(config: RunConfig, db: string): Promise<string[]> {
  if (!existsSync(db)) return [];
  using store = openRunStore(db, { readonly: true });
  const { count } = createProblemResolver(listDatasetFolders(), new AbortController().signal);
  const lines: string[] = [];
  for (const [stageIndex, stage] of config.stages.entries()) {
    if (stage.kind !== 'cold-start') continue;
    const problems = Math.min(stage.limit ?? Number.POSITIVE_INFINITY, await count(stage.problems));
    const forecast = forecastColdStart(store, { runId: null, stageIndex, stage, problems });
    if (forecast !== null) lines.push(`${stage.id}: ${describeForecast(forecast)}`);
  }
  return lines;
}
