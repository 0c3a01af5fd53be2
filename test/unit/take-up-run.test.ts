/**
 * A run that is gone on with, perhaps under other versions than it began with:
 *  1. the versions it is worked on under are noted, once each time they change; where nothing changed nothing is said
 *  2. verdicts of another verifier are told of, with the command that shows the difference, until none is left
 *  3. another version of the software is told
 *  4. a configuration newer than this software knows is refused in one line, and nothing is noted
 *  5. a prompt template stays the text the run began with when its file changes, which is told, or goes
 */
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { openThrowawayStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { readRunTemplate } from '../../src/app/prompt-files.ts';
import { takeUpVersions } from '../../src/app/run-versions.ts';
import { UsageError } from '../../src/errors.ts';
import type { RunVersions } from '../../src/ports/run-store/runs.ts';
import * as sample from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = 'run-1';
const folder = makeTempFolder('take-up');

function openRun(t: TestContext) {
  const store = openThrowawayStore();
  t.after(() => store[Symbol.dispose]());
  store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  const said: string[] = [];
  const reporter = { info: (line: string) => said.push(line), warn: (line: string) => said.push(line) };
  const takeUp = (now: RunVersions): string[] => {
    said.length = 0;
    takeUpVersions({ id: RUN, store, reporter, reverifyCommand: 'parallel-r1 reverify run-1 --db x.db' }, now);
    return [...said];
  };
  return { store, reporter, said, takeUp };
}

const FIRST: RunVersions = { software: '1.0.0', verifier: 'math/1', config: 1 };

test('1: noted', (t) => {
  const { store, takeUp } = openRun(t);
  assert.deepEqual(takeUp(FIRST), []);
  assert.deepEqual(takeUp(FIRST), []);
  assert.deepEqual(store.listRunVersions(RUN), [FIRST]);
  takeUp({ ...FIRST, verifier: 'math/2' });
  takeUp(FIRST);
  assert.deepEqual(
    store.listRunVersions(RUN).map(({ verifier }) => verifier),
    ['math/1', 'math/2', 'math/1'],
  );
});

test('2: another verifier', (t) => {
  const { store, takeUp } = openRun(t);
  const second = { ...FIRST, verifier: 'math/2' };
  takeUp(FIRST);
  assert.deepEqual(takeUp(second), [], 'nothing was judged yet');
  const rollout = sample.sampleRollout();
  const attempt = sample.sampleAttempt();
  store.saveRollouts(RUN, [rollout]);
  store.saveAttempts(RUN, 0, [attempt]);
  const told = takeUp(second);
  assert.equal(told.length, 1);
  assert.match(told[0]!, /math\/1.*math\/2.*parallel-r1 reverify run-1 --db x\.db/);
  const verdict = { ...rollout.verdict!, verifier: 'math/2' };
  store.reviseVerdicts(RUN, { rollouts: [{ ...rollout, verdict }], attempts: [] });
  assert.equal(takeUp(second).length, 1, 'the attempt still stands as it was judged first');
  store.reviseVerdicts(RUN, { rollouts: [], attempts: [{ ...attempt, stageIndex: 0, verdict }] });
  assert.deepEqual(takeUp(second), []);
});

test('3: other software', (t) => {
  const { takeUp } = openRun(t);
  takeUp(FIRST);
  const told = takeUp({ ...FIRST, software: '1.1.0' });
  assert.equal(told.length, 1);
  assert.match(told[0]!, /1\.1\.0.*1\.0\.0/);
});

test('4: a newer configuration', (t) => {
  const { store, takeUp } = openRun(t);
  const newer = { ...FIRST, software: '2.0.0', config: 5 };
  takeUp(newer);
  assert.throws(
    () => takeUp(FIRST),
    (error) => error instanceof UsageError && /run run-1.*2\.0\.0.*1\.0\.0.*update parallel-r1/.test(error.message),
  );
  assert.deepEqual(store.listRunVersions(RUN), [newer]);
});

test('5: templates', (t) => {
  const { store, reporter, said } = openRun(t);
  const file = join(folder, 'mine.md');
  const use = { store, runId: RUN, role: 'student', reporter };
  writeFileSync(file, 'Solve: {problem}\n');
  const first = readRunTemplate(folder, file, use);
  assert.equal(first.text, 'Solve: {problem}');
  store.savePrompt(RUN, 'student', first);
  assert.deepEqual(readRunTemplate(folder, file, use), first);
  assert.deepEqual(said, []);
  writeFileSync(file, 'Think, then solve: {problem}\n');
  assert.deepEqual(readRunTemplate(folder, file, use), first);
  assert.equal(said.length, 1);
  assert.match(said[0]!, /mine\.md.*run-1/);
  assert.equal(readRunTemplate(folder, file, { ...use, role: 'teacher:cold' }).text, 'Think, then solve: {problem}');
  rmSync(file);
  assert.deepEqual(readRunTemplate(folder, file, use), first);
  assert.throws(() => readRunTemplate(folder, file, { ...use, role: 'teacher:cold' }), UsageError);
});
