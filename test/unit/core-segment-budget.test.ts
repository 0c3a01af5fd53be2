/**
 * Path budgets:
 *  1. goldens for two and four paths
 *  2. the path maximum binds when room is plenty; too little room refuses the fork
 *  3. whatever is granted, paths at their cap, tags, a summary and the answer's reserve fit into the response
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { type BudgetSettings, computePathCap } from '../../src/pipeline/rollout/roll-out-group.ts';

const DEFAULTS: BudgetSettings = {
  paths: 2,
  maxResponseTokens: 3000,
  maxPathTokens: 4096,
  minPathTokens: 32,
  reserveSummaryTokens: 256,
  reserveAnswerTokens: 256,
};

/** Tags of a block and a gap of one token. */
const fixedTokens = (paths: number) => 2 * paths + 4;

test('1: goldens', () => {
  const rows: [paths: number, used: number, cap: number | null][] = [
    [2, 0, 1240],
    [2, 500, 990],
    [2, 2000, 240],
    [2, 2400, 40],
    [2, 2470, null],
    [4, 0, 619],
    [4, 2000, 119],
    [4, 2400, null],
  ];
  for (const [paths, used, cap] of rows) {
    assert.equal(computePathCap({ ...DEFAULTS, paths }, used, fixedTokens(paths)), cap, `${paths} paths, used ${used}`);
  }
});

test('2: both bounds of a path', () => {
  assert.equal(computePathCap({ ...DEFAULTS, maxPathTokens: 100 }, 0, 8), 100);
  const exact = { ...DEFAULTS, maxResponseTokens: 8 + 512 + 64 };
  assert.equal(computePathCap(exact, 0, 8), 32);
  assert.equal(computePathCap(exact, 1, 8), null);
  assert.equal(computePathCap({ ...DEFAULTS, minPathTokens: 0 }, 3000 - 520, 8), null, 'a path of no token is no path');
  const bare = { ...DEFAULTS, reserveSummaryTokens: 0, reserveAnswerTokens: 0, maxResponseTokens: 8 + 64 };
  assert.equal(computePathCap(bare, 0, 8), null, 'a summary is at least one token, whatever its reserve');
  assert.equal(computePathCap({ ...bare, maxResponseTokens: 8 + 64 + 1 }, 0, 8), 32);
});

test('3: what is granted fits', () => {
  const settings: fc.Arbitrary<BudgetSettings> = fc.record({
    paths: fc.integer({ min: 1, max: 6 }),
    maxResponseTokens: fc.integer({ min: 1, max: 4000 }),
    maxPathTokens: fc.integer({ min: 1, max: 4096 }),
    minPathTokens: fc.integer({ min: 0, max: 64 }),
    reserveSummaryTokens: fc.integer({ min: 0, max: 300 }),
    reserveAnswerTokens: fc.integer({ min: 0, max: 300 }),
  });
  fc.assert(
    fc.property(settings, fc.nat(4000), fc.integer({ min: 4, max: 30 }), (budget, used, fixed) => {
      const cap = computePathCap(budget, used, fixed);
      if (cap === null) return;
      assert.ok(cap >= 1 && cap >= budget.minPathTokens && cap <= budget.maxPathTokens);
      const summary = Math.max(1, budget.reserveSummaryTokens);
      assert.ok(used + fixed + budget.paths * cap + summary + budget.reserveAnswerTokens <= budget.maxResponseTokens);
    }),
  );
});
