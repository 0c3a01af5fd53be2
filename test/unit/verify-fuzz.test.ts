/**
 * Answers with the truth known by construction (test/support/answer-generator), a short run of `npm run fuzz`:
 *  1. no near miss is accepted, whatever its kind
 *  2. at least 99.5 % of the right rewrites are
 *  3. nothing is thrown, and garbage is accepted for no number
 *  4. the same seed and index draw the same case
 *  5. every fault that graders are known for is drawn, both ways
 *  6. an identity of algebra keeps a function as it is, at every point; a slip makes another one of it
 *  7. every kind draws each of its rewrites and misses
 *  8. docs/verification-kinds.md promises every kind, rewrite and near miss, and nothing else
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { createRng, hashSeed } from '../../src/core/rng.ts';
import { ANSWER_KINDS, drawCase } from '../support/answer-generator/draw-case.ts';
import { agree, differ } from '../support/answer-generator/evaluate-expression.ts';
import { type JudgedCases, judgeCases, sumAll } from '../support/answer-generator/judge-cases.ts';
import { drawRule } from '../support/answer-generator/kinds/functions.ts';
import { KNOWN_FAULTS } from '../support/answer-generator/known-faults.ts';
import { CHANGE_NAMES, perturbExpression } from '../support/answer-generator/perturb-expression.ts';
import { rewriteExpression } from '../support/answer-generator/rewrite-expression.ts';

const CASES = 6_000;
const SEED = 5;

/** One run for the first three tests. */
const run: Promise<JudgedCases> = judgeCases(SEED, 0, CASES);

function listWrong(tallies: JudgedCases['misses']): string {
  const wrong = [...tallies].filter(([, tally]) => tally.wrong > 0);
  return wrong.map(([name, tally]) => `${name}: ${tally.wrong} of ${tally.cases}, case ${tally.firstWrong}`).join('\n');
}

test('1: near misses', async () => {
  const { misses } = await run;
  assert.equal(sumAll(misses).cases, CASES);
  assert.equal(sumAll(misses).wrong, 0, listWrong(misses));
});

test('2: right rewrites', async () => {
  const { rewrites } = await run;
  assert.equal(sumAll(rewrites).cases, CASES);
  assert.ok(sumAll(rewrites).wrong <= 0.005 * CASES, listWrong(rewrites));
});

test('3: garbage', async () => {
  const { garbage, thrown } = await run;
  assert.deepEqual(thrown, []);
  assert.equal(garbage.cases, CASES / 10);
  assert.equal(garbage.wrong, 0);
});

test('4: the same seed and index', () => {
  for (const index of [0, 17, 4711]) {
    for (const isRight of [true, false]) assert.deepEqual(drawCase(3, index, isRight), drawCase(3, index, isRight));
    assert.notDeepEqual(drawCase(3, index, true), drawCase(4, index, true));
  }
});

test('5: known faults', () => {
  const open = new Set(KNOWN_FAULTS);
  for (let index = 0; index < 60_000 && open.size > 0; index += 1) {
    for (const isRight of [true, false]) {
      const answerCase = drawCase(1, index, isRight);
      for (const fault of open) if (fault.isRight === isRight && fault.shows(answerCase)) open.delete(fault);
    }
  }
  assert.deepEqual(
    [...open].map(({ name }) => name),
    [],
  );
});

test('6: identities and slips', () => {
  let slips = 0;
  for (let index = 0; index < 3_000; index += 1) {
    const rng = createRng(hashSeed('rule', index));
    const rule = drawRule(rng);
    assert.ok(agree(rule, rewriteExpression(rule, rng)), `rule ${index}`);
    const other = perturbExpression(rule, CHANGE_NAMES[index % CHANGE_NAMES.length]!, rng);
    if (other === null) continue;
    slips += 1;
    assert.ok(differ(rule, other) && !agree(rule, other), `rule ${index}`);
  }
  assert.ok(slips > 1_000, `${slips} slips`);
});

test('7: every entry of every kind', () => {
  for (const kind of ANSWER_KINDS) {
    const rng = createRng(hashSeed(kind.name));
    const drawn = new Set<string>();
    for (let k = 0; k < 4_000; k += 1) {
      const { rewrite, miss } = kind.drawSample(rng);
      drawn.add(`r ${rewrite}`).add(`m ${miss}`);
    }
    const missing = kind.rewrites.filter((name) => !drawn.has(`r ${name}`));
    assert.deepEqual(missing, [], kind.name);
    assert.ok(drawn.size - kind.rewrites.length >= 5, kind.name);
  }
});

test('8: the promise', () => {
  const page = readFileSync(new URL('../../docs/verification-kinds.md', import.meta.url), 'utf8');
  const [table = ''] = page.slice(page.indexOf('| kind | accepted | refused |')).split('\n\n', 1);
  const rows = table.split('\n').slice(2);
  const promised = ANSWER_KINDS.map(
    ({ name, rewrites, misses }) => `| ${name} | ${rewrites.join('; ')} | ${misses.join('; ')} |`,
  );
  assert.deepEqual(rows, promised);
});
