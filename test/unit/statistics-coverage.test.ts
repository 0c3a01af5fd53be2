/**
 * The short form of bench/coverage.ts, with fixed seeds: over simulated evaluations whose truth is known,
 *  1. the default interval of mean@k holds the truth in at least 95 of 100, less two standard errors of so few evaluations,
 *     for 1 and 16 samples, 30 and 500 problems
 *  2. `t` and `bootstrap` hold it in 93 to 97 of 100 for 500 problems
 *  3. the interval of a paired difference holds the true difference in 92 to 98 of 100
 *  4. the test finds a difference where there is none in at most 6 of 100, and finds the one that was planned for
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { measureDifferenceSpread, planComparison } from '../../src/core/statistics/power.ts';
import {
  CoverageCount,
  computeImprovedMean,
  computeTrueMean,
  DIFFICULTIES,
  drawComparisons,
  drawPairs,
  measureMeanCoverage,
} from '../support/simulated-evaluations.ts';

const hard = DIFFICULTIES[1]!;

const EVALUATIONS = 300;
const BLUR = 2 * Math.sqrt((0.95 * 0.05) / EVALUATIONS);

test('1 and 2: mean@k', () => {
  for (const samples of [1, 16]) {
    for (const problems of [30, 500]) {
      const shape = { difficulty: hard, problems, samples };
      const counts = measureMeanCoverage(shape, { evaluations: EVALUATIONS, rng: createRng(6), draws: 300 });
      const shown = `k ${samples}, ${problems} problems`;
      assert.ok(counts.bounded.coverage >= 0.95 - BLUR, `${shown}: ${counts.bounded.coverage}`);
      if (problems < 500) continue;
      for (const method of ['t', 'bootstrap'] as const) {
        const { coverage } = counts[method];
        assert.ok(coverage >= 0.93 && coverage <= 0.97, `${shown}, ${method}: ${coverage}`);
      }
    }
  }
});

test('3 and 4: paired differences', () => {
  const settings = { evaluations: EVALUATIONS, draws: 300 };
  for (const samples of [1, 16]) {
    for (const exponent of [1, 0.75]) {
      const shape = { difficulty: hard, problems: 100, samples };
      const truth = computeImprovedMean(hard, exponent) - computeTrueMean(hard);
      const count = new CoverageCount();
      let found = 0;
      for (const { difference, pValue } of drawComparisons(shape, exponent, 't', { ...settings, rng: createRng(8) })) {
        count.add(difference, truth);
        if (pValue <= 0.05) found += 1;
      }
      assert.ok(count.coverage >= 0.92 && count.coverage <= 0.98, `k ${samples}, ${exponent}: ${count.coverage}`);
      if (exponent === 1) assert.ok(found / EVALUATIONS <= 0.06, `k ${samples}: ${found} false alarms`);
    }
  }
});

test('4: planned power', () => {
  const pilot = drawPairs({ difficulty: hard, problems: 4000, samples: 16 }, 0.75, createRng(5));
  const toCounts = (which: 0 | 1) => pilot.map((pair, i) => ({ problem: `${i}`, n: 16, c: pair[which] * 16 }));
  const spread = measureDifferenceSpread(toCounts(0), toCounts(1))!;
  const difference = computeImprovedMean(hard, 0.75) - computeTrueMean(hard);
  const { problemsNeeded } = planComparison({ spread, problems: 30, difference, power: 0.8, level: 0.95 })!;
  const shape = { difficulty: hard, problems: problemsNeeded, samples: 16 };
  const settings = { evaluations: 600, rng: createRng(9), draws: 300 };
  const found = [...drawComparisons(shape, 0.75, 't', settings)].filter(({ pValue }) => pValue <= 0.05).length / 600;
  assert.ok(found > 0.74 && found < 0.86, `${problemsNeeded} problems find it in ${found}`);
});
