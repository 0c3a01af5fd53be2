/**
 * Runs of version 0.1.0, a whole curriculum and one stage alone, each once finished and once killed half way:
 *  1. `runs`, `show`, `export` and `reverify` work on their store, and leave it as it is
 *  2. the killed ones are resumed to the metrics of their finished twins; times and what the engine had to repeat aside
 *  3. the store as it was is kept before it is brought up to date, which is told in one line; it can be looked at too
 *  4. where answers are judged by another verifier than then, a resume says so, with the command that shows the difference
 */
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { OLD_RUNS, OLD_SCHEMA, unpackOldStore } from '../support/old-store.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('old-runs');

async function runOk(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await runCli(args);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
  return { stdout, stderr };
}

test('1: looking', async () => {
  const place = join(folder, 'look');
  mkdirSync(place);
  const db = join(place, 'runs.db');
  unpackOldStore(db);
  const before = readFileSync(db);

  const listed: { id: string; status: string }[] = JSON.parse((await runOk(['runs', '--json', '--db', db])).stdout);
  assert.deepEqual(listed.map(({ id }) => id).sort(), Object.values(OLD_RUNS).sort());

  for (const id of Object.values(OLD_RUNS)) {
    const { run, stages, heldOut } = JSON.parse((await runOk(['show', id, '--json', '--db', db])).stdout);
    assert.equal(run.id, id);
    assert.ok(stages.length > 0);
    if (run.status === 'done') assert.equal(heldOut.length, 2);
  }
  assert.match((await runOk(['show', OLD_RUNS.whole, '--db', db])).stdout, new RegExp(`Run ${OLD_RUNS.whole} "old"`));

  const out = join(folder, 'rows.jsonl');
  await runOk(['export', OLD_RUNS.whole, '--format', 'messages', '--out', out, '--db', db]);
  const rows = readFileSync(out, 'utf8').trim().split('\n');
  assert.ok(rows.length > 20, `${rows.length} rows`);

  const { judged } = JSON.parse((await runOk(['reverify', OLD_RUNS.whole, '--json', '--db', db])).stdout);
  assert.ok(judged > 48, `${judged} judged`);

  assert.deepEqual(readFileSync(db), before);
  assert.deepEqual(
    readdirSync(place).filter((name) => name.endsWith('.bak')),
    [],
  );
});

/** What a run's decisions came to: every metric but times and what the engine had to repeat. */
function readMetrics(db: string, id: string): Map<string, number> {
  using store = openRunStore(db, { readonly: true });
  const points = store.listMetrics(id).filter(({ key }) => !/^(time|engine)\//.test(key));
  return new Map(points.map(({ stageIndex, step, key, value }) => [`${stageIndex} ${step} ${key}`, value]));
}

for (const [killed, whole] of [
  ['killed', 'whole'],
  ['easyKilled', 'easyWhole'],
] as const) {
  test(`2-4: ${killed} is resumed`, async () => {
    const db = join(folder, `${killed}.db`);
    unpackOldStore(db);
    const { stderr } = await runOk(['resume', OLD_RUNS[killed], '--db', db]);

    const copy = `${db}.schema-${OLD_SCHEMA}.bak`;
    assert.equal(stderr.split('\n').filter((line) => line.includes(copy)).length, 1, stderr);
    const kept = JSON.parse((await runOk(['show', OLD_RUNS[killed], '--json', '--db', copy])).stdout);
    assert.equal(kept.run.status, 'interrupted', 'nobody holds the lock of the copy');

    const [resumed, twin] = [readMetrics(db, OLD_RUNS[killed]), readMetrics(db, OLD_RUNS[whole])];
    assert.ok(twin.size > 50, `${twin.size} metrics`);
    // Keys that only this version writes have no twin.
    // What is told unparsable and what incorrect follows the verifier, which has changed; the rewards of both are the same.
    const isShared = ([key]: readonly [string, number]) =>
      twin.has(key) && !key.endsWith('verdict/unparsable_fraction');
    assert.deepEqual(new Map([...resumed].filter(isShared)), new Map([...twin].filter(isShared)));

    const told = stderr.split('\n').filter((line) => line.includes(`parallel-r1 reverify ${OLD_RUNS[killed]} --db`));
    assert.equal(told.length, 1, stderr);
  });
}
