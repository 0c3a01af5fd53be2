/**
 * The report in terminals of 40 to 200 columns:
 *  1. no line of figures, stages, a thought or an explained rollout is wider than the terminal, so that none is broken by it
 *  2. at every width the first and the last held-out figure of each set are there
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderRollout } from '../../src/cli/render/render-rollout.ts';
import { renderRunReport } from '../../src/cli/render/render-run-report.ts';
import { renderShortThought } from '../../src/cli/render/render-thought-pair.ts';
import { measureColumns } from '../../src/cli/render/wrap-text.ts';
import { describeRollout } from '../../src/report/describe-rollout.ts';
import { collectReportData } from '../../src/report/report-data.ts';
import { writePageRun } from '../support/page-run.ts';
import * as sample from '../support/run-store-samples.ts';

test('1+2: every width', async (t) => {
  const { store, runId } = writePageRun(t, { problem: 'How many are there in all, counted twice?', text: 'split it' });
  store.saveRollouts(runId, [sample.sampleRollout({ stageIndex: 3, purpose: 'eval', step: 0, set: 'hard' })]);
  for (const set of ['hard', 'a-set-with-a-long-name'])
    store.saveMetrics(
      runId,
      [2, 3].flatMap((stageIndex) =>
        [0, 2].flatMap((step) => [
          { stageIndex, step, key: `eval/${set}/mean_accuracy`, value: (stageIndex * 10 + step) / 40 },
          { stageIndex, step, key: `eval/${set}/standard_error`, value: 0.02 },
          { stageIndex, step, key: `eval/${set}/valid_block_fraction`, value: 1 },
        ]),
      ),
    );
  const report = await collectReportData(store, store.getRun(runId)!);
  const detail = describeRollout(store, 1, null)!;
  for (let columns = 40; columns <= 200; columns += 1) {
    const figures = renderRunReport(report, columns);
    const lines = [
      ...figures.split('\n'),
      ...renderShortThought(report, detail, detail, columns),
      ...renderRollout(detail, columns, false),
    ];
    for (const line of lines) assert.ok(measureColumns(line) <= columns, `${columns}: ${line}`);
    assert.match(figures, /50 % .*80 %/s);
    assert.match(figures, /a-set-with-a-long-name/);
  }
});
