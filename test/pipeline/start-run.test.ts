/**
 * Starting and resuming runs as a program does it, with parts of its own:
 *  1. with engine, trainer, teacher and problems passed in, a whole curriculum runs without any server, and none of
 *     the parts is closed
 *  2. observers are told what the store holds: every step with its metrics, every evaluation, every stage, the end
 *  3. an observer that throws is warned about once and told nothing more; the run and other observers go on
 *  4. a reward of one's own decides what is learned from; it is kept when verdicts are judged anew
 *  5. a reward that is not there is refused before anything is written; one that gives no number ends the run by name
 *  6. a signal stops the run at a clean place; resumed, it goes on, and observers hear of the rest only
 *  7. resuming may change servers, names, limits and budgets, which is told and stored; what would mix two methods in one
 *     run is refused with the reason
 *  8. unknown, missing and impossible options and parts are refused in one line that names them
 *  9. a configuration with a fault is refused with its key, also one that no schema has seen before
 * 10. a set that training needs whole is read once; one that a cold start streams is read to be checked and to be used
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createSilentReporter } from '../../adapters/reporter-terminal/create-line-reporter.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { resumeRun, type StartRunOptions, startRun } from '../../src/app/start-run.ts';
import { toCurriculumPlan } from '../../src/app/to-curriculum-plan.ts';
import { InterruptedError, RunError, UsageError } from '../../src/errors.ts';
import { reverify } from '../../src/pipeline/reverify/reverify-rollouts.ts';
import type { RewardFunction } from '../../src/ports/reward-function.ts';
import type { RunObserver } from '../../src/ports/run-observer.ts';
import { createDirectVerifier } from '../support/direct-verifier.ts';
import { RL } from '../support/pipeline-toy-run.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { toyConfig, toyParts } from '../support/toy-parts.ts';

const folder = makeTempFolder('start-run');

/** Where a test's run is stored. */
const dbOf = (name: string) => join(folder, `${name}.db`);

type Event = readonly [kind: keyof RunObserver, event: never];

/** An observer that keeps what it is told. */
function record(): RunObserver & { readonly events: Event[] } {
  const events: Event[] = [];
  const keep = (kind: keyof RunObserver) => (event: unknown) => {
    events.push([kind, event as never]);
  };
  return {
    events,
    stepCommitted: keep('stepCommitted'),
    evaluated: keep('evaluated'),
    stageEnded: keep('stageEnded'),
    runEnded: keep('runEnded'),
  };
}

function eventsOf<K extends keyof RunObserver>(events: readonly Event[], kind: K) {
  return events.filter(([one]) => one === kind).map(([, event]) => event as Parameters<NonNullable<RunObserver[K]>>[0]);
}

test('1+2: a whole curriculum', async () => {
  const parts = toyParts();
  const closed: string[] = [];
  for (const part of [parts.engine, parts.trainer]) part[Symbol.asyncDispose] = async () => void closed.push(part.url);
  const observer = record();
  const db = dbOf('whole');
  const outcome = await startRun({ config: toyConfig(folder), db, parts: { ...parts, observers: [observer] } });
  assert.deepEqual([outcome.status, outcome.message, closed], ['done', null, []]);

  using store = openRunStore(db, { readonly: true });
  const run = store.getRun(outcome.runId)!;
  assert.equal(run.status, 'done');
  const stages = store.listStages(run.id);
  const { events } = observer;
  const steps = eventsOf(events, 'stepCommitted');
  assert.ok(steps.length > 12, `${steps.length} steps`);
  for (const { stageIndex, stageId, step, metrics } of steps) {
    assert.equal(stageId, stages[stageIndex]!.id);
    const stored = store.listMetrics(run.id).filter((one) => one.stageIndex === stageIndex && one.step === step);
    for (const [key, value] of Object.entries(metrics))
      assert.equal(stored.find((one) => one.key === key)?.value, value, `${stageId} ${step} ${key}`);
  }
  const evaluations = eventsOf(events, 'evaluated');
  assert.deepEqual(
    evaluations.map(({ stageId, step, results }) => `${stageId} ${step} ${results.map(({ name }) => name)}`),
    ['rl 0 held', 'rl 4 held', 'rl 8 held', 'final 0 last'],
  );
  const [held] = evaluations;
  assert.equal(
    held!.results[0]!.accuracy,
    store.listMetrics(run.id, 'eval/held/mean_accuracy').find(({ step }) => step === 0)?.value,
  );
  const ended = eventsOf(events, 'stageEnded');
  assert.deepEqual(
    ended.map(({ stageId, status }) => `${stageId} ${status}`),
    ['teach done', 'sft done', 'rl done', 'final done'],
  );
  for (const { stageIndex, state } of ended)
    assert.deepEqual(JSON.parse(JSON.stringify(state)), JSON.parse(stages[stageIndex]!.stateJson));
  assert.deepEqual(events.at(-1), ['runEnded', { runId: run.id, status: 'done', message: null }]);
});

test('3: an observer that throws', async () => {
  const warnings: string[] = [];
  const reporter = {
    info: () => {},
    warn: (message: string) => void warnings.push(message),
    task: () => ({ update: () => {}, setTotal: () => {}, finish: () => {} }),
  };
  let told = 0;
  const broken: RunObserver = {
    stepCommitted: () => {
      told += 1;
      throw new Error('no room on the page');
    },
    runEnded: () => {
      told += 1;
    },
  };
  const other = record();
  const parts = { ...toyParts(), reporter, observers: [broken, other] };
  const { status } = await startRun({ config: toyConfig(folder), db: dbOf('broken'), parts });
  assert.equal(status, 'done');
  assert.equal(told, 1);
  assert.equal(warnings.filter((line) => line.includes('no room on the page')).length, 1, warnings.join('\n'));
  assert.equal(eventsOf(other.events, 'runEnded').length, 1);
});

const OWN = { ...RL, reward: { kind: 'own', name: 'brevity' }, steps: 2, evalEvery: 0 };
const ownConfig = () => toyConfig(folder, { stages: [OWN] });

test('4: a reward of one’s own', async () => {
  const seen: string[] = [];
  const brevity: RewardFunction = ({ problem, trajectory, verdict, parts, step }) => {
    seen.push(`${problem.source} ${step} ${verdict.verdict} ${parts.correct}`);
    return 1 / (1 + trajectory.segments.length);
  };
  const db = dbOf('own');
  const { runId } = await startRun({ config: ownConfig(), db, parts: { ...toyParts(), rewards: { brevity } } });
  using store = openRunStore(db);
  const rollouts = store.loadRollouts(runId, 0, 'train', 1);
  assert.equal(rollouts.length, RL.batchSize * RL.groupSize);
  for (const { reward, trajectory } of rollouts)
    assert.deepEqual([reward?.mode, reward?.value], ['own', 1 / (1 + trajectory!.segments.length)]);
  assert.ok(
    seen.every((line) => /^toy [12] (correct true|incorrect false|unparsable false)$/.test(line)),
    seen[0],
  );
  // Evaluations are about right answers, whatever is trained for.
  assert.ok(store.loadRollouts(runId, 0, 'eval', 0).every(({ reward }) => reward?.mode === 'accuracy'));

  const [first] = rollouts;
  const changed = { ...first!.verdict!, verifier: 'older/1' };
  const { stageIndex, purpose, step, group, sample, reward } = first!;
  store.reviseVerdicts(runId, {
    rollouts: [{ stageIndex, purpose, step, group, sample, verdict: changed, reward }],
    attempts: [],
  });
  const context = {
    ...{ runId, plan: toCurriculumPlan(ownConfig()), store, verifier: createDirectVerifier(), studentTemplate: null },
    signal: new AbortController().signal,
  };
  for await (const _batch of reverify(context, true));
  const again = store.loadRollouts(runId, 0, 'train', 1)[0]!;
  assert.notEqual(again.verdict?.verifier, 'older/1');
  assert.deepEqual(again.reward, reward);
});

test('5: rewards that cannot be', async () => {
  const db = dbOf('none');
  await assert.rejects(startRun({ config: ownConfig(), db, parts: toyParts() }), (error) => {
    assert.ok(error instanceof UsageError);
    assert.match(
      error.message,
      /^stages\.rl\.reward\.name: "brevity" is not a built-in reward: the program .*parts\.rewards/,
    );
    return true;
  });
  assert.equal(existsSync(db), false);
  const rewards = { brevity: () => Number.NaN };
  await assert.rejects(startRun({ config: ownConfig(), db, parts: { ...toyParts(), rewards } }), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /^stage rl: the reward "brevity" gave NaN for problem toy\/\d\+\d; it must give a fin/);
    return true;
  });
});

test('6: stopped and resumed', async () => {
  const db = dbOf('stopped');
  const parts = toyParts();
  const stop = new AbortController();
  const before = record();
  const observers = [
    before,
    {
      stepCommitted: ({ stageId, step }: { stageId: string; step: number }) => {
        if (stageId === 'rl' && step === 4) stop.abort();
      },
    },
  ];
  const config = toyConfig(folder);
  await assert.rejects(
    startRun({ config, db, parts: { ...parts, observers }, signal: stop.signal }),
    (error) => error instanceof InterruptedError && /continue with: parallel-r1 resume \S+ --db/.test(error.message),
  );
  assert.equal(eventsOf(before.events, 'runEnded')[0]?.status, 'interrupted');
  const after = record();
  const { status, runId } = await resumeRun({ db, parts: { ...parts, observers: [after] } });
  assert.equal(status, 'done');
  const name = ({ stageId, step }: { stageId: string; step: number }) => `${stageId} ${step}`;
  const repeated = eventsOf(after.events, 'stepCommitted').map(name);
  // States are saved every third step; what came after the last one is done once more.
  assert.deepEqual(repeated, ['rl 4', 'rl 5', 'rl 6', 'rl 7', 'rl 8']);
  await assert.rejects(resumeRun({ db, runId, parts }), /is done; there is nothing to resume/);
});

test('7: what may change', async () => {
  const db = dbOf('changed');
  const stop = new AbortController();
  const observers = [{ stepCommitted: () => stop.abort() }];
  const config = toyConfig(folder);
  await assert.rejects(startRun({ config, db, parts: { ...toyParts(), observers }, signal: stop.signal }));
  const change = (path: string, value: unknown) =>
    resumeRun({ db, overrides: [{ flag: '--set', path, value }], parts: toyParts() });
  const refusals: [string, unknown, RegExp][] = [
    [
      'run.seed',
      99,
      /^UsageError: run\.seed cannot change when a run is resumed: every seed of the run derives from it/,
    ],
    ['stages.rl.steps', 99, /^UsageError: stages\.rl\.steps cannot change .*counted and scheduled by it/],
    ['rollout.maxBlocks', 3, /^UsageError: rollout\.maxBlocks cannot change .*would be mixed with what comes/],
    ['stages.rl.id', 'other', /^UsageError: stages\.rl\.id cannot change .*would not be those of the run/],
    ['stages.rl.stepz', 9, /stepz/],
  ];
  for (const [path, value, said] of refusals) await assert.rejects(change(path, value), said, path);
  await assert.rejects(
    resumeRun({ db, sets: ['run.seed=99'], parts: toyParts() }),
    /servers, keys, names, limits and budgets can\. .*parallel-r1 runs end RUN/,
  );
  const lines: string[] = [];
  const reporter = { ...createSilentReporter(), info: (line: string) => void lines.push(line) };
  const sets = ['engine.maxInFlight=3', 'run.name=renamed'];
  const { status, runId } = await resumeRun({ db, sets, parts: { ...toyParts(), reporter } });
  assert.equal(status, 'done');
  assert.ok(lines.includes('changed: engine.maxInFlight: 4 -> 3'), lines.join('\n'));
  using store = openRunStore(db, { readonly: true });
  const run = store.getRun(runId)!;
  assert.equal(run.name, 'renamed');
  assert.equal(JSON.parse(run.configJson).engine.maxInFlight, 3);
});

test('8: options', async () => {
  const config = toyConfig(folder);
  const db = dbOf('options');
  const refused = async (options: object, message: RegExp) =>
    assert.rejects(startRun(options as StartRunOptions), (error) => {
      assert.ok(error instanceof UsageError, String(error));
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  await refused({ config, db, observer: {} }, /^startRun: there is no option "observer"; known: db, parts, signal/);
  await refused({ config, dbb: db }, /^startRun: there is no option "dbb"; did you mean db\?$/);
  await refused({ config }, /^startRun: db is missing$/);
  await refused({ db }, /^startRun: config is missing$/);
  await refused({ config, db: 7 }, /^startRun: db must be text$/);
  await refused({ config, db, parts: { engines: {} } }, /^startRun: parts: there is no option "engines"; did you mean/);
  await refused({ config, db, parts: { observers: {} } }, /^startRun: parts: observers must be a list$/);
  await refused(undefined as never, /^startRun: options are an object with db, /);
  await assert.rejects(resumeRun({ db, run: 'x' } as never), /^UsageError: resumeRun: there is no option "run"/);
  assert.equal(existsSync(db), false);
});

test('9: configurations', async () => {
  const db = dbOf('config');
  const config = { ...toyConfig(folder), rolout: {} };
  await assert.rejects(startRun({ config, db, parts: toyParts() }), /rolout: unknown key; did you mean rollout\?/);
  await assert.rejects(startRun({ config: {} as never, db }), /engine: is missing/);
  assert.equal(existsSync(db), false);
});

test('10: sets are read once', async () => {
  const parts = toyParts();
  const reads: string[] = [];
  const problemSources = parts.problemSources.flatMap((source) =>
    ['toy', 'streamed'].map((name) => ({
      name,
      async *read(signal: AbortSignal) {
        yield* source.read(signal);
        reads.push(name);
      },
    })),
  );
  const config = toyConfig(folder, { 'stages.kind=cold-start.problems': [{ kind: 'set', name: 'streamed' }] });
  await startRun({ config, db: dbOf('reads'), parts: { ...parts, problemSources } });
  assert.deepEqual(
    ['toy', 'streamed'].map((name) => reads.filter((one) => one === name).length),
    [1, 2],
  );
});
