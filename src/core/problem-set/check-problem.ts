import { TAGS } from '../grammar.ts';
import { findBoxes } from '../verify/extract/boxes.ts';
import { verify } from '../verify/verify.ts';
import { extractGsm8kAnswer } from './gsm8k-answer.ts';

/** What may be wrong with one problem of a set. */
export type ProblemCode =
  | 'unbalanced_answer'
  | 'unreadable_answer'
  | 'tag_in_problem'
  | 'text_only_answer'
  | 'gsm8k_answer'
  | 'other_answer_in_solution'
  | 'cut_problem'
  | 'short_problem'
  | 'long_problem'
  | 'missing_figure';

/** A finding. Faults spoil training or evaluation; warnings are worth a look. */
export interface ProblemNote {
  readonly severity: 'fault' | 'warning';
  readonly code: ProblemCode;
  readonly message: string;
}

/** A row to be checked. */
export interface CheckedProblem {
  readonly text: string;
  readonly answer: string;
  /** Worked solution of the same row; null when it has none. */
  readonly solution: string | null;
}

/** Shorter problems are mostly remains of a longer one. */
const MIN_LENGTH = 20;

/** All findings about one problem, in a fixed order. Texts of more than `maxLength` UTF-16 code units are reported. */
export function checkProblem(problem: CheckedProblem, maxLength: number): ProblemNote[] {
  return [...checkAnswer(problem.answer), ...checkSolution(problem), ...checkText(problem.text, maxLength)];
}

function fault(code: ProblemCode, message: string): ProblemNote {
  return { severity: 'fault', code, message };
}

function warn(code: ProblemCode, message: string): ProblemNote {
  return { severity: 'warning', code, message };
}

const MATH = { mode: 'math', structured: false } as const;

function isCorrect(gold: string, answer: string): boolean {
  return verify(gold, answer, MATH).verdict === 'correct';
}

function checkAnswer(answer: string): ProblemNote[] {
  const shown = show(answer);
  const final = extractGsm8kAnswer(answer);
  if (final !== null)
    return [
      warn('gsm8k_answer', `the answer is a whole solution in the format of GSM8K; its final answer is ${show(final)}`),
    ];
  const imbalance = findImbalance(answer);
  if (imbalance !== null)
    return [
      fault(
        'unbalanced_answer',
        `the answer ${shown} has a "${imbalance.what}" without its partner: it may have been cut off`,
      ),
    ];
  if (!isCorrect(answer, answer) || !isCorrect(answer, `\\boxed{${answer}}`))
    return [
      fault(
        'unreadable_answer',
        `the verifier does not find the answer ${shown} equal to itself: no answer can match it`,
      ),
    ];
  return isReadable(answer)
    ? []
    : [
        warn(
          'text_only_answer',
          `the verifier cannot read the answer ${shown} as a whole: only the same spelling meets it`,
        ),
      ];
}

/** Whether the verifier reads the reference at all, whatever it is compared with. */
function isReadable(answer: string): boolean {
  return verify(answer, '123456789', MATH).reason !== 'unparsable reference';
}

function checkSolution({ answer, solution }: CheckedProblem): ProblemNote[] {
  if (solution === null) return [];
  const last = extractGsm8kAnswer(solution) ?? findBoxes(solution).at(-1)?.content;
  if (last === undefined || isCorrect(last, `\\boxed{${answer}}`) || isCorrect(answer, `\\boxed{${last}}`)) return [];
  return [
    warn('other_answer_in_solution', `the answer ${show(answer)} is not the last one of the solution, ${show(last)}`),
  ];
}

function checkText(text: string, maxLength: number): ProblemNote[] {
  const notes: ProblemNote[] = [];
  const trimmed = text.trim();
  const tag = TAGS.find((one) => text.includes(one));
  if (tag !== undefined) notes.push(fault('tag_in_problem', `the problem holds the tag ${tag}`));
  if (/[:\uff1a]$/.test(trimmed)) notes.push(warn('cut_problem', 'the problem ends in a colon: something is missing'));
  if (/(\u2026|\.\.\.)$/.test(trimmed))
    notes.push(warn('cut_problem', 'the problem ends in dots: it may have been cut off'));
  if (trimmed.length < MIN_LENGTH) notes.push(warn('short_problem', `the problem has ${trimmed.length} characters`));
  if (text.length > maxLength)
    notes.push(warn('long_problem', `the problem has ${text.length} characters, more than ${maxLength}`));
  if (speaksOfFigure(trimmed)) notes.push(warn('missing_figure', 'the problem mentions a figure that is not there'));
  return notes;
}

function speaksOfFigure(text: string): boolean {
  if (/\[asy\]|\\includegraphics|\\begin\{(tikzpicture|tabular|array)|!\[/.test(text)) return false;
  return /\b(in|see) the (diagram|figure|picture|graph|grid)\b|\b(diagram|figure|picture|graph|grid|image)s? (is |are )?(shown|below|above)\b|\bshown below\b|如图/i.test(
    text,
  );
}

function show(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

/** A bracket or dollar sign without its partner. `at` counts UTF-16 code units. */
export interface Imbalance {
  readonly what: '{' | '}' | '$';
  readonly at: number;
}

/**
 * The first brace without a partner, or the last dollar sign of an odd number of them; null when all
 * are paired. Escaped ones (`\{`, `\$`) are plain characters, and a sum of money (`$1,600`) is not a formula.
 */
export function findImbalance(text: string): Imbalance | null {
  const open: number[] = [];
  const dollars: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at]!;
    if (char === '\\') at += 1;
    else if (char === '{') open.push(at);
    else if (char === '}' && open.pop() === undefined) return { what: '}', at };
    else if (char === '$') dollars.push(at);
  }
  if (open.length > 0) return { what: '{', at: open[0]! };
  if (dollars.length % 2 === 0 || /^\s*-?\$\s?-?\d[\d,.]*\s*$/.test(text)) return null;
  return { what: '$', at: dollars.at(-1)! };
}
