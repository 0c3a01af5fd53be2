/**
 * Stored answers judged anew:
 *  1. nothing differs: nothing is reported, nothing is written
 *  2. a rollout whose verdict differs is reported with both verdicts and rewards; it is written only with `apply`
 *  3. the reward follows the formula of its stage and step; evaluations are rewarded by accuracy
 *  4. a truncated or failed rollout is what it was
 *  5. an accepted attempt that is wrong now is rejected; one that is right now is accepted if it is certainly short
 *  6. one that is right now and may be too long is marked only
 *  7. attempts stopped by an earlier filter are not judged; old rows without a verdict get one
 *  8. applied twice, the second time changes nothing
 * 9: figures of rewards and evaluations follow the new verdicts once they are written, an interrupted call included; what was
 *    trained, and figures that the run never stored, stay
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import type { Trajectory } from '../../src/core/trajectory.ts';
import type { Verdict } from '../../src/core/verify/verdict.ts';
import { verify } from '../../src/core/verify/verify.ts';
import { reverify } from '../../src/pipeline/reverify/reverify-rollouts.ts';
import type { ReverifyContext, VerdictChange } from '../../src/pipeline/reverify/verdict-change.ts';
import type { AttemptRecord } from '../../src/ports/run-store/attempts.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { createDirectVerifier } from '../support/direct-verifier.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, TOY_PROBLEMS, TOY_RUN, toyPlan, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { sampleRollout, sampleTrajectory } from '../support/run-store-samples.ts';

/** Stages of the toy plan. */
const TEACH = 0;
const RL = 2;
const PROBLEM = TOY_PROBLEMS[0]!;
const OPTIONS = { mode: 'math', structured: true } as const;

function write(text: string, end: Trajectory['end'] = 'eos'): Trajectory {
  const ids = [...text].map((_, k) => k);
  const piece = { ids, text, logprobs: ids.map(() => -1), origin: 'policy' as const };
  return {
    ...sampleTrajectory(1),
    segments: [{ ...sampleTrajectory(1).segments[0]!, pieces: [piece], stop: 'eos' }],
    end,
  };
}

/** A rollout as an older verifier left it. */
function rollout(text: string, over: Partial<RolloutRecord> & { readonly old: Verdict['verdict'] }): RolloutRecord {
  const { old, ...rest } = over;
  const verdict: Verdict = {
    verdict: old,
    rule: 'old-rule',
    reason: old === 'unparsable' ? 'syntax' : null,
    extracted: null,
    verifier: 'math/0',
  };
  const isCorrect = old === 'correct';
  const reward = {
    value: isCorrect ? 1 : -1,
    mode: 'accuracy' as const,
    correct: isCorrect,
    blocksInText: 1,
    blocksExecuted: 1,
    blocksEffective: 1,
    formatValid: true,
  };
  return sampleRollout({ stageIndex: RL, problem: PROBLEM, trajectory: write(text), verdict, reward, ...rest });
}

function attempt(over: Partial<AttemptRecord>): AttemptRecord {
  return {
    ...{
      problem: PROBLEM,
      sample: 0,
      status: 'accepted',
      code: null,
      seed: 1,
      raw: writeToyTarget('3'),
      reasoning: null,
    },
    ...{
      target: writeToyTarget('3'),
      verdict: null,
      extracted: '3',
      promptTokens: 1,
      completionTokens: 1,
      promptHash: 'h',
    },
    ...over,
  } as AttemptRecord;
}

async function judge(run: TempRun, apply: boolean, over: Partial<ReverifyContext> = {}) {
  const context: ReverifyContext = {
    ...{ runId: TOY_RUN, plan: run.ctx.plan, store: run.store, verifier: createDirectVerifier() },
    ...{ signal: new AbortController().signal, studentTemplate: '{Problem}' },
    ...over,
  };
  let judged = 0;
  const changes: VerdictChange[] = [];
  for await (const batch of reverify(context, apply)) {
    judged += batch.judged;
    changes.push(...batch.changes);
  }
  return { judged, changes };
}

const load = (run: TempRun, step = 1) => run.store.loadRollouts(TOY_RUN, RL, 'train', step);

function openRun(t: TestContext, rollouts: readonly RolloutRecord[], attempts: readonly AttemptRecord[] = []): TempRun {
  const run = openTempRun(t);
  run.store.saveRollouts(TOY_RUN, rollouts);
  run.store.saveAttempts(TOY_RUN, TEACH, attempts);
  return run;
}

test('1: nothing differs', async (t) => {
  const text = 'Final Answer: 3';
  const run = openRun(t, [
    sampleRollout({ stageIndex: RL, problem: PROBLEM, trajectory: write(text), verdict: verify('3', text, OPTIONS) }),
  ]);
  const before = load(run);
  assert.deepEqual(await judge(run, true), { judged: 1, changes: [] });
  assert.deepEqual(load(run), before);
});

test('2: a verdict that differs', async (t) => {
  const run = openRun(t, [
    rollout('Final Answer: 3', { old: 'incorrect' }),
    rollout('Final Answer: 4', { old: 'incorrect', sample: 1 }),
  ]);
  const before = load(run);
  const { judged, changes } = await judge(run, false);
  assert.equal(judged, 2);
  const [right, wrong] = changes;
  assert.deepEqual(
    [right!.before?.verdict, right!.before?.verifier, right!.after.verdict],
    ['incorrect', 'math/0', 'correct'],
  );
  assert.deepEqual(right!.reward, { before: -1, after: 1 });
  assert.equal(right!.place.kind, 'rollout');
  // The same verdict by another rule and version differs too.
  assert.deepEqual([wrong!.before?.rule, wrong!.after.verdict], ['old-rule', 'incorrect']);
  assert.deepEqual(load(run), before);
  await judge(run, true);
  const after = load(run);
  assert.deepEqual([after[0]!.verdict, after[0]!.reward?.value, after[0]!.reward?.correct], [right!.after, 1, true]);
  assert.deepEqual(after[0]!.trajectory, before[0]!.trajectory);
});

test('3: rewards', async (t) => {
  // The toy stage alternates: step 1 accuracy, step 2 tiered with a bonus of 1.2.
  const tiered = rollout('Final Answer: 3', { old: 'incorrect', step: 2 });
  const judgedByEval = rollout('Final Answer: 3', { old: 'incorrect', step: 2, purpose: 'eval' });
  const run = openRun(t, [tiered, judgedByEval]);
  const { changes } = await judge(run, true);
  assert.deepEqual(
    changes.map(({ place, reward }) => [place.kind === 'rollout' && place.purpose, reward?.after]),
    [
      ['eval', 1],
      ['train', 1.2],
    ],
  );
});

test('4: truncated and failed', async (t) => {
  const verdict: Verdict = {
    verdict: 'unparsable',
    rule: 'truncated',
    reason: 'truncated',
    extracted: null,
    verifier: verify('1', '1', OPTIONS).verifier,
  };
  const cut = sampleRollout({
    stageIndex: RL,
    problem: PROBLEM,
    trajectory: write('Final Answer: 3', 'length'),
    verdict,
  });
  const failed = sampleRollout({
    stageIndex: RL,
    problem: PROBLEM,
    sample: 1,
    trajectory: null,
    failure: 'gone',
    verdict: null,
    reward: null,
  });
  const run = openRun(t, [cut, failed]);
  assert.deepEqual(await judge(run, true), { judged: 1, changes: [] });
});

test('5: attempts', async (t) => {
  const wrong = attempt({ raw: writeToyTarget('9'), target: writeToyTarget('3') });
  const right = attempt({ sample: 1, status: 'rejected', code: 'wrong_answer', target: null });
  const run = openRun(t, [], [wrong, right]);
  const plan = toyPlan({ stages: [{ ...COLD_START, maxTargetTokens: 5_000 }] });
  const { judged, changes } = await judge(run, true, { plan });
  assert.equal(judged, 2);
  assert.deepEqual(
    changes.map(({ outcome }) => outcome),
    [
      { before: 'accepted', after: 'wrong_answer' },
      { before: 'wrong_answer', after: 'accepted' },
    ],
  );
  const stored = [...run.store.listAttempts(TOY_RUN, TEACH)];
  assert.deepEqual(
    stored.map(({ status, code, target }) => [status, code, target]),
    [
      ['rejected', 'wrong_answer', null],
      ['accepted', null, writeToyTarget('3')],
    ],
  );
});

test('6: perhaps too long', async (t) => {
  const run = openRun(t, [], [attempt({ status: 'rejected', code: 'wrong_answer', target: null })]);
  const { changes } = await judge(run, true);
  assert.deepEqual(changes[0]!.outcome, { before: 'wrong_answer', after: 'now_correct' });
  const [stored] = run.store.listAttempts(TOY_RUN, TEACH);
  assert.deepEqual([stored!.status, stored!.code, stored!.verdict?.verdict], ['rejected', 'now_correct', 'correct']);
});

test('7: earlier filters, old rows', async (t) => {
  const stopped = attempt({ status: 'rejected', code: 'missing_summary', target: null, extracted: null });
  const old = attempt({ sample: 1 });
  const run = openRun(t, [], [stopped, old]);
  const { judged, changes } = await judge(run, true);
  assert.equal(judged, 1);
  assert.deepEqual([changes[0]!.before, changes[0]!.after.verdict], [null, 'correct']);
  assert.deepEqual(changes[0]!.outcome, { before: 'accepted', after: 'accepted' });
});

test('8: twice', async (t) => {
  const run = openRun(t, [rollout('Final Answer: 3', { old: 'incorrect' })], [attempt({})]);
  assert.equal((await judge(run, true)).changes.length, 2);
  assert.equal((await judge(run, true)).changes.length, 0);
});

test('9: figures follow', async (t) => {
  const held = (sample: number, old: Verdict['verdict'], text: string): RolloutRecord => ({
    ...rollout(text, { old, sample }),
    ...{ purpose: 'eval', set: 'held', group: sample },
  });
  const run = openRun(t, [
    rollout('Final Answer: 3', { old: 'incorrect' }),
    rollout('Final Answer: 4', { old: 'incorrect', sample: 1 }),
    held(0, 'incorrect', 'Final Answer: 3'),
    held(1, 'incorrect', 'Final Answer: 4'),
  ]);
  const point = (key: string, value: number) => ({ stageIndex: RL, step: 1, key, value });
  run.store.saveMetrics(TOY_RUN, [
    point('reward/correct_fraction', 0),
    point('reward/mean', -1),
    point('train/informative_fraction', 0),
    point('eval/held/mean_accuracy', 0),
    point('eval/held/standard_error', 0),
  ]);
  const figures = () => Object.fromEntries(run.store.listMetrics(TOY_RUN).map(({ key, value }) => [key, value]));
  const before = figures();
  await judge(run, false);
  assert.deepEqual(figures(), before, 'nothing is written unasked');
  const context: ReverifyContext = {
    ...{ runId: TOY_RUN, plan: run.ctx.plan, store: run.store, verifier: createDirectVerifier() },
    ...{ signal: new AbortController().signal, studentTemplate: '{Problem}' },
  };
  // A call that ends after its verdicts were written, and before the figures.
  for await (const { changes } of reverify(context, true)) if (changes.length > 0) break;
  await judge(run, true);
  assert.deepEqual(figures(), {
    'reward/correct_fraction': 0.5,
    'reward/mean': 0,
    'train/informative_fraction': 0,
    'eval/held/mean_accuracy': 0.5,
    'eval/held/standard_error': 0.5,
  });
});
