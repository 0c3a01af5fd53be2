/**
 * The command line and things that are not as they should be: stores and servers.
 *  1. a store that is not there, another program's database, a newer schema: one line, exit code 2
 *  2. a second process on the same store is refused with the holder's pid, exit code 2, and harms nothing
 *  3. an engine that is not there: one line within the tries of the first call, exit code 1, the run is kept as failed and can be resumed
 *  4. an engine that answers garbage: one line, exit code 1, no stack
 *  5. `doctor` tells what works and what does not, one finding per thing, exit code 1 when something fails
 *  6. `embedded serve` on a port that is taken: one line, exit code 2
 *  7. `runs`, `show` and `export` on a store without that run: exit code 2
 *  8. a run goes by its id, and by its name where no other has it; several of a name are listed, exit code 2
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { startFaultServer } from '../support/fault-server.ts';
import { sampleRun, sampleStage } from '../support/run-store-samples.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('store');
const problems = join(folder, 'problems.jsonl');
writeFileSync(problems, '{"problem": "1 + 1?", "answer": "2"}\n');

/** Nobody listens on the discard port. */
const NOBODY = 'http://127.0.0.1:9';

function generateArgs(url: string, db: string): string[] {
  return ['generate', '--engine', `${url}/v1`, '--model', 'm', '--problems', problems, '--db', db];
}

test('1: wrong stores', async () => {
  const missing = await runCli(['runs', '--db', join(folder, 'missing.db')]);
  assert.equal(missing.code, 2);
  assert.match(missing.stderr, /missing\.db: there is no run store here/);

  const foreign = join(folder, 'foreign.db');
  new Database(foreign).exec('CREATE TABLE songs (title TEXT)').close();
  const refused = await runCli(['run', '--quick', '--db', foreign]);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /another program/);

  const newer = join(folder, 'newer.db');
  openRunStore(newer)[Symbol.dispose]();
  const db = new Database(newer);
  db.pragma('user_version = 99');
  db.close();
  for (const command of [['runs'], ['show'], ['run', '--quick'], ['resume']]) {
    const result = await runCli([...command, '--db', newer]);
    assert.equal(result.code, 2, command.join(' '));
    assert.match(result.stderr, /has schema 99.*update parallel-r1/);
  }
});

test('2: a store in use', async () => {
  const db = join(folder, 'used.db');
  using _lock = acquireRunLock(db);
  const result = await runCli(['run', '--quick', '--db', db]);
  assert.equal(result.code, 2);
  assert.match(result.stderr, new RegExp(`in use by process ${process.pid}`));
});

test('3: no engine', async () => {
  const db = join(folder, 'nobody.db');
  const result = await runCli(generateArgs(NOBODY, db));
  assert.equal(result.code, 1);
  assert.match(result.stderr, /parallel-r1: .*127\.0\.0\.1:9.*connection refused/);
  assert.match(result.stderr, /parallel-r1 resume \S+ --db/);
  using store = openRunStore(db, { readonly: true });
  assert.equal(store.listRuns()[0]?.status, 'failed');
  const again = await runCli(['resume', '--db', db]);
  assert.equal(again.code, 1);
  assert.match(again.stderr, /connection refused/);
});

test('4: an engine that answers garbage', async (t) => {
  const server = await startFaultServer(t, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('<html>{]');
  });
  const result = await runCli(generateArgs(server.url, join(folder, 'garbage.db')));
  assert.equal(result.code, 1);
  assert.match(result.stderr, /expected JSON/);
  assert.doesNotMatch(result.stderr, /unexpected [A-Z]|\n\s+at /);
});

test('5: doctor', async () => {
  const args = ['doctor', '--preset', 'embedded', '--engine', `${NOBODY}/v1`, '--trainer', NOBODY];
  const result = await runCli([...args, '--json', '--db', join(folder, 'none.db')]);
  assert.equal(result.code, 1);
  const findings: { area: string; status: string; fix: string | null }[] = JSON.parse(result.stdout);
  const statusOf = (area: string) => findings.filter((finding) => finding.area === area).map(({ status }) => status);
  assert.deepEqual(statusOf('store'), ['ok']);
  assert.ok(statusOf('engine').includes('fail'));
  assert.ok(statusOf('trainer').includes('fail'));
  for (const { status, fix } of findings) if (status === 'fail') assert.notEqual(fix, null);
});

test('6: a taken port', async (t) => {
  const server = await startFaultServer(t, (response) => response.end());
  const args = [
    'embedded',
    'serve',
    '--port',
    new URL(server.url).port,
    '--threads',
    '1',
    '--state-dir',
    join(folder, 'state'),
  ];
  const result = await runCli(args);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /port \d+ of 127\.0\.0\.1 is taken; give another --port/);
});

test('7: no such run', async () => {
  const db = join(folder, 'empty.db');
  openRunStore(db)[Symbol.dispose]();
  const runs = await runCli(['runs', '--json', '--db', db]);
  assert.deepEqual([runs.code, JSON.parse(runs.stdout)], [0, []]);
  for (const args of [
    ['show', 'r1'],
    ['show'],
    ['export', 'r1', '--out', join(folder, 'x.jsonl')],
    ['resume'],
    ['resume', 'r1'],
  ]) {
    const result = await runCli([...args, '--db', db]);
    assert.equal(result.code, 2, args.join(' '));
    assert.match(result.stderr, /there (is no (unfinished )?run|are no runs)/);
  }
});

test('8: a run by its name', async () => {
  const db = join(folder, 'named.db');
  {
    using store = openRunStore(db);
    // The name of one is the id of another.
    const names = { r1: 'first', r2: 'twice', r3: 'twice', r4: 'r1' };
    for (const [id, name] of Object.entries(names))
      store.createRun(sampleRun({ id, name, status: 'interrupted' }), [sampleStage()]);
  }
  const end = (run: string) => runCli(['runs', 'end', run, '--json', '--db', db]);
  for (const [wanted, id] of [
    ['first', 'r1'],
    ['r1', 'r1'],
  ] as const) {
    const { code, stdout, stderr } = await runCli(['show', wanted, '--rollouts', '--json', '--db', db]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).run, id);
  }
  const several = await end('twice');
  assert.equal(several.code, 2);
  assert.match(several.stderr, /2 runs are named twice: give an id \(r[23], r[23]\)/);
  const ended = await end('first');
  assert.deepEqual(JSON.parse(ended.stdout), { id: 'r1', status: 'done' });
  using store = openRunStore(db, { readonly: true });
  assert.deepEqual(
    ['r1', 'r2', 'r3', 'r4'].map((id) => store.getRun(id)?.status),
    ['done', 'interrupted', 'interrupted', 'interrupted'],
  );
});
