import { existsSync } from 'node:fs';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { RunConfig } from '../config/schema.ts';
import { describeForecast, forecastColdStart } from '../pipeline/cold-start/forecast.ts';
import { createProblemResolver } from '../problem-sets/resolve-problems.ts';
import { listDatasetFolders } from '../problem-sets/set-folders.ts';

/**
 * What the cold-start stages of a recipe would take, by the runs of the store: one line per stage that the store knows
 * anything about. Reads the problems, to count them. Throws `SourceError`, `UsageError`, `StoreError`.
 */
export async function listForecasts(config: RunConfig, db: string): Promise<string[]> {
  if (!existsSync(db)) return [];
  using store = openRunStore(db, { readonly: true });
  const { read } = createProblemResolver(listDatasetFolders(), new AbortController().signal);
  const lines: string[] = [];
  for (const [stageIndex, stage] of config.stages.entries()) {
    if (stage.kind !== 'cold-start') continue;
    const limit = stage.limit ?? Number.POSITIVE_INFINITY;
    let problems = 0;
    for await (const _problem of read(stage.problems)) {
      problems += 1;
      if (problems >= limit) break;
    }
    const forecast = forecastColdStart(store, { runId: null, stageIndex, stage, problems });
    if (forecast !== null) lines.push(`${stage.id}: ${describeForecast(forecast)}`);
  }
  return lines;
}
