import { loadPageBundle } from '../../adapters/page-bundle/load-page-bundle.ts';
import { renderPageFile } from '../../adapters/page-bundle/render-page-file.ts';
import { WholeFile } from '../edge/whole-file.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { countProblems } from '../problem-sets/resolve-problems.ts';
import { collectFileReport } from '../report/file-report.ts';
import { readLiveStatus } from './live-status.ts';
import { findVocabulary } from './page-answers.ts';
import { reproduceStore } from './reproduce-store.ts';
import { systemClock } from './system-clock.ts';

/** What was written. */
export interface WrittenReport {
  readonly file: string;
  readonly bytes: number;
  /** Rollouts whose text is in the file, and all of the run. */
  readonly samples: number;
  readonly rollouts: number;
}

/** Writes the report of a run as one HTML file. Throws `UsageError` for a place that cannot be written. */
export async function writeReport(store: RunStore, run: RunRecord, file: string): Promise<WrittenReport> {
  const bundle = await loadPageBundle();
  const [live] = readLiveStatus(store, [run]);
  const data = await collectFileReport(store, live!, {
    madeAtMs: systemClock.now(),
    textOfToken: findVocabulary(run),
    countProblems,
    reproduction: reproduceStore(store),
  });
  using whole = new WholeFile(file);
  whole.write(renderPageFile(`${run.name} ${run.id}`, data, bundle));
  const { bytes } = whole.finish();
  return { file, bytes, samples: data.samples.length, rollouts: data.totals.rollouts };
}
