/**
 * Cold-start data from a teacher that answers as teachers do, through the command line. The teacher replays 341 real
 * outputs and every bad kind seen in the field (test/support/teacher-kinds.ts), and knows the truth of each:
 *  1. the yield report of `generate` over the problems of gsm8k equals that truth, code by code; every kind occurs
 *  2. no completion is asked for twice; each has its attempt in the store
 *  3. the exported rows are the good ones, each with the reference answer on its last line
 *  4. killed (SIGKILL) at random moments and resumed, the export is byte-identical; no completion that arrived is asked
 *     for twice, judged or not: what is asked for again was on its way at a kill
 * All 7,473 problems and 50 kills are `npm run soak -- cold-start` (bench/soak-cold-start.ts).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { runCli } from '../support/cli-process.ts';
import { exportMessages, generateArgs, readYield, writeProblems } from '../support/cold-start-run.ts';
import { generateThroughKills } from '../support/kill-generate.ts';
import { NO_SAMPLES } from '../support/shared-rows.ts';
import { GOOD_KIND, TEACHER_KINDS } from '../support/teacher-kinds.ts';
import { readTeacherRows } from '../support/teacher-rows.ts';
import { startTeacherServer } from '../support/teacher-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const rows = readTeacherRows();
const skip = rows === null ? NO_SAMPLES : false;
const folder = makeTempFolder('cold-start-341');

test('1-3: the yield report is the truth', { skip }, async (t) => {
  const { problems, recorded } = rows!;
  const teacher = await startTeacherServer({ problems, recorded });
  t.after(() => teacher.close());
  const db = join(folder, 'whole.db');
  const file = writeProblems(join(folder, 'whole.jsonl'), problems);
  const result = await runCli(generateArgs({ db, file, url: teacher.url, maxInFlight: 256 }));
  assert.equal(result.code, 0, result.stderr);

  const report = readYield(db);
  assert.deepEqual(report, teacher.countTruth());
  const kinds = teacher.countKinds();
  assert.deepEqual(
    Object.keys(kinds).sort(),
    ['recorded', GOOD_KIND.name, ...TEACHER_KINDS.map(({ name }) => name)].sort(),
  );
  assert.equal(kinds.recorded, recorded.length);

  assert.equal(teacher.asked, problems.length);
  assert.equal(teacher.finished.size, problems.length);

  const exported = await exportMessages(db, join(folder, 'whole-out.jsonl'));
  const answers = new Map(problems.map(({ problem, answer }) => [problem, answer]));
  const lines = readFileSync(exported, 'utf8').trimEnd().split('\n');
  assert.equal(lines.length, report.accepted);
  for (const line of lines) {
    const { messages } = JSON.parse(line) as { messages: { role: string; content: string }[] };
    const prompt = messages.find(({ role }) => role === 'user')!.content;
    const target = messages.find(({ role }) => role === 'assistant')!.content;
    const problem = prompt.slice(prompt.lastIndexOf('Problem: ') + 'Problem: '.length);
    assert.equal(target.split('\n').at(-1), `Final Answer: ${answers.get(problem)}`);
  }
});

test('4: killed and resumed', { skip }, async (t) => {
  const problems = rows!.problems.slice(0, 600);
  const options = { problems, recorded: rows!.recorded, maxDelayMs: 20 };
  const file = writeProblems(join(folder, 'kill.jsonl'), problems);
  const undisturbed = await startTeacherServer(options);
  t.after(() => undisturbed.close());
  const wholeDb = join(folder, 'undisturbed.db');
  const whole = await runCli(generateArgs({ db: wholeDb, file, url: undisturbed.url, maxInFlight: 16 }));
  assert.equal(whole.code, 0, whole.stderr);

  const teacher = await startTeacherServer(options);
  t.after(() => teacher.close());
  const db = join(folder, 'killed.db');
  const args = generateArgs({ db, file, url: teacher.url, maxInFlight: 16 });
  const { kills, inFlight } = await generateThroughKills({
    args,
    db,
    teacher,
    kills: 6,
    maxRequests: 90,
    rng: createRng(1),
  });
  assert.equal(kills, 6);
  const again = teacher.lostOnTheWayMs.length;
  const oldest = Math.max(0, ...teacher.lostOnTheWayMs).toFixed(1);
  t.diagnostic(
    `${kills} kills, ${inFlight} at work at them; ${again} answers on the way then, the oldest for ${oldest} ms`,
  );
  assert.deepEqual(teacher.askedAgain, []);
  assert.ok(again <= inFlight, `${again} completions asked for again, ${inFlight} were in flight`);
  // What is at work is bounded by the calls in flight, and so is what a kill can cost.
  assert.ok(inFlight <= kills * 20, `${inFlight} problems at work in ${kills} kills`);
  assert.deepEqual(readYield(db), readYield(wholeDb));
  assert.deepEqual(
    readFileSync(await exportMessages(db, join(folder, 'killed-out.jsonl'))),
    readFileSync(await exportMessages(wholeDb, join(folder, 'undisturbed-out.jsonl'))),
  );
});
