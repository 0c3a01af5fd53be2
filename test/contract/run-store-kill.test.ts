/**
 * kill -9 at any moment of writing (20 rounds on one store).
 *
 * 1. every call that returned is in the store: whole groups of rollouts, committed steps and their metrics
 * 2. nothing is half there or doubled: groups have all their samples, rollouts all their segments
 * 3. SQLite finds the file sound, and the next process goes on with it at once
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const WRITER = fileURLToPath(new URL('../support/run-store-writer.ts', import.meta.url));
const ROUNDS = 20;
const RUN = 'run-1';

/** Runs the writer, kills it when it has said `lines` lines, and returns all it said before it died. */
async function writeAndKill(file: string, lines: number): Promise<string[]> {
  const child = spawn(process.execPath, [WRITER, file, 'write'], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > lines) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', 'the writer lived until it was killed');
  return said.split('\n').slice(0, -1);
}

function checkReported(file: string, reported: readonly string[]): void {
  using store = openRunStore(file, { readonly: true });
  const committed = store.lastStep(RUN, 0);
  const metricSteps = new Set(store.listMetrics(RUN).map(({ step }) => step));
  for (const line of reported) {
    const [what, step, group] = line.split(' ');
    if (what === 'commit') assert.ok(Number(step) <= committed && metricSteps.has(Number(step)), line);
    else {
      const found = store
        .loadRollouts(RUN, 0, 'train', Number(step))
        .filter((rollout) => rollout.group === Number(group));
      assert.deepEqual(
        found.map(({ sample }) => sample),
        [0, 1],
        line,
      );
    }
  }
}

function checkWhole(file: string): void {
  const db = new Database(file);
  try {
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    assert.deepEqual(db.pragma('foreign_key_check'), []);
    const broken = (sql: string) => assert.deepEqual(db.prepare(sql).all(), [], sql);
    broken('SELECT step, group_index FROM rollouts GROUP BY step, group_index HAVING count(*) <> 2');
    broken(
      'SELECT r.id FROM rollouts r LEFT JOIN segments s ON s.rollout_id = r.id GROUP BY r.id HAVING count(s.id) <> 5',
    );
    broken('SELECT step FROM steps EXCEPT SELECT step FROM rollouts');
    broken('SELECT step FROM steps EXCEPT SELECT step FROM metrics');
  } finally {
    db.close();
  }
}

test('1-3. kill -9 loses nothing and doubles nothing', async (t) => {
  const folder = makeTempFolder('run-kill', t);
  const file = join(folder, 'runs.db');
  let total = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const lines = 1 + Math.floor(Math.random() * 60);
    const reported = await writeAndKill(file, lines);
    assert.ok(reported.length >= lines, `round ${round} wrote something`);
    total += reported.length;
    checkReported(file, reported);
    checkWhole(file);
  }
  t.diagnostic(`${total} calls had returned before ${ROUNDS} kills`);
});
