/**
 * `eval`, through the command line, at a server whose right answers are counted out beforehand:
 *  1. it holds what it says: over repeats with seeds of their own the interval holds the true mean
 *  2. killed (SIGKILL) again and again and resumed it ends with the figures of an uninterrupted run
 *  3. a vLLM alone is enough: no trainer, no tags in its vocabulary; several sets in one call, each under its own name
 *  4. --sequential answers the same problems under the same seeds without forks, and prints the paired difference
 *  5. figures per level and subject where a set names them, in print, as JSON and as a table
 *  6. answers that the reference's rule judges otherwise are listed, side by side
 *  7. what makes no sense together is refused in one line
 * `node bench/eval-coverage.ts` is the long form of 1 and 2.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { ReportData } from '../../src/report/report-data.ts';
import { runCli } from '../support/cli-process.ts';
import { answerByChance, writeMadeUpSet, writeSharedSets } from '../support/known-accuracy.ts';
import {
  countCoverage,
  evaluateThroughKills,
  listKnownSettings,
  type SetCoverage,
} from '../support/known-evaluation.ts';
import { ROLLOUT_EOS, ROLLOUT_MODEL, startRolloutServer, type WriteAnswer } from '../support/rollout-server.ts';
import { NO_SAMPLES } from '../support/shared-rows.ts';
import { DIFFICULTIES } from '../support/simulated-evaluations.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('eval-command');
const shared = writeSharedSets(folder);
const skip = shared === null ? NO_SAMPLES : false;
const HARD = DIFFICULTIES.find(({ name }) => name.startsWith('hard'))!;

async function startServer(t: TestContext, write?: WriteAnswer) {
  const server = await startRolloutServer({ maxDelayMs: 2, ...(write === undefined ? {} : { write }) });
  t.after(() => server.close());
  return server;
}

function toSets(settings: readonly string[]): string[] {
  return settings.flatMap((one) => ['--set', one]);
}

async function show(db: string): Promise<ReportData> {
  const { code, stdout, stderr } = await runCli(['show', '--db', db, '--json']);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as ReportData;
}

async function evaluate(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(['eval', ...args, '--quiet']);
  assert.equal(code, 0, stderr);
  return stdout;
}

function describe(counts: readonly SetCoverage[]): string {
  return counts.map(({ set, ofKind, ofSet }) => `${set}: ${ofKind.coverage}, ${ofSet.coverage}`).join('; ');
}

test('1: intervals hold the truth', { skip }, async (t) => {
  const sets = shared!.filter(({ name }) => name !== 'math-500');
  const { url } = await startServer(t, answerByChance(shared!));
  const plan = { engine: url, sets, samples: () => 2, difficulty: HARD, repeats: 10, db: join(folder, 'cover.db') };
  const means: number[] = [];
  const counts = await countCoverage(plan, (figures) => means.push(...figures.map(({ mean }) => mean!.mean)));
  const mean = (shares: readonly number[]) => shares.reduce((sum, share) => sum + share, 0) / shares.length;
  // Three sets times ten repeats; of a hundred intervals 95 should hold.
  assert.ok(mean(counts.map(({ ofKind }) => ofKind.coverage)) >= 0.9, describe(counts));
  assert.ok(mean(counts.map(({ ofSet }) => ofSet.coverage)) >= 0.9, describe(counts));
  for (const { ofKind } of counts) assert.ok(ofKind.width < 0.4, 'an interval that says nothing holds everything');
  assert.ok(new Set(means).size > 10, 'the repeats differ');
});

test('2: kills', async (t) => {
  const sets = shared ?? [writeMadeUpSet(folder, 'kills', 400)];
  const server = await startServer(t, answerByChance(sets));
  const { whole, killed, kills } = await evaluateThroughKills({ server, sets, kills: 6, folder, seed: 3 });
  assert.equal(kills, 6);
  assert.deepEqual(killed, whole);
  assert.equal(
    killed.reduce((sum, { tally }) => sum + tally.samples, 0),
    sets.reduce((sum, { problems }) => sum + problems.length, 0),
  );
});

test('3+5: a server alone, several sets', async (t) => {
  const sets = [writeMadeUpSet(folder, 'one', 12), writeMadeUpSet(folder, 'two', 6)];
  for (const [i, one] of sets[0]!.problems.entries()) one.chance = i % 3 === 0 ? 1 : 0;
  for (const one of sets[1]!.problems) one.chance = 1;
  const server = await startServer(t, answerByChance(sets));
  const db = join(folder, 'alone.db');
  const text = await evaluate([
    ...['--engine', server.url, '--model', ROLLOUT_MODEL, '--decoding', 'sequential', '--samples', '3', '--db', db],
    ...sets.flatMap(({ file }) => ['--problems', file]),
    ...toSets([`engine.eosTokens=["${ROLLOUT_EOS}"]`, 'prompt=none.v1']),
  ]);
  const { evaluations } = await show(db);
  assert.deepEqual(
    evaluations.map(({ set, problems, fewestSamples, mean }) => [set, problems, fewestSamples, mean!.mean]),
    [
      ['one', 12, 3, 1 / 3],
      ['two', 6, 3, 1],
    ],
  );
  assert.ok(evaluations[1]!.mean!.low < 0.7, 'six of six are no certainty');
  // Levels are i % 3 + 1, and so are the chances.
  assert.deepEqual(
    evaluations[0]!.parts.map(({ by, label, problems, mean }) => [by, label, problems, mean!.mean]),
    [
      ['level', '1', 4, 1],
      ['level', '2', 4, 0],
      ['level', '3', 4, 0],
      ['subject', 'Even', 6, 1 / 3],
      ['subject', 'Odd', 6, 1 / 3],
    ],
  );
  const { stdout } = await runCli(['figures', 'evaluations', '--db', db, '--json']);
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.deepEqual(
    rows.filter(({ set }) => set === 'one').map((row) => [row.by, row.label, row.problems, row['mean.mean']]),
    [[null, null, 12, 1 / 3], ...evaluations[0]!.parts.map((one) => [one.by, one.label, one.problems, one.mean!.mean])],
  );
  assert.match(text, /one +level +1 +4 +12 +100\.0 % +39\.8 % to 100\.0 %/);
  assert.match(text, /two +subject +Odd +3 +9 +100\.0 %/);
  assert.doesNotMatch(text, /±|What was learned/);
});

test('4: the twin', async (t) => {
  const set = writeMadeUpSet(folder, 'twin', 8);
  const server = await startServer(t);
  const db = join(folder, 'twin.db');
  const args = [
    ...['--engine', server.url, '--model', ROLLOUT_MODEL, '--problems', set.file, '--samples', '2', '--sequential'],
    ...toSets([`engine.eosTokens=["${ROLLOUT_EOS}"]`, 'prompt=none.v1', 'rollout.pathLabels=null']),
  ];
  const text = await evaluate([...args, '--db', db]);
  assert.match(text.replaceAll(/\s+/g, ' '), /twin against twin-sequential: .* \(95 % interval -\S+ to \+\S+, p = /);
  const { twins, evaluations } = await show(db);
  assert.deepEqual(
    twins.map(({ set: name, twin, paired }) => [name, twin, paired?.difference.problems]),
    [['twin', 'twin-sequential', 8]],
  );
  const [, plain] = evaluations;
  assert.equal(plain!.parallelFraction, 0);
  using store = openRunStore(db, { readonly: true });
  const run = store.listRuns()[0]!;
  const load = (name: string) => store.loadRollouts(run.id, 0, 'eval', 0, name);
  const [own, other] = [load('twin'), load('twin-sequential')];
  const seeds = (rollouts: typeof own) => rollouts.map(({ trajectory }) => trajectory!.segments[0]!.seed);
  assert.deepEqual(seeds(other), seeds(own));
  assert.deepEqual(
    other.map(({ problem }) => problem.id),
    own.map(({ problem }) => problem.id),
  );
  assert.ok(own.some(({ trajectory }) => trajectory!.segments.some(({ role }) => role === 'path')));
});

test('6: the rule of the reference', async (t) => {
  const set = writeMadeUpSet(folder, 'rules', 3);
  // The reference looks for the label alone; ours takes a box too.
  const write: WriteAnswer = (prompt) => {
    const [, a] = /is (\d+)/.exec(prompt)!;
    return a === '0' ? 'Final Answer: 0' : `so \\boxed{${2 * Number(a)}}`;
  };
  const server = await startServer(t, write);
  const settings = [...listKnownSettings(server.url, [set], () => 1), 'rollout.mode=sequential'];
  const db = join(folder, 'rules.db');
  const text = await evaluate(['--preset', 'sequential', '--db', db, ...toSets(settings)]);
  assert.match(text, /rules +3 +100\.0 % +33\.3 % +2/);
  const { stdout } = await runCli(['show', '--db', db, '--json']);
  const [rules] = (JSON.parse(stdout) as { rules: { differing: { place: { problem: string; rollout: number } }[] }[] })
    .rules;
  assert.deepEqual(
    rules!.differing.map(({ place }) => place.problem),
    ['rules-1', 'rules-2'],
  );
  const why = await runCli(['why', `${rules!.differing[0]!.place.rollout}`, '--db', db]);
  assert.match(why.stdout, /what is 1 plus 1/);
});

test('7: refused', async () => {
  const refuse = async (args: readonly string[], line: RegExp) => {
    const { code, stderr } = await runCli(['eval', ...args, '--db', join(folder, 'refused.db')]);
    assert.equal(code, 2, stderr);
    assert.match(stderr.trimEnd(), line);
    assert.equal(stderr.trimEnd().includes('\n'), false, stderr);
  };
  const server = [
    '--engine',
    'http://127.0.0.1:9/v1',
    '--model',
    'm',
    '--problems',
    writeMadeUpSet(folder, 'x', 1).file,
  ];
  await refuse([...server, '--sequential', '--decoding', 'sequential'], /--sequential compares .*leave one out$/);
  await refuse([...server, '--from', '20261129-000000-0000'], /are at its trainer, and none is named: .*--trainer URL/);
  await refuse(['--from-jsonl', 'none.jsonl', '--samples', '3'], /--samples does not go with it$/);
});
