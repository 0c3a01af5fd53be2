/**
 * A problem file that changes while a run is stopped:
 *  1. resume refuses in one line that names the file, what changed and the option that goes on, and stores nothing
 *  2. with the file back as it was the run goes on without a word about it
 *  3. `--accept-changed-data` goes on, says so, and the report keeps the note
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { readYield, writeProblems } from '../support/cold-start-run.ts';
import { json, routes, startFaultServer } from '../support/fault-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('changed-data');

const PROBLEMS = Array.from({ length: 8 }, (_, i) => ({
  id: `p${i}`,
  problem: `Village ${i} has one red house and two blue ones. How many houses has it?`,
  answer: '3',
  solution: '#### 3',
}));

const ANSWER = json({
  choices: [
    {
      index: 0,
      message: {
        role: 'assistant',
        content:
          '<Parallel>\n<Path>\ncount to 3\n</Path>\n<Path>\nadd 1 and 2\n</Path>\n</Parallel>\n<Summary>\nBoth give 3.\n</Summary>\n\nFinal Answer: 3',
      },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 30, completion_tokens: 90 },
});

test('1, 2, 3: cut rows', async (t) => {
  const server = await startFaultServer(
    t,
    routes({ '/health': json({}), '/v1/models': json({ data: [{ id: 'm' }] }), '/v1/chat/completions': ANSWER }),
  );
  const db = join(folder, 'runs.db');
  const file = writeProblems(join(folder, 'problems.jsonl'), PROBLEMS);
  const teacher = ['--teacher', `${server.url}/v1`, '--teacher-model', 'm', '--problems', file, '--db', db];
  const settings = ['--set', 'stages.0.minBlocks=1', '--set', 'engine.maxInFlight=1'];
  const begun = await runCli(['generate', ...teacher, ...settings, '--budget-tokens', '200']);
  assert.match(begun.stderr, /budget of 200 tokens is used up/);
  const before = readYield(db);

  const whole = readFileSync(file, 'utf8');
  writeFileSync(file, `${whole.split('\n').slice(0, 5).join('\n')}\n`);
  const refused = await runCli(['resume', '--db', db, '--budget-tokens', '400']);
  assert.equal(refused.code, 2, refused.stderr);
  assert.match(
    refused.stderr,
    /problems\.jsonl has changed since run \S+ read it \(.*bytes\).*--accept-changed-data\n$/,
  );
  assert.deepEqual(readYield(db), before);

  writeFileSync(file, whole);
  const restored = await runCli(['resume', '--db', db, '--budget-tokens', '400']);
  assert.equal(restored.code, 0, restored.stderr);
  assert.doesNotMatch(restored.stderr + restored.stdout, /has changed|changed under/);

  writeFileSync(file, `${whole.split('\n').slice(0, 5).join('\n')}\n`);
  const accepted = await runCli(['resume', '--db', db, '--budget-tokens', '9000', '--accept-changed-data']);
  assert.equal(accepted.code, 0, accepted.stderr);
  assert.match(accepted.stderr, /warning: .*problems\.jsonl has changed/);
  const report = JSON.parse((await runCli(['show', '--db', db, '--json'])).stdout);
  assert.deepEqual(
    report.changedInputs.map(({ file: changed }: { file: string }) => changed),
    [file],
  );
  assert.match((await runCli(['show', '--db', db])).stdout, /problems\.jsonl changed under the run/);
  using store = openRunStore(db, { readonly: true });
  assert.deepEqual(
    store.listInputFiles(report.run.id).map(({ bytes }) => bytes),
    [whole.length, readFileSync(file).length],
  );
});
