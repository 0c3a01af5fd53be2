/**
 * What a hostile model, server, file or key says reaches the terminal as text:
 *  1. every command has a case here, and none of them prints a character that a terminal acts on
 *  2. each case shows the hostile text, escaped: nothing is dropped in silence
 *  3. `--json` parses to the very text
 */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import Database from 'better-sqlite3';
import { COMMANDS } from '../../src/cli/commands.ts';
import { type CliResult, runCli } from '../support/cli-process.ts';
import { type Answer, json, routes, startFaultServer, text } from '../support/fault-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('hostile-terminal');

/** Writes the clipboard, hides a link, clears the screen, turns the text round; C0, C1, DEL, invisible tags. */
const HOSTILE =
  '\u001B]52;c;ZXZpbA==\u0007\u001B]8;;http://evil\u001B\\x\u001B[2J\u009B31m\u202Eevil\u2066\u007F\u0008\u{E0041}\u0000';
/** What a file name can hold: all but NUL. */
const HOSTILE_NAME = HOSTILE.slice(0, -1).replaceAll('/', '_');
/** How the first bytes of it are shown, in plain text or between quotes. */
const SHOWN = /\\(?:x1b|u001b)\]52;c;ZXZpbA/;

/** Everything a terminal acts on or that turns text round, but line feeds. */
const UNSAFE = /(?!\n)[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u206f\ufeff\u{e0000}-\u{e007f}]/u;

const ANSWER = `Look: ${HOSTILE}\n\nFinal Answer: \\text{${HOSTILE}}`;

const answerChat: Answer = json({
  choices: [{ index: 0, message: { role: 'assistant', content: ANSWER }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 11, completion_tokens: 22 },
});

const file = (name: string, content: string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

const problems = file(
  `problems ${HOSTILE_NAME}.jsonl`,
  `${JSON.stringify({ id: `id ${HOSTILE}`, problem: `How many? ${HOSTILE}`, answer: `7 ${HOSTILE}` })}\n`,
);
mkdirSync(join(folder, 'datasets'));
file(`datasets/set ${HOSTILE_NAME}.jsonl`, '{"problem": "How many houses are there?", "answer": "3"}\n');
const badKey = file('bad-key.yaml', `${JSON.stringify({ [`key ${HOSTILE}`]: 1 })}\n`);
const badRow = file('bad-row.jsonl', `${JSON.stringify({ [`key ${HOSTILE}`]: 1 })}\n`);
const cases = file('cases.jsonl', `${JSON.stringify({ gold: '7', answer: `Final Answer: \\text{${HOSTILE}}` })}\n`);
const occupied = file('occupied', '');
const db = join(folder, 'runs.db');

/** What is typed for each command; `%` stands for the server. */
const CASES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  run: [
    ['run', '--config', badKey],
    ['run', '--set', `run.${HOSTILE_NAME}=1`],
  ],
  init: [['init', '--kind', 'embedded', '--file', join(occupied, HOSTILE_NAME)]],
  resume: [['resume', `no such ${HOSTILE_NAME}`]],
  generate: [
    ['generate', '--preview', '1', '--teacher', '%/v1', '--teacher-model', 'm', '--problems', problems],
    [
      'generate',
      '--teacher',
      '%/refuses',
      '--teacher-model',
      'm',
      '--problems',
      problems,
      '--db',
      join(folder, 'refused.db'),
    ],
  ],
  export: [['export', 'RUN', '--format', HOSTILE_NAME, '--out', 'x']],
  sft: [['sft', '--data', join(folder, `none ${HOSTILE_NAME}.jsonl`)]],
  rl: [['rl', '--problems', join(folder, `none ${HOSTILE_NAME}.jsonl`)]],
  eval: [['eval', '--problems', join(folder, `none ${HOSTILE_NAME}.jsonl`)]],
  solve: [['solve', `How many? ${HOSTILE_NAME}`, '--engine', '%/v1', '--model', 'm', '--set', 'engine.kind=openai']],
  check: [
    ['check', badRow],
    ['check', problems, '--as', 'text', '--promote', 'no_block'],
  ],
  verify: [['verify', '--gold', '7', '--answer', `Final Answer: \\text{${HOSTILE_NAME}}`]],
  datasets: [
    ['datasets', 'check', badRow, problems],
    ['datasets', 'overlap', problems, problems],
    ['datasets', 'list'],
    ['datasets', 'pull', HOSTILE_NAME],
    ['datasets', 'generate', '--level', HOSTILE_NAME],
  ],
  runs: [['runs']],
  show: [['show'], ['show', '--attempts', '--limit', '1'], ['show', '--rollouts', '--stage', HOSTILE_NAME]],
  why: [['why', HOSTILE_NAME]],
  compare: [['compare', 'RUN', `no such ${HOSTILE_NAME}`]],
  analyse: [['analyse', `no such ${HOSTILE_NAME}`]],
  experiment: [['experiment', HOSTILE_NAME]],
  reproduce: [['reproduce', '--db', join(folder, `none ${HOSTILE_NAME}.db`)]],
  view: [['view', `no such ${HOSTILE_NAME}`]],
  report: [['report', `no such ${HOSTILE_NAME}`]],
  figures: [['figures', 'series', `no such ${HOSTILE_NAME}`]],
  prune: [['prune', `no such ${HOSTILE_NAME}`]],
  track: [['track', `no such ${HOSTILE_NAME}`]],
  replay: [['replay', `no such ${HOSTILE_NAME}`]],
  reverify: [['reverify', 'RUN']],
  config: [
    ['config', 'explain', HOSTILE_NAME],
    ['config', 'show', '--config', badKey],
  ],
  doctor: [
    ['doctor', '--engine', '%/refuses', '--trainer', '%/refuses', '--model', 'm', '--db', join(folder, HOSTILE_NAME)],
  ],
  embedded: [['embedded', 'serve', '--state-dir', join(occupied, HOSTILE_NAME)]],
};

/** The command line refused or done, with nothing in its output that a terminal acts on. */
function check(args: readonly string[], { stdout, stderr }: CliResult): void {
  const output = stdout + stderr;
  const unsafe = UNSAFE.exec(output);
  const near = unsafe === null ? '' : JSON.stringify(output.slice(Math.max(0, unsafe.index - 60), unsafe.index + 20));
  assert.equal(unsafe, null, `${args[0]}: ${near}`);
  assert.ok(SHOWN.test(output), `${JSON.stringify(args)} shows nothing of the hostile text: ${output}`);
}

test('1, 2, 3: every command', async (t) => {
  const refuse = text(JSON.stringify({ error: { message: `no ${HOSTILE}` } }), 400);
  const server = await startFaultServer(
    t,
    routes({
      '/health': json({}),
      '/v1/models': json({ data: [{ id: 'm' }] }),
      '/v1/chat/completions': answerChat,
      '/refuses/models': refuse,
      '/refuses/chat/completions': refuse,
    }),
  );
  const run = (args: readonly string[]) =>
    runCli([...args.map((word) => word.replace('%', server.url)), ...(args.includes('--db') ? [] : ['--db', db])], {
      cwd: folder,
    });
  const teacher = ['--teacher', `${server.url}/v1`, '--teacher-model', 'm', '--problems', problems];
  const first = await run(['generate', ...teacher]);
  assert.doesNotMatch(first.stdout + first.stderr, UNSAFE);
  // A run that was named by its user, and an answer that an earlier verifier accepted.
  const store = new Database(db);
  store.prepare('UPDATE runs SET name = ?, message = ?').run(`name ${HOSTILE}`, `message ${HOSTILE}`);
  store
    .prepare("UPDATE attempts SET code = 'wrong_answer', verdict = 'correct', verdict_rule = 'x', verifier = 'old/0'")
    .run();
  const { id } = store.prepare('SELECT id FROM runs').get() as { id: string };
  store.close();

  const untested = COMMANDS.map(({ name }) => name.split(' ')[0]!).filter((name) => CASES[name] === undefined);
  assert.deepEqual(untested, [], 'every command needs a case');
  for (const args of Object.values(CASES).flat()) {
    const typed = args.map((word) => (word === 'RUN' ? id : word));
    check(typed, await run(typed));
  }

  const shown = await run(['runs', '--json']);
  assert.doesNotMatch(shown.stdout, UNSAFE);
  assert.equal(JSON.parse(shown.stdout)[0].name, `name ${HOSTILE}`);
  const [judged] = (await run(['verify', '--jsonl', cases])).stdout.trim().split('\n');
  assert.doesNotMatch(judged!, UNSAFE);
  assert.ok(JSON.parse(judged!).extracted.includes('\u001B]52;c;ZXZpbA=='), judged);
});
