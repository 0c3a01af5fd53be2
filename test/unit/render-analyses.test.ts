/**
 * The analyses of a run in a terminal:
 *  1. no line is wider than the screen, from 60 columns on, however long the series; curves have their first and last value
 *  2. one value stands alone, without an arrow or a curve; what is no number is a dash
 *  3. nothing stored is said in one line, and so are steps that lack figures
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { renderAnalyses } from '../../src/cli/render/render-analyses.ts';
import { measureColumns } from '../../src/cli/render/wrap-text.ts';
import type { AnalysisSeries } from '../../src/report/run-analyses.ts';

function series(over: Partial<AnalysisSeries> & { readonly values: readonly number[] }): AnalysisSeries {
  const { values, ...rest } = over;
  const points = values.map((value, step) => ({ stageIndex: 0, step, value }));
  return { key: 'k', label: 'first block begins at', unit: 'share', points, ...rest };
}

const rising = (count: number, scale = 1) => Array.from({ length: count }, (_, i) => (scale * (i + 1)) / count);

test('1: width', () => {
  const training = [
    series({ values: rising(200) }),
    series({ values: rising(200, 123_456), unit: 'tokens', label: 'on the longest chain' }),
    series({ values: rising(200, 1e-7), unit: 'nats', label: 'mismatch, mean' }),
  ];
  for (const columns of [60, 80, 200]) {
    const lines = renderAnalyses({ training, sets: [{ set: 'held', figures: training }], lackingSteps: 7 }, columns);
    for (const line of lines) assert.ok(measureColumns(line) <= columns, `${columns}: ${line}`);
  }
  const lines = renderAnalyses({ training, sets: [], lackingSteps: 0 }, 80);
  assert.match(lines[1]!, /^ {2}first block begins at {2}▁.*█ +0\.5 % {2}-> 100 %$/);
});

test('2: single values', () => {
  const one = [series({ values: [0.25] }), series({ values: [Number.NaN, 2], unit: 'ratio' })];
  const lines = renderAnalyses({ training: one, sets: [], lackingSteps: 0 }, 80);
  assert.match(lines[1]!, /25 % *$/);
  assert.match(lines[2]!, /- {2}-> 2\.00$/);
});

test('3: nothing', () => {
  assert.deepEqual(renderAnalyses({ training: [], sets: [], lackingSteps: 0 }, 80), [
    'no RL step and no evaluation has been stored yet',
  ]);
  const lacking = renderAnalyses({ training: [series({ values: [1] })], sets: [], lackingSteps: 3 }, 80);
  assert.match(lacking.join(' '), /3 steps and evaluations .* parallel-r1 analyse adds them/);
});
