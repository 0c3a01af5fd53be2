/**
 * Effective parallelism: which executed paths did work that the answer needed:
 *  1. garbage earns nothing, kind by kind, with a right answer and a valid format
 *  2. tags that were typed out of ordinary tokens count for nothing
 *  3. padding around one good block costs it, a little of it does not
 *  4. what published teachers wrote keeps its blocks (335 real traces)
 *  5. the embedded teacher's blocks all count, short as they are
 *  6. invisible characters, full-width letters and filler change no verdict
 *  7. each threshold moves what it says
 *  8. hostile text of 200,000 characters ends in time that grows no faster than the text
 *  9. values and distances of paths are told as they are
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import {
  DEFAULT_EFFECTIVE_THRESHOLDS,
  type EffectiveThresholds,
  measureTrajectory,
} from '../../src/core/effective/effective-parallelism.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { executeText, typeText } from '../support/executed-trace.ts';
import { NO_SAMPLES, readSharedRows } from '../support/shared-rows.ts';
import { RECORDED_FAULTS } from '../support/teacher-rows.ts';

const PROBLEM =
  'A farm has 4 barns with 12 cows each and a meadow with 10 cows more. Every cow gives 3 litres a day. How many litres is that?';
const BY_COWS =
  'The barns hold 4 * 12 = 48 cows, and with the meadow that makes 48 + 10 = 58 cows, so 58 * 3 = 174 litres.';
const BY_LITRES =
  'Count litres first: a barn gives 12 * 3 = 36 litres, four of them 4 * 36 = 144, the meadow 10 * 3 = 30, so 144 + 30 = 174 litres.';
const SUMMARY = 'Counting cows gives 174 litres, and counting litres barn by barn gives 144 + 30 = 174 as well.';
const ANSWER = '\nFinal Answer: 174';

const blockOf = (paths: readonly string[], summary = SUMMARY) =>
  `<Parallel>${paths.map((path) => `<Path>${path}</Path>`).join('')}</Parallel>\n<Summary>${summary}</Summary>`;

const INTRO = 'Let me find the litres of one day. ';
const GOOD = `${INTRO}${blockOf([BY_COWS, BY_LITRES])}${ANSWER}`;

function earn(
  text: string,
  thresholds?: EffectiveThresholds,
  problem = PROBLEM,
  answer: string | null = '174',
): number {
  return measureTrajectory(executeText(text), { problem, answer }, thresholds).earning;
}

const twice = (path: string, again: string) => `${INTRO}${blockOf([path, again])}${ANSWER}`;
const repeat = (text: string, count: number) => Array.from({ length: count }, () => text);
const toFullWidth = (text: string) =>
  text.replace(/[!-~]/g, (letter) => String.fromCodePoint(letter.codePointAt(0)! + 0xfee0));

/** What a policy could write to be paid for tags. All are right, nearly all of valid format. */
const GARBAGE: Readonly<Record<string, string>> = {
  'one letter': twice('a', 'b'),
  dots: twice('....', '......'),
  'zero-width characters': twice('\u200b\u200bx', '\u2060y\ufeff'),
  'filler characters': twice('\u3164'.repeat(40), '\u2800'.repeat(40)),
  'a copy and a dot': twice(BY_COWS, `${BY_COWS}.`),
  'a copy with invisible characters': twice(BY_COWS, BY_COWS.replaceAll(' ', ' \u200b')),
  'a full-width copy': twice(BY_COWS, toFullWidth(BY_COWS)),
  'a copy and filler words': twice(BY_COWS, `${BY_COWS} ${'indeed so we are done here and that is that '.repeat(4)}`),
  '30 garbage blocks': `${INTRO}${repeat(blockOf(['foo bar baz', 'qux quux corge'], 'ok'), 30).join(' ')}${ANSWER}`,
  'one good block among 30': `${GOOD.slice(0, -ANSWER.length)}${repeat(blockOf(['foo bar', 'qux quux'], 'ok'), 30).join(' ')}${ANSWER}`,
  '20 equal paths': `${INTRO}${blockOf(repeat(BY_COWS, 20))}${ANSWER}`,
  'two good paths and 18 letters': `${INTRO}${blockOf([BY_COWS, BY_LITRES, ...[...'abcdefghijklmnopqr']])}${ANSWER}`,
  'a block after the answer': `${INTRO}${BY_COWS}${ANSWER}\n${blockOf([BY_COWS, BY_LITRES])}`,
  'a whole solution, then garbage': `${INTRO}${BY_COWS} ${blockOf(['blah blah blah', 'yes this is fine'], 'so be it')}${ANSWER}`,
  'a whole solution, then itself twice': `${INTRO}${BY_COWS} ${blockOf([BY_COWS, `${BY_COWS} ok`])}${ANSWER}`,
  'the answer only inside a path': `${INTRO}${blockOf([`${BY_COWS}${ANSWER}`, BY_LITRES], 'done')} Thus it is done.`,
  'paths that give different answers': twice(
    `${BY_COWS} The answer is 174.`,
    `${BY_LITRES.replaceAll('174', '175')} The answer is 175.`,
  ),
  'the problem copied': twice(PROBLEM, `${PROBLEM} I see.`),
  'the words of the problem shuffled': twice(
    PROBLEM.split(' ').sort().join(' '),
    PROBLEM.split(' ').reverse().join(' '),
  ),
  'words of nothing': twice(
    'Lorem ipsum dolor sit amet consectetur adipiscing elit sed do',
    'eiusmod tempor incididunt ut labore et dolore magna aliqua enim',
  ),
  'true sums of nothing': twice('1+1=2', '2+2=4'),
  'a plan without values': twice(
    'First we compute the number of cows and then the litres and then add all of them together',
    'Alternatively one could set up an equation and solve it for the unknown variable using algebra',
  ),
};

test('1: garbage', () => {
  assert.equal(earn(GOOD), 1);
  for (const [name, text] of Object.entries(GARBAGE)) assert.equal(earn(text), 0, name);
  const valid = Object.values(GARBAGE).filter((text) => checkFormat(text, 'strict').valid);
  assert.ok(valid.length >= 15, 'most of it is what the format check calls valid');
});

test('2: typed tags', () => {
  const typed = measureTrajectory(typeText(GOOD), { problem: PROBLEM, answer: '174' });
  assert.deepEqual([typed.earning, typed.paths], [0, 0]);
});

test('3: padding', () => {
  const one = GOOD.replace('</Parallel>', '<Path>x</Path></Parallel>');
  assert.equal(earn(one), 1);
  const three = GOOD.replace('</Parallel>', '<Path>x</Path><Path>y</Path><Path>z</Path></Parallel>');
  assert.equal(earn(three), 0);
  const more = `${INTRO}${blockOf([BY_COWS, BY_LITRES])} and ${blockOf(['Check: 174 / 3 = 58 cows, which is 48 + 10.', 'Check the other way: 58 - 10 = 48 and 48 / 4 = 12 cows in a barn.'], 'Both checks hold: 58 cows, 12 in a barn.')}${ANSWER}`;
  assert.equal(earn(more), 2, 'a second block with work counts, and a reward pays for one');
});

interface Trace {
  readonly id: string;
  readonly problem: string;
  readonly output: string;
  readonly answer: string;
}

test('4: real traces', (t) => {
  const rows = readSharedRows<Trace>('data/pr1_parallel_gsm8k_sft_341.jsonl');
  if (rows === null) return t.skip(NO_SAMPLES);
  const withBlock = rows.filter(({ id, output }) => output.includes('<Parallel>') && !(id in RECORDED_FAULTS));
  const kept = withBlock.filter(({ output, problem, answer }) => earn(output, undefined, problem, String(answer)) > 0);
  t.diagnostic(`${kept.length} of ${withBlock.length} real traces keep their block`);
  assert.ok(kept.length >= 0.93 * withBlock.length, `${kept.length} of ${withBlock.length}`);
});

test('5: the embedded teacher', () => {
  const problems = (['easy', 'hard'] as const).flatMap((level) =>
    generateWordSums({ level, split: 'train', count: 300, seed: 5 }),
  );
  const lost = problems.filter(({ text, answer }) => {
    const written = writeParallelSolution(parseWordSum(text)!.operands);
    return earn(`${written}`, undefined, text, answer) === 0;
  });
  assert.ok(lost.length <= problems.length / 100, `${lost.length} lost: ${lost[0]?.text}`);
});

test('6: what is not seen does not count', () => {
  const dressed = GOOD.replaceAll('= 174', '=\u200b 174').replaceAll('cows', 'c\u00adows');
  assert.equal(earn(dressed), 1);
  assert.equal(earn(GOOD.replace(BY_LITRES, toFullWidth(BY_LITRES))), 1);
});

test('7: thresholds', () => {
  const set = (change: Partial<EffectiveThresholds>) => ({ ...DEFAULT_EFFECTIVE_THRESHOLDS, ...change });
  const prose = twice(
    'Seen from the barns, cows stand in equal rows, which gives fifty-eight animals overall',
    'Seen from the pails, every barn fills thirty-six litres and the meadow thirty besides',
  ).replace(SUMMARY, 'Equal rows and animals overall agree with pails: thirty-six litres, thirty besides, fifty-eight');
  assert.equal(earn(prose), 1);
  assert.equal(earn(prose, set({ minWords: 40 })), 0);
  assert.equal(earn(prose, set({ minNewWords: 30 })), 0);
  assert.equal(earn(GARBAGE['a copy and a dot']!, set({ minDistance: 0 })), 1);
  assert.equal(earn(GOOD, set({ maxRestated: 0 })), 1, 'three words in a row are shared by chance only');
  const padded = GOOD.replace('</Parallel>', '<Path>x</Path></Parallel>');
  assert.equal(earn(padded, set({ maxIdlePerPath: 0 })), 0);
});

test('8: hostile', () => {
  const measure = (unit: string, size: number) => {
    const text = twice(unit.repeat(size / unit.length), `1 ${unit.repeat(size / unit.length)}`);
    const started = process.cpuUsage();
    measureTrajectory(executeText(text), { problem: PROBLEM, answer: '174' });
    const { user, system } = process.cpuUsage(started);
    return user + system;
  };
  for (const unit of [
    '0',
    '1 ',
    '= ',
    '1=',
    '1,',
    '1.',
    '((((',
    '- ',
    'a ',
    '000,',
    '$',
    '\u200b',
    '+1=',
    '1+',
    '\\times ',
    'ⅷ',
  ]) {
    measure(unit, 2_000);
    const [small, large] = [measure(unit, 20_000), measure(unit, 200_000)];
    assert.ok(large < 60 * small + 200_000, `${JSON.stringify(unit)}: ${small} and ${large} microseconds`);
  }
});

test('9: figures', () => {
  const { blocks, effectivePaths, paths } = measureTrajectory(executeText(GOOD), { problem: PROBLEM, answer: '174' });
  const [first, second] = blocks[0]!;
  assert.deepEqual([effectivePaths, paths, first!.distance, first!.value, second!.value], [2, 2, 1, '174', '174']);
  assert.ok(second!.distance > 0.5 && second!.distance <= 1, `${second!.distance}`);
  assert.ok(first!.units > 15);
  const copied = measureTrajectory(executeText(GARBAGE['a copy and a dot']!), { problem: PROBLEM, answer: '174' });
  assert.deepEqual(
    copied.blocks[0]!.map(({ idle }) => idle),
    [null, 'copy'],
  );
});
