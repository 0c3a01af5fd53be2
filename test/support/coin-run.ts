import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';

/**
 * A curriculum of seconds in which every RL step updates the tiny model: questions whose "answer" is 1 or 2 by chance. It
 * learns to write one of the two, so that half of a group is right.
 */

const QUESTIONS = 48;

/** Writes rows and problems into a folder and answers the `--set` arguments of the run that uses them. */
export function prepareCoinRun(folder: string): string[] {
  mkdirSync(folder, { recursive: true });
  const rows = generateWordSums({ level: 'easy', split: 'train', count: QUESTIONS, seed: 31 }).map(({ text }, i) => {
    const answer = String(1 + (i % 2));
    return { id: `coin-${i}`, problem: text, answer, target: `Final Answer: ${answer}` };
  });
  const write = (name: string, lines: readonly object[]) => {
    const file = join(folder, name);
    writeFileSync(file, `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`);
    return JSON.stringify(file);
  };
  const data = write('rows.jsonl', rows);
  const problems = write(
    'problems.jsonl',
    rows.map(({ target: _, ...problem }) => problem),
  );
  const rl = {
    kind: 'rl',
    problems: 'PROBLEMS',
    batchSize: 4,
    groupSize: 4,
    minibatches: 2,
    adam: { learningRate: 3e-4, weightDecay: 0 },
    reward: { kind: 'accuracy' },
  };
  const stages = [
    {
      id: 'sft',
      kind: 'sft',
      data: 'DATA',
      maxSteps: 24,
      epochs: 100,
      batchSize: 16,
      adam: { learningRate: 3e-3 },
      saveEvery: 5,
    },
    { ...rl, id: 'first', steps: 6, saveEvery: 3, evalEvery: 4 },
    { ...rl, id: 'second', steps: 5, saveEvery: 2, evalEvery: 0 },
  ];
  const text = JSON.stringify(stages).replaceAll('"PROBLEMS"', `[${problems}]`).replaceAll('"DATA"', data);
  const settings = [
    ...['run.name=coin', 'embedded.threads=1', `stages=${text}`],
    `eval.sets=[{name: held, problems: [{kind: word-sums, level: easy, split: heldout, count: 4, seed: 16}], samples: 1}]`,
  ];
  return settings.flatMap((one) => ['--set', one]);
}
