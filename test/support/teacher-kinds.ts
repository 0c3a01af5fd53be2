import type { SharedProblem } from './teacher-rows.ts';

/** What a teacher sends back for one problem. A status other than 200 is a refusal with `content` as its reason. */
export interface TeacherReply {
  readonly content: string | null;
  readonly reasoning?: string;
  readonly finish?: 'stop' | 'length';
  readonly status?: number;
}

/** One kind of answer seen in the field. */
export interface TeacherKind {
  readonly name: string;
  /** Problems of 1,000 that get it. */
  readonly perMille: number;
  /** Code of the filter that must stop it, or `accepted`. */
  readonly expected: string;
  write(problem: SharedProblem): TeacherReply;
}

/** An answer in pieces, so that each kind breaks exactly one. */
interface Pieces {
  readonly before?: string;
  readonly paths?: string;
  readonly block?: string;
  readonly summary?: string;
  readonly end?: string;
}

/** The reference solution without its calculator notes and its last line. */
function readSolution({ solution }: SharedProblem): string {
  return solution
    .replace(/<<[^>]*>>/g, '')
    .replace(/\n####.*$/s, '')
    .trim();
}

function writePaths(problem: SharedProblem): string {
  const solution = readSolution(problem);
  const [first] = solution.split('\n');
  return `<Path>\nStep by step: ${solution}\n</Path>\n<Path>\nThe other way round, from what is asked: ${first}\n</Path>`;
}

function write(problem: SharedProblem, pieces: Pieces = {}): string {
  const paths = pieces.paths ?? writePaths(problem);
  const {
    before = 'There are two ways to see this.',
    block = `<Parallel>\n${paths}\n</Parallel>`,
    summary = '\n<Summary>\nBoth ways lead to the same quantity.\n</Summary>\n',
    end = `\nFinal Answer: ${problem.answer}`,
  } = pieces;
  return `${before}\n\n${block}${summary}${end}`;
}

/** An answer made of these pieces. */
const of = (pieces: (problem: SharedProblem) => Pieces) => (problem: SharedProblem) => ({
  content: write(problem, pieces(problem)),
});
const line = (text: string) => `\nFinal Answer: ${text}`;
const wrong = ({ answer }: SharedProblem) => String(Number(answer) + 1);

/**
 * Kinds and rates. The rest, up to 1,000, are good answers. Each breaks one thing, so that the code is decided by
 * the filter that owns it: the text is thinking, then form, then blocks, then the answer line, then the answer's value,
 * then its length.
 */
export const TEACHER_KINDS: readonly TeacherKind[] = [
  // Broken before there is a solution to look at.
  {
    name: 'truncated',
    perMille: 25,
    expected: 'truncated',
    write: (p) => ({ content: write(p).slice(0, 120), finish: 'length' }),
  },
  {
    name: 'whole, but stopped by the limit',
    perMille: 5,
    expected: 'truncated',
    write: (p) => ({ content: write(p), finish: 'length' }),
  },
  {
    name: 'unclosed thinking',
    perMille: 20,
    expected: 'thinking_unclosed',
    write: (p) => ({ content: `<think>\nLet me see.\n${write(p)}` }),
  },
  {
    name: 'empty after thinking',
    perMille: 5,
    expected: 'empty',
    write: () => ({ content: '<think>\nHm.\n</think>\n\n' }),
  },
  { name: 'empty', perMille: 10, expected: 'empty', write: () => ({ content: '' }) },
  // The server took all of it for reasoning.
  {
    name: 'reasoning_content alone',
    perMille: 5,
    expected: 'empty',
    write: (p) => ({ content: null, reasoning: write(p) }),
  },
  // The server refuses the request for good: a row that says so, not an end of the run.
  {
    name: 'context overflow',
    perMille: 5,
    expected: 'http_400',
    write: () => ({ content: "This model's maximum context length is 64 tokens.", status: 400 }),
  },
  // Form.
  { name: 'missing summary', perMille: 40, expected: 'missing_summary', write: of(() => ({ summary: '\n' })) },
  {
    name: 'one path',
    perMille: 30,
    expected: 'too_few_paths',
    write: of((p) => ({ paths: `<Path>\n${readSolution(p)}\n</Path>` })),
  },
  {
    name: 'unclosed block',
    perMille: 10,
    expected: 'unclosed_block',
    write: of((p) => ({ block: `<Parallel>\n${writePaths(p)}`, summary: '', end: '' })),
  },
  {
    name: 'unclosed path',
    perMille: 10,
    expected: 'unclosed_path',
    write: of(() => ({ block: '<Parallel>\n<Path>\nFirst we', summary: '', end: '' })),
  },
  {
    name: 'unclosed summary',
    perMille: 10,
    expected: 'unclosed_summary',
    write: of(() => ({ summary: '\n<Summary>\nBoth agree.\n' })),
  },
  {
    name: 'text between paths',
    perMille: 30,
    expected: 'text_in_block',
    write: of((p) => ({ paths: writePaths(p).replace('</Path>\n', '</Path>\nNow the other one.\n') })),
  },
  {
    name: 'text before the summary',
    perMille: 15,
    expected: 'text_before_summary',
    write: of(() => ({ summary: '\nSo:\n<Summary>\nBoth agree.\n</Summary>\n' })),
  },
  {
    name: 'summary in the block',
    perMille: 10,
    expected: 'summary_inside_block',
    write: of((p) => ({
      block: `<Parallel>\n${writePaths(p)}\n<Summary>\nBoth agree.\n</Summary>\n</Parallel>`,
      summary: '',
    })),
  },
  {
    name: 'one path twice',
    perMille: 5,
    expected: 'duplicate_path',
    write: of(() => ({ paths: '<Path>\nWe add them up.\n</Path>\n<Path>\nWe add them up.\n</Path>' })),
  },
  { name: 'no block', perMille: 20, expected: 'no_block', write: of((p) => ({ block: readSolution(p), summary: '' })) },
  // The answer line.
  {
    name: 'no final answer',
    perMille: 20,
    expected: 'no_final_answer',
    write: of((p) => ({ end: `\nThe result is ${p.answer}.` })),
  },
  {
    name: 'two final answers',
    perMille: 15,
    expected: 'multiple_final_answers',
    write: of((p) => ({ end: line(p.answer) + line(p.answer) })),
  },
  {
    name: 'text after the final answer',
    perMille: 10,
    expected: 'text_after_final_answer',
    write: of((p) => ({ end: `${line(p.answer)}\nI hope this helps!` })),
  },
  // Its value and the whole length.
  { name: 'wrong answer', perMille: 60, expected: 'wrong_answer', write: of((p) => ({ end: line(wrong(p)) })) },
  {
    name: 'too long',
    perMille: 5,
    expected: 'too_long',
    write: of(() => ({ before: 'We read the problem once more. '.repeat(700) })),
  },
  // Not bad, only dressed.
  {
    name: 'reasoning_content beside',
    perMille: 50,
    expected: 'accepted',
    write: (p) => ({ content: write(p), reasoning: 'Let me see.' }),
  },
  {
    name: 'thinking tags',
    perMille: 100,
    expected: 'accepted',
    write: (p) => ({ content: `<think>\nA <Parallel> here?\n</think>\n\n${write(p)}\n` }),
  },
  {
    name: 'answer in dollars',
    perMille: 10,
    expected: 'accepted',
    write: of((p) => ({ end: line(`$${p.answer}`) })),
  },
];

/** A good answer. */
export const GOOD_KIND: TeacherKind = {
  name: 'good',
  perMille: 1000 - TEACHER_KINDS.reduce((sum, { perMille }) => sum + perMille, 0),
  expected: 'accepted',
  write: of(() => ({})),
};
