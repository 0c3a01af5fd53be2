/**
 * Figures of evaluation stages, collected when a report is made:
 *  1. a row that is appended to one set after the run changes no figure of any set
 *  2. rollouts older than the record of their set are told apart by the sets' sizes, as long as these still fit
 *  3. where they no longer fit, or a set can no longer be read, there are no figures and a sentence says why
 *  4. a stage whose rollouts are partly old, because it was resumed, is measured whole
 */
import assert from 'node:assert/strict';
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../../src/config/presets.ts';
import type { RunRecord } from '../../src/ports/run-store/runs.ts';
import { countProblems } from '../../src/problem-sets/resolve-problems.ts';
import { collectEvaluations } from '../../src/report/collect-evaluations.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('evaluations');

/** Sets A (2 problems, all solved) and B (3 problems, none solved), and a run that evaluated both. */
function openEvaluatedRun(t: TestContext, setOf: (name: 'A' | 'B', group: number) => string | null) {
  const files = { A: join(folder, `${t.name}-a.jsonl`), B: join(folder, `${t.name}-b.jsonl`) };
  const writeRows = (file: string, rows: number) =>
    writeFileSync(
      file,
      Array.from({ length: rows }, (_, i) => `{"problem": "${i} + 1?", "answer": "${i + 1}"}\n`).join(''),
    );
  writeRows(files.A, 2);
  writeRows(files.B, 3);
  const sets = (['A', 'B'] as const).map((name) => ({
    name,
    samples: 1,
    problems: [{ kind: 'file', path: files[name], limit: null }],
  }));
  const config = { ...PRESETS.embedded, stages: [{ id: 'held-out', kind: 'eval', sets }] };
  const run: RunRecord = sample.sampleRun({ configJson: JSON.stringify(config) });
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  store.createRun(run, [sample.sampleStage({ id: 'held-out', kind: 'eval' })]);
  const solved = sample.sampleRollout().verdict!;
  store.saveRollouts(
    run.id,
    (['A', 'A', 'B', 'B', 'B'] as const).map((name, group) =>
      sample.sampleRollout({
        ...{ purpose: 'eval', step: 0, group, set: setOf(name, group) },
        verdict: { ...solved, verdict: name === 'A' ? 'correct' : 'incorrect' },
      }),
    ),
  );
  const collect = async () => {
    const { figures, gaps } = await collectEvaluations(store, run, countProblems);
    return { means: figures.map(({ set, problems, mean }) => [set, problems, mean?.mean]), gaps };
  };
  return { files, collect };
}

const WHOLE = {
  means: [
    ['A', 2, 1],
    ['B', 3, 0],
  ],
  gaps: [],
};

test('1: a row appended', async (t) => {
  const { files, collect } = openEvaluatedRun(t, (name) => name);
  assert.deepEqual(await collect(), WHOLE);
  appendFileSync(files.A, '{"problem": "9 + 1?", "answer": "10"}\n');
  assert.deepEqual(await collect(), WHOLE);
  rmSync(files.B);
  assert.deepEqual(await collect(), WHOLE);
});

test('2+3: old rollouts', async (t) => {
  const { files, collect } = openEvaluatedRun(t, () => null);
  assert.deepEqual(await collect(), WHOLE);
  appendFileSync(files.A, '{"problem": "9 + 1?", "answer": "10"}\n');
  const grown = await collect();
  assert.deepEqual(grown.means, []);
  assert.match(
    grown.gaps.join('\n'),
    /^evaluation held-out has no figures: .* now have 6 problems where 5 were evaluated$/,
  );
  rmSync(files.B);
  const gone = await collect();
  assert.deepEqual(gone.means, []);
  assert.match(gone.gaps.join('\n'), /^evaluation held-out .* can no longer all be read$/);
});

test('4: partly old', async (t) => {
  const { collect } = openEvaluatedRun(t, (name, group) => (group < 3 ? null : name));
  assert.deepEqual(await collect(), WHOLE);
});
