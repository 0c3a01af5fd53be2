import type { Rng } from '../../../src/core/rng.ts';
import { between, pick } from './draw.ts';

const PIECES = [
  ...'()[]{}|$^_!%&,;=<>+-*/.:\'"~ \n',
  ...[
    '\\frac',
    '\\sqrt',
    '\\boxed{',
    '\\text{',
    '\\left(',
    '\\right)',
    '\\sum_{k=1}^',
    '\\prod_{k=1}^',
    '\\binom',
    '\\\\',
  ],
  ...[
    '\\begin{pmatrix}',
    '\\end{pmatrix}',
    '\\cup',
    '\\pm',
    '\\infty',
    '\\in',
    '\\pi',
    '\\log_',
    '\\arctan',
    '\\begin{cases}',
  ],
  ...[
    'Final Answer:',
    'answer is',
    'Therefore',
    ' or ',
    ' and ',
    'not ',
    '<Path>',
    '</Parallel>',
    '<think>',
    '</think>',
  ],
  ...[
    '<|im_end|>',
    '答案',
    '####',
    '**',
    '9^{9^{9^9}}',
    '(10^9)!',
    '1,234',
    '0.5',
    '2^{1000000}',
    '10^{400}',
    'x',
    'A',
    'i',
  ],
  ...['e', '7', '\u2028', '\ud800', 'million', ' if ', 'mod', 'half of', '½', '⁵', '\\overline{', '\\lfloor', '\\max('],
];

/** Text without sense, of up to some thousand characters: soup, repetition, or deep nesting. */
export function drawGarbage(rng: Rng): string {
  const soup = Array.from({ length: between(rng, 1, 30) }, () => pick(rng, PIECES)).join('');
  const shape = rng.nextInt(6);
  if (shape === 0) return soup.repeat(between(rng, 2, 40));
  if (shape === 1) return pick(rng, PIECES).repeat(between(rng, 50, 800));
  if (shape === 2) return `${'\\frac{'.repeat(between(rng, 1, 80))}${soup}${'}{2}'.repeat(between(rng, 1, 80))}`;
  return soup;
}
