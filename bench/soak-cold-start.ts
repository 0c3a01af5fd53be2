/**
 * Long form of test/e2e/cold-start-341.test.ts: `npm run soak -- cold-start [--kills 50] [--seed 1]`. `generate` over
 * all problems of gsm8k against the recorded teacher, killed (SIGKILL) at random moments and resumed until it ends. Its
 * export must equal that of an uninterrupted run byte for byte, and no completion that arrived may be asked for again. Needs
 * the sample files (../shared). Exit code 1 when something differs.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRng } from '../src/core/rng.ts';
import { runCli } from '../test/support/cli-process.ts';
import { exportMessages, generateArgs, readYield, writeProblems } from '../test/support/cold-start-run.ts';
import { generateThroughKills } from '../test/support/kill-generate.ts';
import { NO_SAMPLES } from '../test/support/shared-rows.ts';
import { readTeacherRows } from '../test/support/teacher-rows.ts';
import { startTeacherServer, type TeacherServerOptions } from '../test/support/teacher-server.ts';

const MAX_IN_FLIGHT = 64;
const MAX_DELAY_MS = 20;

/** Runs the soak. */
export async function soakColdStart({ kills, seed }: { kills: number; seed: number }): Promise<void> {
  const rows = readTeacherRows();
  if (rows === null) throw new Error(NO_SAMPLES);
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-soak-'));
  try {
    const options = { ...rows, maxDelayMs: MAX_DELAY_MS };
    const file = writeProblems(join(folder, 'problems.jsonl'), rows.problems);
    const whole = await generateWhole(options, file, folder);
    const teacher = await startTeacherServer(options);
    const db = join(folder, 'killed.db');
    const args = generateArgs({ db, file, url: teacher.url, maxInFlight: MAX_IN_FLIGHT });
    // Kills are spread over the whole run.
    const maxRequests = Math.floor((2 * rows.problems.length) / (kills + 1));
    const outcome = await generateThroughKills({ args, db, teacher, kills, maxRequests, rng: createRng(seed) });
    await teacher.close();
    const again = teacher.lostOnTheWayMs.length;
    const waits = teacher.lostOnTheWayMs.toSorted((a, b) => a - b);
    const [half, oldest] = [waits[waits.length >> 1] ?? 0, waits.at(-1) ?? 0].map((ms) => ms.toFixed(1));
    console.log(
      `${outcome.kills} kills, ${outcome.inFlight} problems at work at them; ${again} answers on the way then, half of them for less than ${half} ms, the oldest for ${oldest} ms`,
    );
    assert.deepEqual(teacher.askedAgain, []);
    assert.ok(again <= outcome.inFlight);
    assert.deepEqual(readYield(db), teacher.countTruth());
    assert.deepEqual(readFileSync(await exportMessages(db, join(folder, 'killed-rows.jsonl'))), whole);
    console.log(
      `the export (${whole.length} bytes) is that of the uninterrupted run; no stored completion asked again`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The export of a run that nobody disturbs. */
async function generateWhole(options: TeacherServerOptions, file: string, folder: string): Promise<Buffer> {
  const teacher = await startTeacherServer(options);
  const db = join(folder, 'whole.db');
  const result = await runCli(generateArgs({ db, file, url: teacher.url, maxInFlight: MAX_IN_FLIGHT }));
  assert.equal(result.code, 0, result.stderr);
  assert.deepEqual(readYield(db), teacher.countTruth());
  await teacher.close();
  return readFileSync(await exportMessages(db, join(folder, 'whole-rows.jsonl')));
}
