/**
 * The levels totals, chain and check.
 *
 * 1. Texts are plain sentences; the answer is what a reader works out of the sentence, computed here apart from the generator
 * 2. Every solution that claims the right answer verifies and passes the strict format; every calculation in it is true
 * 3. `totals` and `check`: parallel, direct and in turn all come to the answer; a path never holds a number that another found
 * 4. `chain`: the split never comes to the answer, and no verifier takes it
 * 5. `check`: exactly one of the two candidates adds up, and the second is tried in turn only when the first does not
 * 6. Training and held-out problems share no numbers, in whatever order; about one in eight is held out
 * 7. Lists are deterministic and distinct, a longer one begins with the shorter one; counts beyond a level are refused
 * 8. The last problem of any text is found, of the kinds asked for; what is only similar is not; hostile text in linear time
 * 9. The teacher of the mixed family answers each level with its labels, and that of word sums knows sums alone
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { answerAsTeacher, DEFAULT_TEACHER_MIX, type TeacherMix } from '../../adapters/embedded-lm/server/teacher.ts';
import { decodeIds, encodeText } from '../../adapters/embedded-lm/tokenizer.ts';
import { canonicaliseResponse, stripThinking } from '../../src/core/canonicalise.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { verify } from '../../src/core/verify/verify.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import {
  renderDirectSolution,
  renderInTurnSolution,
  renderParallelSolution,
} from '../../src/core/word-sums/solutions.ts';
import {
  findSplit,
  listNumbers,
  parseWordProblem,
  solveWordProblem,
  WORD_FAMILIES,
  type WordProblem,
} from '../../src/core/word-sums/word-problem.ts';

const LEVELS = ['totals', 'chain', 'check'] as const;
const { kinds: KINDS, labels: LABELS } = WORD_FAMILIES.mixed;
const COUNT = 400;

function drawLevel(level: (typeof LEVELS)[number], split: 'train' | 'heldout' = 'train', seed = 3) {
  return generateWordSums({ seed, level, split, count: COUNT }).map((row) => {
    const problem = parseWordProblem(row.text, KINDS);
    assert.ok(problem !== null, row.text);
    return { ...row, problem, solutions: solveWordProblem(problem) };
  });
}

const WORDS: Readonly<Record<(typeof LEVELS)[number], RegExp>> = {
  totals:
    /^[A-Z][a-z]+ has \d [a-z]+(, then [a-z]+ \d){2}\. [A-Z][a-z]+ has \d [a-z]+(, then [a-z]+ \d){2}\. How many (in all|more does one have than the other)\?$/,
  chain:
    /^[A-Z][a-z]+ has \d [a-z]+, then [a-z]+ \d(\. If that is over \d{1,2}, take away \d, otherwise add \d){2}\. How many in all\?$/,
  check: /^[A-Z][a-z]+ has \d\d [a-z]+, then loses \d\d\. How many are left\?$/,
};

/** The answer, read off the sentence by other means than the generator's. */
function workOut(text: string): number {
  const numbers = (part: string) => (part.match(/\d+/g) ?? []).map(Number);
  const total = (part: string) => numbers(part).reduce((sum, number) => sum + number, 0);
  if (text.includes('loses')) return numbers(text)[0]! - numbers(text)[1]!;
  const sentences = text.split('. ');
  if (!text.includes('If that')) {
    const [a, b] = [total(sentences[0]!), total(sentences[1]!)];
    return text.includes('in all') ? a + b : Math.abs(a - b);
  }
  return sentences.slice(1, 3).reduce((value, rule) => {
    const [over, less, more] = numbers(rule);
    return value > over! ? value - less! : value + more!;
  }, total(sentences[0]!));
}

function assertTrue(solution: string): void {
  const steps = solution.match(/\d+(?:[+-]\d+)+=\d+/g) ?? [];
  assert.ok(steps.length > 0, solution);
  for (const step of steps) {
    const [left, right] = step.split('=');
    const value = left!.match(/[+-]?\d+/g)!.reduce((sum, number) => sum + Number(number), 0);
    assert.equal(value, Number(right), `${step} in ${solution}`);
  }
}

function judge(text: string, gold: string): string {
  return verify(gold, text, { mode: 'math', structured: true }).verdict;
}

test('1: texts and answers', () => {
  for (const level of LEVELS) {
    for (const row of drawLevel(level)) {
      assert.match(row.text, WORDS[level]);
      assert.equal(row.answer, String(workOut(row.text)), row.text);
      assert.equal(row.level, level);
      assert.ok(Number(row.answer) > 0, row.text);
    }
  }
});

test('2 and 3: solutions', () => {
  for (const level of LEVELS) {
    for (const { answer, solutions, text } of drawLevel(level)) {
      const parallel = renderParallelSolution(solutions, LABELS);
      const own = level === 'chain' ? [] : [parallel, renderInTurnSolution(solutions)];
      for (const solution of [renderDirectSolution(solutions), ...own]) {
        assert.equal(judge(solution, answer), 'correct', `${text}\n${solution}`);
        assertTrue(solution);
      }
      for (const solution of [parallel, renderDirectSolution(solutions), renderInTurnSolution(solutions)]) {
        assert.deepEqual(checkFormat(solution, 'strict', { prompt: text }).violations, [], solution);
        for (const piece of [text, solution]) {
          const encoded = encodeText(piece, 'mixed');
          assert.ok('ids' in encoded && decodeIds(encoded.ids, false) === piece, piece);
        }
      }
    }
  }
});

test('4: chains cannot be split', () => {
  const turns = new Set<string>();
  for (const { answer, solutions, text } of drawLevel('chain')) {
    assert.notEqual(solutions.parallel.answer, solutions.answer);
    assert.equal(judge(renderParallelSolution(solutions, LABELS), answer), 'incorrect', text);
    assert.equal(judge(renderInTurnSolution(solutions), answer), 'incorrect', text);
    turns.add(solutions.direct.replace(/\d|=|;/g, ''));
  }
  assert.deepEqual([...turns].sort(), ['+++', '++-', '+-+', '+--'], 'every way through the two turns occurs');
});

test('5: candidates', () => {
  let borrows = 0;
  for (const { problem, solutions } of drawLevel('check')) {
    assert.ok(problem.kind === 'check');
    const fits = solutions.parallel.paths.map((path) => {
      const [ones, tens, candidate] = path.split(';');
      const sum = Number(tens!.split('=')[1]) * 10 + (Number(ones!.split('=')[1]) % 10);
      assert.equal(sum, Number(candidate) + problem.taken, path);
      return sum === problem.from;
    });
    assert.deepEqual(fits.toSorted(), [false, true]);
    const isSecond = fits[1]!;
    borrows += isSecond ? 1 : 0;
    assert.equal(solutions.inTurn.steps.split(';').length, isSecond ? 7 : 4);
  }
  assert.ok(borrows > COUNT / 4 && borrows < (3 * COUNT) / 4, `${borrows} need a borrow`);
});

/** The numbers of a problem where their order says nothing, sorted. */
function toKey(problem: WordProblem): string {
  switch (problem.kind) {
    case 'totals':
      return problem.parts
        .map((part) => part.toSorted().join())
        .sort()
        .join(' | ');
    case 'chain':
      return [problem.start.toSorted(), listNumbers(problem).slice(2)].join(' | ');
    default:
      return listNumbers(problem).join();
  }
}

test('6: splits', () => {
  for (const level of LEVELS) {
    const keysOf = (split: 'train' | 'heldout') =>
      [1, 2].flatMap((seed) => drawLevel(level, split, seed)).map(({ problem }) => toKey(problem));
    const train = new Set(keysOf('train'));
    assert.deepEqual(
      keysOf('heldout').filter((key) => train.has(key)),
      [],
      level,
    );
  }
  const splitOf = (...parts: [number[], number[]]) => findSplit({ kind: 'totals', parts, asks: 'total' });
  let heldout = 0;
  for (let from = 30; from < 100; from += 1) {
    for (let taken = 10; taken < 80; taken += 1) {
      heldout += findSplit({ kind: 'check', from, taken }) === 'heldout' ? 1 / 4900 : 0;
      const parts: [number[], number[]] = [
        [from % 10, taken % 10, 1],
        [Math.floor(from / 10), Math.floor(taken / 10), 2],
      ];
      assert.equal(splitOf(...parts), splitOf(parts[1].toReversed(), parts[0].toReversed()));
    }
  }
  assert.ok(heldout > 0.1 && heldout < 0.15, `share ${heldout}`);
});

test('7: lists', () => {
  for (const level of LEVELS) {
    const spec = { seed: 9, level, split: 'heldout' } as const;
    const long = generateWordSums({ ...spec, count: 300 });
    assert.deepEqual(generateWordSums({ ...spec, count: 50 }), long.slice(0, 50));
    assert.equal(new Set(long.map(({ text }) => text)).size, 300);
  }
  const most = { seed: 1, level: 'check', split: 'heldout' } as const;
  assert.equal(generateWordSums({ ...most, count: 5000 }).length, 5000);
  assert.throws(() => generateWordSums({ ...most, count: 5001 }), /level check come in lists of 0 to 5000/);
});

test('8: finding a problem', () => {
  const sum = 'Dan has 18 keys, then makes 31. How many in all?';
  const check = 'Dan has 52 keys, then loses 27. How many are left?';
  const chain =
    'Dan has 7 keys, then makes 8. If that is over 9, take away 3, otherwise add 4. If that is over 12, take away 5, otherwise add 6. How many in all?';
  const totals =
    'Dan has 7 keys, then makes 8, then wins 5. Eve has 9 keys, then finds 4, then buys 6. How many in all?';
  const all = [sum, check, chain, totals];
  for (let i = 0; i < all.length; i += 1) {
    const rotated = [...all.slice(i), ...all.slice(0, i)];
    const last = { check: check, chain, totals, sum }[parseWordProblem(rotated.join('\n'), KINDS)!.kind];
    assert.equal(last, rotated.at(-1));
  }
  assert.equal(parseWordProblem([sum, check].join('\n'), ['sum'])?.kind, 'sum');
  assert.equal(parseWordProblem(chain, ['sum', 'totals', 'check']), null);
  for (const other of [
    'Dan has 52 keys, then loses 47. How many are left?',
    check.replace('loses', 'wins'),
    chain.replace('If that is over 12', 'If it is over 12'),
    totals.replace('9 keys', '19 keys'),
    totals.replace('Eve', 'Bob'),
  ]) {
    assert.equal(parseWordProblem(other, KINDS), null, other);
  }
  for (const text of [check, chain, totals]) {
    assert.equal(parseWordProblem(text.slice(0, -1).repeat(100_000), KINDS), null);
  }
});

test('9: the teacher', () => {
  const only = (kind: string): TeacherMix => ({
    kinds: Object.fromEntries(
      Object.keys(DEFAULT_TEACHER_MIX.kinds).map((one) => [one, one === kind ? 1 : 0]),
    ) as TeacherMix['kinds'],
    thinkingShare: 0.5,
  });
  const ask = (message: string, kind: string, family: 'word-sums' | 'mixed' = 'mixed') => {
    const { content } = answerAsTeacher({ message, seed: 5, index: 0, maxTokens: 512, mix: only(kind), family });
    return canonicaliseResponse(stripThinking(content).content);
  };
  for (const level of LEVELS) {
    for (const { text, solutions, answer } of drawLevel(level).slice(0, 40)) {
      assert.equal(ask(`<Parallel> ${text}`, 'good_parallel'), renderParallelSolution(solutions, LABELS));
      assert.equal(ask(text, 'good_parallel'), renderInTurnSolution(solutions));
      for (const prompt of [text, `<Parallel> ${text}`]) {
        assert.equal(ask(prompt, 'good_direct'), renderDirectSolution(solutions));
        assert.ok(!ask(prompt, 'wrong_answer').endsWith(`Final Answer: ${answer}`));
      }
      assert.match(ask(text, 'good_direct', 'word-sums'), /rule-based teacher/);
    }
  }
});
