/**
 * `solve` and `replay` through the command line, on a small run of the embedded default:
 *  1. replay prints one table, the same every time; --json is one document whose `all` row is what the store counts
 *  2. replay narrows by stage and purpose, and names what it does not find
 *  3. solve takes the weights of the newest finished run, says so on stderr, and writes every segment
 *  4. solve --json is one document: segments, figures, verdict, both decodings of the same begin; stderr is empty
 *  5. solve --from takes that run; the same seed gives the same words, another seed others
 *  6. for a question outside the vocabulary, or none, one line says what is wrong
 *  7. solve writes nothing to the store, and leaves nothing behind
 *  8. replay --without-path asks the built-in model again with the weights of the run: the same twice, nothing stored; a
 *     run without right forked answers is one line
 */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { countForks } from '../../src/core/trajectory.ts';
import { runCli } from '../support/cli-process.ts';
import { smallRunArgs } from '../support/small-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('solve');
const db = join(folder, 'runs.db');
const QUESTION = 'Dan has 18 keys, then makes 31. How many in all?';

/** Its model has learnt next to nothing: any answer will do. */
const whole = runCli(['run', '--json', ...smallRunArgs(db)]);

async function wholeRunId(): Promise<string> {
  const { code, stdout, stderr } = await whole;
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).run.id;
}

async function runJson(args: readonly string[]) {
  const { code, stdout, stderr } = await runCli([...args, '--db', db, '--json']);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}

test('1: replay', async () => {
  const id = await wholeRunId();
  const [first, again] = await Promise.all([0, 1].map(() => runCli(['replay', id, '--db', db])));
  assert.equal(first!.code, 0, first!.stderr);
  assert.match(first!.stdout, /^Run \S+ "small": \d+ rollouts/);
  assert.match(first!.stdout, /\none stream +\d/);
  assert.match(first!.stdout, /\nall, longest first +\d/);
  assert.equal(again!.stdout, first!.stdout);
  const report = await runJson(['replay', id]);
  const [all] = report.policies;
  assert.deepEqual(all.policy, { join: { kind: 'all' }, order: 'emitted', width: null, pathBudget: null });
  assert.equal(all.summary.accuracy.known, report.stored.rollouts);
  assert.equal(all.summary.accuracy.low, all.summary.accuracy.high);
  assert.equal(all.summary.meanTotalTokens, report.oneStream.meanTotalTokens);
  assert.ok(all.summary.meanCriticalTokens <= all.summary.meanTotalTokens);
  const shown = await runJson(['show', id]);
  const count = shown.rollouts.reduce((sum: number, { rollouts }: { rollouts: number }) => sum + rollouts, 0);
  assert.equal(report.stored.rollouts + report.stored.failed, count);
});

test('2: replay narrowed', async () => {
  const id = await wholeRunId();
  const train = await runJson(['replay', id, '--stage', 'rl-easy', '--purpose', 'train', '--join', 'first']);
  assert.equal(train.stored.rollouts, 3 * 4 * 4);
  assert.equal(train.policies.length, 1);
  const missing = await runCli(['replay', id, '--stage', 'rl', '--db', db]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /has no stage "rl"; known: cold-start, sft, rl-easy, rl-hard/);
  const none = await runCli(['replay', id, '--stage', 'cold-start', '--db', db]);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no such rollouts/);
});

test('3: solve', async () => {
  const id = await wholeRunId();
  const { code, stdout, stderr } = await runCli(['solve', QUESTION, '--db', db]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr.split('\n')[0], `the weights of run ${id} "small" answer`);
  assert.ok(stdout.startsWith(QUESTION));
  assert.match(stdout, /\nmain \(\d+ tokens?, \d/);
  assert.match(stdout, /\d+ tokens, \d+ on the critical path \(/);
  assert.equal(stdout.includes('\u001B'), false);
});

test('4: solve as JSON', async () => {
  await whole;
  const { solutions, comparison, ...rest } = await runJson(['solve', QUESTION, '--sequential', '--answer', '49']);
  assert.equal(rest.question, QUESTION);
  assert.equal(rest.model.run, await wholeRunId());
  const [parallel, sequential] = solutions;
  assert.deepEqual([parallel.decoding, sequential.decoding], ['parallel', 'sequential']);
  assert.equal(sequential.segments.length, 1);
  assert.equal(parallel.segments[0].seed, sequential.segments[0].seed);
  assert.ok(sequential.segments[0].text.startsWith(parallel.segments[0].text));
  assert.ok(['correct', 'incorrect', 'unparsable'].includes(parallel.verdict.verdict));
  assert.ok(parallel.criticalTokens <= parallel.totalTokens);
  assert.equal(comparison.tokenSpeedUp, sequential.criticalTokens / parallel.criticalTokens);
});

test('5: solve --from', async () => {
  const id = await wholeRunId();
  const texts = async (args: readonly string[]) => {
    const { solutions } = await runJson(['solve', QUESTION, '--from', id, ...args]);
    return solutions[0].segments.map(({ text }: { text: string }) => text).join('');
  };
  const seeds = await Promise.all([['--seed', '7'], ['--seed', '8'], []].map(texts));
  assert.equal(seeds[0], seeds[2]);
  assert.notEqual(seeds[0], seeds[1]);
});

test('6: what cannot be answered', async () => {
  await whole;
  const [foreign, blank] = await Promise.all([
    runCli(['solve', 'What is the capital of France?', '--db', db, '--quiet']),
    runCli(['solve', ' ', '--db', db]),
  ]);
  assert.equal(foreign.code, 1);
  assert.match(foreign.stderr, /outside the vocabulary/);
  assert.equal(foreign.stderr.trimEnd().includes('\n'), false);
  assert.equal(blank.code, 2);
});

test('7: nothing is left', async () => {
  const id = await wholeRunId();
  const temp = join(folder, 'temp');
  mkdirSync(temp);
  const { code } = await runCli(['solve', QUESTION, '--db', db], { env: { TMPDIR: temp } });
  assert.equal(code, 0);
  const left = readdirSync(temp).filter((name) => name.startsWith('parallel-r1'));
  assert.deepEqual(left, []);
  const runs: { id: string }[] = await runJson(['runs']);
  assert.deepEqual(
    runs.map((run) => run.id),
    [id],
  );
});

/** A copy of the store in which every rollout with a fork counts as right, or none: the small run has hardly learnt to add. */
function copyJudged(id: string, name: string, isRight: boolean): { readonly db: string; readonly forked: number } {
  const copy = join(folder, `${name}.db`);
  cpSync(db, copy);
  cpSync(`${db}-embedded`, `${copy}-embedded`, { recursive: true });
  using store = openRunStore(copy);
  let forked = 0;
  for (const { stageIndex, purpose, step } of store.listRolloutSteps(id)) {
    const rollouts = store.loadRollouts(id, stageIndex, purpose, step).flatMap((rollout) => {
      if (rollout.trajectory === null || rollout.verdict === null || countForks(rollout.trajectory) === 0) return [];
      forked += 1;
      const { group, sample, reward } = rollout;
      const verdict = { ...rollout.verdict, verdict: isRight ? ('correct' as const) : ('incorrect' as const) };
      return [{ stageIndex, purpose, step, group, sample, verdict, reward }];
    });
    store.reviseVerdicts(id, { rollouts, attempts: [] });
  }
  return { db: copy, forked };
}

test('8: replay --without-path', async () => {
  const id = await wholeRunId();
  const right = copyJudged(id, 'right', true);
  assert.ok(right.forked > 0, 'the small run has rollouts with a fork');
  const ask = (from: string) => runCli(['replay', id, '--without-path', '--limit', '4', '--db', from, '--json']);
  const [first, again] = [await ask(right.db), await ask(right.db)];
  assert.equal(first.code, 0, first.stderr);
  assert.equal(again.stdout, first.stdout);
  const { run, rollouts, credits } = JSON.parse(first.stdout);
  assert.equal(run.id, id);
  assert.equal(rollouts, Math.min(4, right.forked));
  const kinds = credits.map(({ change }: { change: { kind: string } }) => change.kind);
  assert.deepEqual([kinds[0], kinds[1], kinds.at(-1)], ['intact', 'without', 'turned']);
  for (const { asked, failed, stands, interval } of credits) {
    assert.equal(asked + failed, rollouts);
    assert.ok(stands <= asked && interval[0] <= stands / asked && stands / asked <= interval[1]);
  }
  const none = await ask(copyJudged(id, 'wrong', false).db);
  assert.equal(none.code, 2);
  assert.match(none.stderr, /no such rollouts with a fork and a right answer/);
});
