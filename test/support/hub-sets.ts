/** Sets as the hub has them, small and made here: layouts and columns of the real ones. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { HubSet } from './hub-server.ts';

type Row = Readonly<Record<string, unknown>>;

/** A parquet file of rows; `rowGroupSize` rows per group. */
export function toParquet(rows: readonly Row[], rowGroupSize = 1_000): Buffer {
  const names = Object.keys(rows[0]!);
  const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name]) }));
  return Buffer.from(parquetWriteBuffer({ columnData, rowGroupSize }));
}

export function toJsonl(rows: readonly Row[]): Buffer {
  return Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

const BEFORE = 'Solve the following math problem step by step. The last line is the answer.';
const AFTER = 'Remember to put your answer on its own line after "Answer:".';

/** A row of the verl layout around a problem. */
export function toVerlRow(problem: string, answer: string): Row {
  return {
    data_source: 'math_dapo',
    prompt: [{ role: 'user', content: `${BEFORE}\n\n${problem}\n\n${AFTER}` }],
    ability: 'MATH',
    reward_model: { ground_truth: answer, style: 'rule-lighteval/MATH_v2' },
    extra_info: { index: `i-${problem.length}` },
  };
}

export const GSM8K: HubSet = {
  id: 'openai/gsm8k',
  license: ['mit'],
  files: {
    'README.md': { bytes: Buffer.from('---\nlicense: mit\n---\n') },
    'main/train-00000-of-00001.parquet': {
      lfs: true,
      bytes: toParquet(
        [
          { question: 'Ann has 2 pens and buys 3 more. How many?', answer: 'She has 2+3=<<2+3=5>>5.\n#### 5' },
          { question: 'A car costs 1,000 and another 345.', answer: 'Both:\n#### 1,345' },
          { question: 'Line\u2028break?', answer: '#### -3' },
          { question: 'No answer here', answer: 'there is none' },
        ],
        2,
      ),
    },
    'main/test-00000-of-00001.parquet': {
      lfs: true,
      bytes: toParquet([{ question: 'One and one?', answer: '#### 2' }]),
    },
    'socratic/train-00000-of-00001.parquet': {
      lfs: true,
      bytes: toParquet([{ question: 'wrong set', answer: '#### 0' }]),
    },
  },
};

export const MATH_500: HubSet = {
  id: 'HuggingFaceH4/MATH-500',
  files: {
    'README.md': { bytes: Buffer.from('none') },
    'test.jsonl': {
      bytes: toJsonl([
        {
          problem: 'What is half?',
          solution: 'It is $\\boxed{\\frac{1}{2}}$.',
          answer: '\\frac{1}{2}',
          subject: 'Algebra',
          level: 2,
        },
      ]),
    },
  },
};

export const HENDRYCKS: HubSet = {
  id: 'EleutherAI/hendrycks_math',
  license: 'mit',
  files: Object.fromEntries(
    ['algebra', 'geometry'].map((subject) => [
      `${subject}/train-00000-of-00001.parquet`,
      {
        lfs: true,
        bytes: toParquet([
          {
            problem: `A problem of ${subject}`,
            level: 'Level 5',
            type: subject,
            solution: 'First \\boxed{1}, then $\\boxed{\\frac{\\sqrt{3}}{3}}$.',
          },
          { problem: `An empty box of ${subject}`, level: 'Level 1', type: subject, solution: 'so \\boxed{}' },
        ]),
      },
    ]),
  ),
};

/** Repeats, a conflict that shows only at the end, and a problem of two paragraphs. */
export const DAPO: HubSet = {
  id: 'BytedTsinghua-SIA/DAPO-Math-17k',
  license: 'apache-2.0',
  files: {
    'data/dapo-math-17k.parquet': {
      lfs: true,
      bytes: toParquet(
        [
          toVerlRow('Find x.\n\nIt is a number.', '34'),
          toVerlRow('Evaluate the integral:', '1'),
          toVerlRow('Find x.\n\nIt is a number.', '34'),
          toVerlRow('Another one', '-7'),
          toVerlRow('Evaluate the integral:', '1'),
          toVerlRow('Evaluate the integral:', '2'),
          { ...toVerlRow('x', '1'), prompt: [{ role: 'user', content: 'No instruction around this one' }] },
        ],
        3,
      ),
    },
  },
};

export const AMC23: HubSet = {
  id: 'math-ai/amc23',
  files: {
    'test-00000-of-00001.parquet': {
      lfs: true,
      bytes: toParquet([
        { id: 0, question: 'Cities A and B?', answer: 27.0, url: 'x' },
        { id: 1, question: 'Another?', answer: 3159.0, url: 'y' },
      ]),
    },
  },
};

export const AIME24: HubSet = {
  id: 'math-ai/aime24',
  files: {
    'test-00000-of-00001.parquet': {
      lfs: true,
      bytes: toParquet([{ id: 60, problem: 'Every morning Aya goes?', solution: '\\boxed{204}', url: 'x' }]),
    },
  },
};

export const AIME25: HubSet = {
  id: 'math-ai/aime25',
  files: {
    'test.jsonl': { bytes: toJsonl([{ id: '0', problem: 'Find the sum of all integer bases?', answer: '070' }]) },
  },
};

export const ALL_SETS: readonly HubSet[] = [GSM8K, MATH_500, HENDRYCKS, DAPO, AMC23, AIME24, AIME25];
