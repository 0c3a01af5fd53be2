/**
 * One step's rollouts:
 *  1. each group is stored when it ends, with verdict, format, reward and version
 *  2. a failed rollout is data: stored with its failure, without verdict and reward; the others count
 *  3. when every rollout failed the run stops and says why
 *  4. an overlong prompt fails its group without a call
 *  5. what the store holds is not sampled again; a group that is short is sampled whole and keeps what it had
 *  6. nothing missing: no weights are served
 *  7. an engine outage stops the step; groups that had ended are stored
 *  8. a trajectory cut by its budget is unparsable, whatever its text says
 *  9. a promoted lint makes the format invalid, with its own code
 * 10. the answers of a group are judged by the verifier in one call; one that had to be killed is unparsable and earns -1
 * 11. a group is begun when an earlier one has ended: no more are under way than calls may be, and a few
 * 12. groups stored for other problems than those asked for, or for a changed answer, end the step in one line
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { Problem } from '../../src/core/problem.ts';
import { EngineError, RunError } from '../../src/errors.ts';
import type { RunContext } from '../../src/pipeline/context.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { rollOutStep } from '../../src/pipeline/rollout/roll-out-step.ts';
import type { Completion, Engine } from '../../src/ports/engine.ts';
import type { Judgement, Verifier } from '../../src/ports/verifier.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { RL, TOY_PROBLEMS, TOY_RUN, toyPlan, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { decodeToy, EOS_TEXT, encodeToy, pieceId } from '../support/pipeline-toy-tokens.ts';

const PROBLEMS: readonly Problem[] = TOY_PROBLEMS.slice(0, 2);

async function rollOut(ctx: RunContext, problems = PROBLEMS, size = 2, weightsStep: number | null = 0) {
  let served = 0;
  const weights = {
    serve: async () => {
      served += 1;
      return TOY_MODEL;
    },
    lineageOf: () => TOY_MODEL,
  };
  const { rollouts, handOverMs } = await rollOutStep(
    { ctx, stage: RL, index: 2, binding: await bindTokenizer(ctx), weights },
    {
      purpose: 'train',
      step: 1,
      groups: problems.map((problem) => ({ problem, size })),
      reward: { kind: 'accuracy' },
      temperature: 1,
      topP: 1,
      weightsStep,
    },
  );
  return { rollouts, served, handOverMs };
}

/** An engine that answers every main call with a text, for what a rollout makes of it. */
function answering(run: TempRun, write: (question: string) => string): Engine {
  const complete: Engine['complete'] = async ({ prompt, n, maxTokens, stopTokenIds }) => {
    const ids = encodeToy(write(decodeToy(prompt)));
    const stop = ids.findIndex((id) => stopTokenIds.includes(id) || id === pieceId(EOS_TEXT));
    const kept = ids.slice(0, Math.min(maxTokens, stop < 0 ? ids.length : stop + 1));
    const finish: Completion['finish'] = stop >= 0 && stop < maxTokens ? 'stop' : 'length';
    const completion = { ids: kept, text: decodeToy(kept), logprobs: kept.map(() => -1), finish, cachedTokens: null };
    return Array.from({ length: n }, () => completion);
  };
  return { ...run.engine, complete };
}

test('1: stored with what was found', async (t) => {
  const run = openTempRun(t);
  const engine = answering(run, () => `Final Answer: 3${EOS_TEXT}`);
  const { rollouts, served } = await rollOut({ ...run.ctx, engine });
  assert.equal(served, 1);
  assert.deepEqual(rollouts, run.store.loadRollouts(TOY_RUN, 2, 'train', 1));
  assert.deepEqual(
    rollouts.map(({ group, sample, verdict, reward }) => [group, sample, verdict?.verdict, reward?.value]),
    [
      [0, 0, 'correct', 1],
      [0, 1, 'correct', 1],
      [1, 0, 'incorrect', -1],
      [1, 1, 'incorrect', -1],
    ],
  );
  assert.ok(rollouts.every(({ formatValid, weightsVersion }) => formatValid && weightsVersion === TOY_MODEL));
});

test('2: a failed rollout is data', async (t) => {
  const run = openTempRun(t);
  const working = answering(run, () => `Final Answer: 3${EOS_TEXT}`);
  const engine: Engine = {
    ...working,
    complete: (request) =>
      decodeToy(request.prompt).includes('2 plus')
        ? Promise.reject(new EngineError('400 refused', { status: 400 }))
        : working.complete(request),
  };
  const { rollouts } = await rollOut({ ...run.ctx, engine });
  const failed = rollouts.filter(({ failure }) => failure !== null);
  assert.deepEqual(
    failed.map(({ group, failure, trajectory, verdict, reward }) => [group, failure, trajectory, verdict, reward]),
    [
      [1, '400 refused', null, null, null],
      [1, '400 refused', null, null, null],
    ],
  );
  assert.equal(rollouts.length, 4);
});

test('3: all failed', async (t) => {
  const run = openTempRun(t);
  const engine: Engine = {
    ...run.engine,
    complete: () => Promise.reject(new EngineError('400 bad', { status: 400 })),
  };
  await assert.rejects(rollOut({ ...run.ctx, engine }), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /every rollout of step 1 failed; the first one: 400 bad/);
    return true;
  });
  assert.equal(run.store.loadRollouts(TOY_RUN, 2, 'train', 1).length, 4);
});

test('4: an overlong prompt', async (t) => {
  const plan = toyPlan();
  const run = openTempRun(t, { plan: { ...plan, rollout: { ...plan.rollout, maxPromptTokens: 8 } } });
  const long: Problem = { ...PROBLEMS[0]!, id: 'long', text: 'What is 1 plus 1 plus 1 plus 1?' };
  const { rollouts } = await rollOut(run.ctx, [long, PROBLEMS[0]!]);
  assert.match(rollouts[0]!.failure!, /prompt of \d+ tokens exceeds rollout\.maxPromptTokens 8/);
  assert.equal(rollouts[2]!.failure, null);
  assert.ok(run.engine.requests.every(({ prompt }) => !decodeToy(prompt).includes('1 plus 1')));
});

test('5+6: the store is asked first', async (t) => {
  const run = openTempRun(t);
  const first = await rollOut(run.ctx);
  const again = await rollOut(run.ctx);
  assert.equal(again.served, 0);
  assert.ok(first.handOverMs > 0, 'the time that the weights took is told apart');
  assert.equal(again.handOverMs, 0);
  assert.deepEqual(again.rollouts, first.rollouts);

  const partial = openTempRun(t);
  const [one] = first.rollouts;
  partial.store.saveRollouts(TOY_RUN, [{ ...one!, failure: 'kept', trajectory: null, verdict: null, reward: null }]);
  const { rollouts, served } = await rollOut(partial.ctx);
  assert.equal(served, 1);
  assert.equal(rollouts.length, 4);
  assert.equal(rollouts[0]!.failure, 'kept');

  const lost = openTempRun(t);
  await assert.rejects(rollOut(lost.ctx, PROBLEMS, 2, null), /train rollouts of stage rl after step 1 are missing/);
  assert.deepEqual((await rollOut(run.ctx, PROBLEMS, 2, null)).rollouts, first.rollouts);
});

test('7: an outage', async (t) => {
  const run = openTempRun(t);
  const working = answering(run, () => `Final Answer: 3${EOS_TEXT}`);
  let calls = 0;
  const engine: Engine = {
    ...working,
    complete: (request) => {
      if (!decodeToy(request.prompt).includes('2 plus')) return working.complete(request);
      calls += 1;
      return Promise.reject(new EngineError('connection refused', { retryable: true }));
    },
  };
  await assert.rejects(rollOut({ ...run.ctx, engine }), /engine gave up after 3 tries: connection refused/);
  assert.equal(calls, 3);
  assert.deepEqual(
    run.store.loadRollouts(TOY_RUN, 2, 'train', 1).map(({ group }) => group),
    [0, 0],
  );
});

test('8: cut by the budget', async (t) => {
  const run = openTempRun(t);
  const endless = `${'so '.repeat(45)}\nFinal Answer: 3${'3'.repeat(20)}`;
  const { rollouts } = await rollOut({ ...run.ctx, engine: answering(run, () => endless) });
  assert.equal(rollouts[0]!.trajectory?.end, 'length');
  assert.equal(rollouts[0]!.verdict?.verdict, 'unparsable');
  assert.equal(rollouts[0]!.verdict?.reason, 'truncated');
  assert.equal(rollouts[0]!.reward?.value, -1);
  const whole = `${writeToyTarget('3')}${EOS_TEXT}`;
  assert.ok(encodeToy(whole).length <= run.ctx.plan.rollout.maxResponseTokens, 'a whole answer would fit');
});

test('9: promoted lints', async (t) => {
  const run = openTempRun(t);
  const engine = answering(run, () => `Final Answer: 3${EOS_TEXT}`);
  const { rollouts } = await rollOut({ ...run.ctx, engine, plan: toyPlan({ formatPromote: ['no_block'] }) });
  assert.deepEqual(
    rollouts.map(({ formatValid, formatCode }) => [formatValid, formatCode]),
    rollouts.map(() => [false, 'no_block']),
  );
  assert.equal(rollouts[0]?.reward?.formatValid, false);
});

test('10: judged by the verifier', async (t) => {
  const run = openTempRun(t);
  const engine = answering(run, () => `${writeToyTarget('3')}${EOS_TEXT}`);
  const calls: number[] = [];
  const verifier: Verifier = {
    verify: async (cases) => {
      calls.push(cases.length);
      const killed = {
        verdict: 'unparsable',
        rule: 'deadline',
        reason: 'killed',
        extracted: null,
        verifier: 'math/2',
        ms: 5,
      };
      return cases.map(() => killed as Judgement);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
  const { rollouts } = await rollOut({ ...run.ctx, engine, verifier });
  assert.deepEqual(
    new Set(rollouts.map(({ verdict, reward }) => `${verdict?.reason} ${reward?.value}`)),
    new Set(['killed -1']),
  );
  assert.equal(
    calls.reduce((sum, count) => sum + count, 0),
    rollouts.length,
  );
  assert.equal(calls.length, new Set(rollouts.map(({ group }) => group)).size);
});

test('11: groups under way', async (t) => {
  const run = openTempRun(t);
  const problems = Array.from({ length: 40 }, (_, i) => ({ ...PROBLEMS[0]!, id: `p${i}` }));
  const working = answering(run, () => `Final Answer: 3${EOS_TEXT}`);
  let begun = 0;
  let most = 0;
  const complete: Engine['complete'] = (request) => {
    begun += 1;
    most = Math.max(most, begun - run.store.loadRollouts(TOY_RUN, 2, 'train', 1).length / 2);
    return working.complete(request);
  };
  const { rollouts } = await rollOut({ ...run.ctx, engine: { ...working, complete } }, problems);
  assert.equal(rollouts.length, 80);
  const { maxInFlight } = toyPlan().engine;
  assert.ok(most >= maxInFlight && most <= Math.ceil(1.25 * maxInFlight), `${most} groups under way`);
});

test('12: a problem set that changed', async (t) => {
  const run = openTempRun(t);
  await rollOut(run.ctx);
  const [first, second] = PROBLEMS;
  const changed = { ...second!, answer: '77' };
  await assert.rejects(rollOut(run.ctx, [first!, changed]), (error: Error) => {
    assert.ok(error instanceof RunError);
    assert.match(
      error.message,
      /^stage rl: group 1 of the train rollouts of step 1 is stored for problem .*answer differs/,
    );
    assert.match(error.message, /put the earlier file back, or start a new run$/);
    return true;
  });
  await assert.rejects(rollOut(run.ctx, [first!]), /there is no such group now/);
});
