/**
 * `export --format inspect`, through the command line:
 *  1. a log for each set, found under a name of inspect_ai's kind; the same run gives the same files
 *  2. each answer is an epoch of its problem, with our verdict and that of the reference's rule as scores
 *  3. the head has the figures of the evaluation: mean, error, interval
 *  4. refused in one line: a file in place of a folder, a run without evaluations
 *  5. inspect_ai reads it, whole and head alone, and lists it (needs a Python with inspect_ai, 0.3.285 is known to work; name
 *     it in PARALLEL_R1_INSPECT_PYTHON)
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { runCli } from '../support/cli-process.ts';
import { writeMadeUpSet } from '../support/known-accuracy.ts';
import { listKnownSettings } from '../support/known-evaluation.ts';
import { startRolloutServer } from '../support/rollout-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('export-inspect');
const db = join(folder, 'runs.db');
const logs = join(folder, 'logs');

const PYTHON = process.env.PARALLEL_R1_INSPECT_PYTHON;
const skip = PYTHON === undefined ? 'set PARALLEL_R1_INSPECT_PYTHON to a Python with inspect_ai' : false;

interface Log {
  readonly version: number;
  readonly status: string;
  readonly eval: { readonly task: string; readonly model: string; readonly metadata: { decoding: string } };
  readonly results: { scores: { name: string; metrics: Record<string, { value: number }> }[] };
  readonly samples: {
    id: string;
    epoch: number;
    target: string;
    messages: { role: string; content: string }[];
    scores: Record<string, { value: string; answer?: string }>;
    metadata: { level?: string };
  }[];
}

function readLogs(): Log[] {
  return readdirSync(logs)
    .sort()
    .map((name) => JSON.parse(readFileSync(join(logs, name), 'utf8')) as Log);
}

/** Two answers to each of three problems: by label, by box, and none. */
async function evaluateAndExport(): Promise<void> {
  const set = writeMadeUpSet(folder, 'three', 3);
  const answers = ['Final Answer: 0', 'so \\boxed{2} & <b>', ''];
  const server = await startRolloutServer({
    maxDelayMs: 2,
    write: (prompt) => answers[Number(/is (\d+)/.exec(prompt)![1])]!,
  });
  try {
    const settings = listKnownSettings(server.url, [set], () => 2).flatMap((one) => ['--set', one]);
    const done = await runCli(['eval', '--preset', 'sequential', '--db', db, '--quiet', ...settings]);
    assert.equal(done.code, 0, done.stderr);
  } finally {
    await server.close();
  }
  const { code, stderr } = await runCli(['export', '--db', db, '--format', 'inspect', '--out', logs]);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /inspect view --log-dir/);
}

test.before(evaluateAndExport);

test('1: files', async () => {
  const names = readdirSync(logs);
  assert.equal(names.length, 1);
  assert.match(names[0]!, /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\+00-00_three_[0-9a-f]{22}\.json$/);
  const before = readFileSync(join(logs, names[0]!), 'utf8');
  const { code, stdout } = await runCli(['export', '--db', db, '--format', 'inspect', '--out', logs, '--json']);
  assert.equal(code, 0);
  assert.deepEqual((JSON.parse(stdout) as { files: string[] }).files, [join(logs, names[0]!)]);
  assert.equal(readFileSync(join(logs, names[0]!), 'utf8'), before);
});

test('2+3: what it holds', () => {
  const [log] = readLogs();
  assert.deepEqual(
    [log!.version, log!.status, log!.eval.task, log!.eval.model, log!.eval.metadata.decoding],
    [2, 'success', 'three', 'vllm/rollout-double', 'sequential'],
  );
  assert.deepEqual(
    log!.samples.map(({ id, epoch, target, scores, metadata }) => [
      ...[id, epoch, target, metadata.level],
      ...[scores.parallel_r1!.value, scores.parallel_r1!.answer, scores.reference_dapo!.value],
    ]),
    [0, 1, 2].flatMap((i) => {
      const values = [
        ['C', '0', 'C'],
        ['C', '2', 'N'],
        ['N', undefined, 'N'],
      ][i]!;
      return [1, 2].map((epoch) => [`three-${i}`, epoch, `${2 * i}`, `${i + 1}`, ...values]);
    }),
  );
  assert.deepEqual(
    log!.samples[2]!.messages.map(({ role, content }) => [role, content]),
    [
      ['user', 'three: what is 1 plus 1?'],
      ['assistant', 'so \\boxed{2} & <b>'],
    ],
  );
  const [ours, reference] = log!.results.scores;
  const value = (name: string) => ours!.metrics[name]!.value;
  assert.equal(value('accuracy'), 2 / 3);
  assert.ok(value('stderr') > 0.3 && value('interval_low') < 0.2 && value('interval_high') > 0.9);
  assert.equal(reference!.metrics.accuracy!.value, 1 / 3);
});

test('4: refused', async () => {
  const refuse = async (store: string, out: string, line: RegExp) => {
    const { code, stderr } = await runCli(['export', '--db', store, '--format', 'inspect', '--out', out]);
    assert.equal(code, 2);
    assert.match(stderr.trimEnd(), line);
  };
  await refuse(db, join(folder, 'x.json'), /writes a log for each set, and --out .*x\.json is a file: name a folder$/);
  const file = join(folder, 'there');
  writeFileSync(file, '');
  await refuse(db, file, /there is a file: name a folder$/);
});

test('5: inspect_ai', { skip }, async () => {
  const script = `
import json, sys
from inspect_ai.log import list_eval_logs, read_eval_log
names = list_eval_logs(sys.argv[1])
log = read_eval_log(names[0]); head = read_eval_log(names[0], header_only=True)
print(json.dumps([len(names), names[0].task, log.status, len(log.samples), log.samples[0].scores["parallel_r1"].value,
  log.results.scores[0].metrics["accuracy"].value, head.eval.dataset.samples, log.samples[2].output.completion]))
`;
  const { stdout } = await promisify(execFile)(PYTHON!, ['-c', script, logs]);
  assert.deepEqual(JSON.parse(stdout), [1, 'three', 'success', 6, 'C', 2 / 3, 3, 'so \\boxed{2} & <b>']);
});
