/**
 * What commands are given, without running any:
 *  1. numbers arrive as numbers, files and addresses are looked at, a choice is one of its words; every refusal names
 *     the flag, what was typed and what it must be
 *  2. an option is given once or as often as it may be; the last one of a repeated switch counts
 *  3. a flag that stands for a key of the configuration sets that key, in the order of the table, and nothing when it
 *     was not given
 *  4. every key that a flag of any command stands for is there in the preset it is for
 *  5. every command has an action of its own name, or shares one that says so; nothing else lies among the actions
 */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import test from 'node:test';
import { COMMANDS } from '../../src/cli/commands.ts';
import {
  choice,
  count,
  decimal,
  file,
  flag,
  forKey,
  listOverrides,
  many,
  one,
  path,
  type Reader,
  text,
  url,
} from '../../src/cli/options.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { UsageError } from '../../src/errors.ts';

function refusalOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    return error.message;
  }
  return assert.fail('it was taken');
}

test('1: values', () => {
  const refused = (reader: Reader<unknown>, word: string) => refusalOf(() => reader.read(word, '--x'));
  assert.equal(count(1, 9).read('7', '--x'), 7);
  assert.equal(decimal(0.5).read('0.5', '--x'), 0.5);
  assert.equal(choice(['a', 'b']).read('b', '--x'), 'b');
  assert.equal(path.read('rows.jsonl', '--x'), resolve('rows.jsonl'));
  assert.equal(url.read('http://127.0.0.1:8000/v1', '--x'), 'http://127.0.0.1:8000/v1');
  assert.equal(text.read('-1', '--x'), '-1');
  for (const word of ['0', '10', '1e1', '1.0', '-1', ' 1', 'x', '', '9'.repeat(13)])
    assert.equal(refused(count(1, 9), word), `--x is ${JSON.stringify(word)}; it must be a whole number from 1 to 9`);
  assert.match(refused(decimal(1), '0.9'), /^--x is "0\.9"; it must be a number from 1$/);
  assert.match(refused(choice(['a', 'b']), 'c'), /^--x is "c"; it must be one of a, b$/);
  assert.match(refused(url, 'localhost:8000'), /^--x is "localhost:8000"; it must be a URL such as http/);
  assert.match(refused(file, tmpdir()), /is a folder; name a file$/);
});

test('2: how often', () => {
  const once = one('', count(), 3);
  assert.deepEqual([once.read('4', '--x'), once.read(3, '--x')], [4, 3]);
  assert.match(
    refusalOf(() => once.read(['1', '2'], '--x')),
    /^--x is given 2 times; once is enough$/,
  );
  const often = many('', count(), 'none');
  assert.deepEqual([often.read([], '--x'), often.read('1', '--x'), often.read(['1', '2'], '--x')], [[], [1], [1, 2]]);
  const quiet = flag('');
  assert.deepEqual(
    [quiet.read(false, ''), quiet.read([false, true], ''), quiet.read([true, false], '')],
    [...[false, true, false]],
  );
});

test('3: flags for keys', () => {
  const table = {
    limit: forKey('stages.0.limit', one('', count())),
    teacher: forKey('stages.0.teacher.url', many('', url, ''), (urls) => urls.length),
    stage: one('', text),
    preview: forKey('stages.0.limit', one('', count())),
  };
  assert.deepEqual(listOverrides(table, { teacher: [], stage: 'x' }), []);
  assert.deepEqual(listOverrides(table, { limit: 5, teacher: ['a', 'b'], stage: 'x', preview: 2 }), [
    { flag: '--limit', path: 'stages.0.limit', value: 5 },
    { flag: '--teacher', path: 'stages.0.teacher.url', value: 2 },
    { flag: '--preview', path: 'stages.0.limit', value: 2 },
  ]);
});

test('4: keys that exist', () => {
  const settings = COMMANDS.flatMap(({ options }) => Object.values(options)).flatMap(({ setting }) => setting ?? []);
  assert.ok(settings.length > 20);
  for (const { path: key } of settings) {
    // A value of no kind is a fault of that key and of no other: an unknown key would be told as such.
    const overrides = [{ flag: '--flag', path: key, value: Symbol.iterator }];
    const refusal = refusalOf(() => loadRunConfig({ preset: 'seen', overrides }));
    assert.match(refusal, /--flag/, key);
    assert.doesNotMatch(refusal, /unknown key/, key);
  }
});

/** Commands that share an action: those that run one stage alone. */
const SHARED: Readonly<Record<string, string>> = { sft: 'one-stage', rl: 'one-stage', eval: 'one-stage' };

test('5: actions', () => {
  const folder = join(import.meta.dirname, '..', '..', 'src', 'cli', 'actions');
  const files = readdirSync(folder).map((name) => name.replace('.ts', ''));
  const names = COMMANDS.map(({ name }) => name.split(' ')[0]!);
  const needed = names.map((name) => SHARED[name] ?? name);
  assert.deepEqual(
    needed.filter((name) => !files.includes(name)),
    [],
  );
  const isOwned = (name: string) => [...needed, ...names].some((one) => name === one || name.startsWith(`${one}-`));
  assert.deepEqual(
    files.filter((name) => !isOwned(name)),
    [],
  );
});
