/**
 * The command line as a user meets it, without a model:
 *  1. `--help` lists every command once, under what a person wants to do, names the exit codes, goes to stdout and ends with 0
 *  2. every command has a help page of its own with all its options and examples, whatever else is on the line; pages fit
 *     80 columns, and 40 but for words that are longer
 *  3. a mistyped command or option is told in one line with the one that was meant; exit code 2
 *  4. missing, doubled and impossible values are told in one line; exit code 2
 *  5. faults of the configuration are told all at once with key path, hint and place; exit code 2
 *  6. files that are missing or malformed are told with file and line, before any store is made; exit code 2
 *  7. `--dry-run` prints a configuration that can be read back, starts nothing, and as `--json` is JSON alone
 *  8. a preset that needs servers says which addresses are missing
 *  9. no message is a stack, unless PARALLEL_R1_DEBUG asks for one
 */
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { TASKS } from '../../src/cli/command.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { renderCommandHelp, renderOverview } from '../../src/cli/render/render-help.ts';
import { type CliResult, runCli } from '../support/cli-process.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('usage');

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** Exit code 2, nothing on stdout, one line on stderr that says so. */
function assertRefused(result: CliResult, message: RegExp): void {
  assert.equal(result.code, 2, result.stderr);
  assert.equal(result.stdout, '');
  assert.match(result.stderr, message);
  assert.equal(result.stderr.trimEnd().split('\n').at(-1)!.startsWith('parallel-r1: '), true, result.stderr);
}

test('1: help', async () => {
  const { code, stdout, stderr } = await runCli(['--help']);
  assert.equal(code, 0);
  assert.equal(stderr, '');
  const lines = stdout.split('\n');
  for (const { name } of COMMANDS) assert.equal(lines.filter((line) => line.startsWith(`  ${name} `)).length, 1, name);
  const titles = Object.values(TASKS).map((title) => lines.indexOf(title));
  assert.deepEqual(
    titles,
    titles.toSorted((a, b) => a - b),
  );
  assert.ok(titles[0]! > 0);
  assert.match(stdout, /^ {2}completion /m);
  assert.match(stdout.replaceAll('\n', ' '), /130 interrupted/);
});

test('2: help of every command', async () => {
  const pages = await Promise.all(COMMANDS.map(({ name }) => runCli([name.split(' ')[0]!, '--help'])));
  pages.forEach(({ code, stdout }, index) => {
    const { name, options } = COMMANDS[index]!;
    assert.equal(code, 0, name);
    const own = Object.entries(options).map(([option, { isWord }]) => (isWord ? option : `--${option}`));
    for (const option of [...own, '--db', '--config', '--set', '--json', '--quiet', '--help']) {
      assert.match(stdout, new RegExp(`^ {2}${option === '--help' ? '-h, --help' : option}( |$)`, 'm'), name);
    }
  });
  const amid = await runCli(['--db', 'x.db', 'run', '--preset', 'none', '-h']);
  assert.equal(amid.stdout, (await runCli(['run', '--help'])).stdout);
  assert.match(amid.stdout, /^ {4}parallel-r1 run --preset parallel .* \\$/m);
  for (const columns of [80, 40]) {
    const texts = [renderOverview(COMMANDS, columns), ...COMMANDS.map((one) => renderCommandHelp(one, columns))];
    for (const line of texts.join('\n').split('\n')) {
      const isOneWord =
        line
          .trim()
          .replace(/ \\$/, '')
          .split(/ (?=--)/).length === 1 && line.length > columns;
      assert.ok(line.length <= columns || (columns === 40 && isOneWord), `${columns}: ${line}`);
    }
  }
});

test('3: typing mistakes', async () => {
  assertRefused(await runCli(['rnu']), /there is no command "rnu"; did you mean run\?/);
  assertRefused(await runCli(['run', '--presett', 'seen']), /there is no option --presett; did you mean --preset\?/);
  assertRefused(await runCli(['run', '--dryrun']), /did you mean --dry-run\?/);
  assertRefused(await runCli(['run', '--preset', 'embeded']), /did you mean embedded\?/);
  assertRefused(await runCli(['run', 'now']), /"now" is one argument too many/);
});

test('4: values', async () => {
  assertRefused(await runCli([]), /name a command/);
  assertRefused(await runCli(['check']), /an argument is missing/);
  assertRefused(await runCli(['export', 'r1']), /--out is missing/);
  assertRefused(await runCli(['runs', '--db']), /--db needs a value/);
  assertRefused(await runCli(['datasets', 'generate', '--seed', '1', '--seed', '2']), /--seed is given 2 times/);
  assertRefused(await runCli(['datasets', 'generate', '--count', '1e9']), /--count is "1e9".*whole number from 1/);
  assertRefused(await runCli(['check', 'x', '--mode', 'lax']), /mode is "lax"; it must be one of strict, reference/);
  assertRefused(
    await runCli(['runs', 'end', '--db', join(folder, 'none.db')]),
    /runs end needs the id or name of a run/,
  );
  assertRefused(await runCli(['runs', '--db', folder]), /is a folder; name a file/);
  assertRefused(await runCli(['verify', '--gold', '1']), /--gold and --answer, or --jsonl/);
});

test('5: configuration', async () => {
  const config = write('bad.yaml', 'preset: embedded\nrun:\n  nam: x\n  seed: -1\n');
  const result = await runCli(['run', '--config', config, '--set', 'rollout.paths=one', '--db', join(folder, 'no.db')]);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /3 faults/);
  assert.match(result.stderr, /run\.nam: unknown key; did you mean run\.name\? \(.*bad\.yaml:3\)/);
  assert.match(result.stderr, /run\.seed: .*bad\.yaml:4/);
  assert.match(result.stderr, /rollout\.paths: .*--set rollout\.paths/);
  assertRefused(await runCli(['run', '--config', join(folder, 'none.yaml')]), /none\.yaml: there is no such file/);
  assertRefused(await runCli(['run', '--set', 'run.name']), /--set run\.name: write --set key\.path=value/);
});

test('6: files', async () => {
  const db = join(folder, 'files.db');
  const problems = write('problems.jsonl', '{"problem": "1 + 1?", "answer": "2"}\n{"problem": "2 + 2?"}\n');
  const rows = write('rows.jsonl', '{"problem": "1 + 1?", "answer": "2", "target": "2"}\nnot json\n');
  assertRefused(
    await runCli(['generate', '--problems', problems, '--db', db]),
    /problems\.jsonl:2: "answer" is missing/,
  );
  assertRefused(await runCli(['sft', '--data', rows, '--db', db]), /rows\.jsonl:2: not valid JSON/);
  assertRefused(
    await runCli(['generate', '--problems', join(folder, 'none.jsonl'), '--db', db]),
    /there is no such file/,
  );
  assertRefused(
    await runCli(['generate', '--problems', 'no/such-set', '--db', db]),
    /problem set "no\/such-set" is not here/,
  );
  assertRefused(await runCli(['check', join(folder, 'none.txt')]), /none\.txt: there is no such file/);
  assertRefused(await runCli(['check', folder]), /this is a folder/);
  const occupied = join(folder, 'occupied');
  writeFileSync(occupied, '');
  assertRefused(await runCli(['run', '--db', join(occupied, 'runs.db')]), /folder of the store cannot be made/);
  assert.equal(existsSync(db), false);
});

test('7: dry run', async () => {
  const db = join(folder, 'dry.db');
  const text = await runCli(['run', '--dry-run', '--seed', '11', '--db', db]);
  assert.equal(text.code, 0, text.stderr);
  assert.match(text.stderr, /1\. cold-start: ask teacher/);
  const config = write('resolved.yaml', text.stdout);
  const json = await runCli(['run', '--dry-run', '--json', '--config', config, '--db', db]);
  assert.equal(json.stderr, '');
  const { config: resolved, plan } = JSON.parse(json.stdout);
  assert.equal(resolved.run.seed, 11);
  assert.equal(plan.length, 1 + resolved.stages.length);
  assert.equal(existsSync(db), false);
});

test('8: missing addresses', async () => {
  const result = await runCli(['run', '--preset', 'seen', '--db', join(folder, 'seen.db')]);
  assert.equal(result.code, 2);
  assert.match(result.stderr, /engine\.urls: is empty.*--engine URL/);
  assert.match(result.stderr, /trainer\.url: is missing.*--trainer URL/);
});

test('9: stacks', async () => {
  const plain = await runCli(['show', 'x', '--db', join(folder, 'none.db')]);
  assertRefused(plain, /there is no run store here/);
  assert.doesNotMatch(plain.stderr, /\n\s+at /);
});
