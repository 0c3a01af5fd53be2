import type { AnswerCase } from './draw-case.ts';

/** A fault that graders of answers are known for, and how a generated case that would show it is told. */
export interface KnownFault {
  readonly name: string;
  /** The side on which it shows: a right answer refused, or a wrong one accepted. */
  readonly isRight: boolean;
  readonly shows: (answerCase: AnswerCase) => boolean;
}

const accepted = (name: string, shows: KnownFault['shows']): KnownFault => ({ name, isRight: false, shows });
const refused = (name: string, shows: KnownFault['shows']): KnownFault => ({ name, isRight: true, shows });

const twist =
  (...names: readonly string[]): KnownFault['shows'] =>
  (one) =>
    names.includes(one.twist);

const within =
  (kind: string, ...names: readonly string[]): KnownFault['shows'] =>
  (one) =>
    one.kind === kind && (names.length === 0 || names.includes(one.twist));

const holds =
  (pattern: RegExp, kind = ''): KnownFault['shows'] =>
  (one) =>
    pattern.test(one.text) && one.kind.startsWith(kind);

/** Faults reported of public graders and of version 2 of the verifier, wrong answers that were accepted first. */
export const KNOWN_FAULTS: readonly KnownFault[] = [
  accepted('"5 or 6" for one of them', twist('one of two', 'trap: one of two')),
  accepted('a range for one of its ends', twist('interval or range', 'range', 'trap: range')),
  accepted('"12 million" for 12', twist('multiplier word')),
  accepted('"12k" for 12', twist('multiplier letter')),
  accepted('"3 halves" for 3', twist('fraction word')),
  accepted('"half of 7" for 7', twist('part of it', 'trap: part or multiple')),
  accepted('"5 factorial", "5 over 6"', twist('operator word')),
  accepted('the sign lost behind an ordinary minus', twist('sign added')),
  accepted(
    'the sign lost behind a dash of Unicode',
    (one) => one.twist === 'sign added by any mark' && /[−–—‒―‐‑﹣－⁻˗➖]/u.test(one.text),
  ),
  accepted(
    'the sign lost behind {-}, (-) or \\text{-}',
    (one) => one.twist === 'sign added by any mark' && /\{-\}|\(-\)/.test(one.text),
  ),
  accepted('"minus 12" for 12', (one) => one.twist === 'sign added by any mark' && /minus|negative/.test(one.text)),
  accepted('a symbol cut', twist('symbol cut')),
  accepted('superscript digits cut: 2¹⁰ for 2', (one) => one.twist === 'exponent cut' && /[²³¹⁰]/.test(one.text)),
  accepted('a power cut: 2^10', (one) => one.twist === 'exponent cut' && one.text.includes('^')),
  accepted('e-notation cut', twist('e-notation cut')),
  accepted('a power of ten cut', twist('power of ten cut')),
  accepted('pi cut', twist('pi cut')),
  accepted('a root cut', twist('root cut')),
  accepted('a clock time cut', twist('clock time')),
  accepted('a condition cut or changed', within('expression under a condition')),
  accepted('a mixed number cut', twist('mixed number cut')),
  accepted(
    'one part of a tagged answer',
    (one) => one.kind === 'statement in words' && /<1>|\(a\)/.test(one.gold) && one.twist.includes('number of it'),
  ),
  accepted(
    'a prose reference reduced to its last number',
    within('statement in words', 'last number of it', 'a number of it'),
  ),
  accepted(
    'LaTeX without delimiters read as its digits',
    (one) => one.ending === 'LaTeX without delimiters' && one.twist.includes('cut'),
  ),
  accepted('"Step 5:" read as 5', holds(/(?:Step|Theorem|Lemma) \d+[:,.]/)),
  accepted('"not 5"', twist('trap: denied')),
  accepted('a denial in a box', twist('trap: denied in a box')),
  accepted('"at least 5" for 5', twist('bound in words', 'trap: bound')),
  accepted('"> 5" for 5', twist('bound')),
  accepted('\\neq 5 for 5', twist('not equal')),
  accepted('an unreadable last statement passed over', twist('trap: unreadable at the end')),
  accepted('"7 8" for 8', twist('two numbers side by side')),
  accepted('"5 does not work"', holds(/does not work/)),
  accepted('"I cannot answer 7"', holds(/I cannot answer/)),
  accepted('"8 \\to 7" for 7', twist('arrow')),
  accepted(
    'two closed sides that differ: 8 = 7',
    twist('other side differs', 'calculated wrong', 'trap: two closed sides'),
  ),
  accepted('"7 if a, 8 otherwise"', twist('trap: condition')),
  accepted('\\text{not }x=5 for x=5', within('named value', 'not')),
  accepted('f(x+1)=2x for f(x)=2x', within('function definition', 'other argument')),
  accepted('a chosen letter inside an expression: x + C', within('choice letter', 'symbol in a sum')),
  accepted('a capital letter that is no choice: \\frac{T}{2} for T', within('capital letter as a symbol', 'part')),
  accepted('all choices listed', within('choice letter', 'all listed')),
  accepted(
    '|x| for x, max(x, 0) for x',
    (one) => one.twist === 'equal on a part of the line' && ['x'].includes(one.gold),
  ),
  accepted(
    'x for |x| or \\sqrt{x^2}',
    (one) => one.twist === 'equal on a part of the line' && /\|x|sqrt/.test(one.gold),
  ),
  accepted('0 for \\lfloor n/5 \\rfloor', within('floor and ceiling', 'equal on a part of the line')),
  accepted('2^n + 10^{-10} for 2^n', within('exponential', 'tiny term')),
  accepted('an earlier conclusion against a later statement', twist('trap: contradicted at the end')),
  accepted('an answer of the thinking section', twist('trap: only in the thinking section')),
  accepted('an answer stated in a path only', twist('trap: only in a path', 'trap: in a path, another in the summary')),
  accepted('boxes of two paths joined', twist('trap: boxed in two paths')),
  accepted('a unit of another dimension or scale', within('quantity with a unit', 'other dimension', 'other scale')),
  accepted('a bound opened or closed', twist('lower bound opened or closed', 'upper bound opened or closed')),
  accepted('values exchanged between names', within('named values', 'names exchanged', 'tuple, exchanged')),
  refused('\\frac{2}{5} of the whole', (one) => one.twist === 'of a whole' && one.text.includes('frac')),
  refused(
    'a label sentence with a formula before the number',
    (one) => one.ending === 'label and subject' && /\$[xn]\$|\\\(k/.test(one.text),
  ),
  refused('a number with a remark in parentheses', within('integer', 'with a remark')),
  refused(
    'm + n = 113 for 113',
    (one) =>
      one.kind === 'integer' && /[mn] ?\+ ?n(?: \+ r)?|a ?\+ ?b/.test(one.text) && one.twist.startsWith('equation'),
  ),
  refused('a thinking section with a claim in it', (one) => one.setting === 'thinking section'),
  refused('an answer taken back before', (one) => one.setting === 'another answer taken back'),
  refused('an answer in the summary', (one) => one.setting === 'answer in the summary'),
  refused('"A: 8"', holds(/(?:^|\n)A: /)),
  refused('"#### 8"', (one) => one.ending === 'four hashes'),
  refused('set builder', twist('builder')),
  refused('named values against a tuple', within('named values', 'tuple')),
  refused('a list of solutions in another order', within('list of solutions', 'other order', 'comma and or')),
  refused('{10 \\choose 3}', within('binomial coefficient', 'choose')),
  refused('C_{10}^{3}', within('binomial coefficient', 'C with indices')),
  refused('symbolic factorials', within('symbolic factorial or binomial', 'another form')),
  refused('double factorials', (one) => one.kind === 'factorial' && one.text.includes('!!')),
  refused('0.\\overline{36}', within('repeating decimal', 'bar over the period')),
  refused('\\sin 30° and the like', within('special trigonometric value')),
  refused('a union of inequalities against intervals', within('union of inequalities', 'interval')),
  refused('a chain of inequalities against an interval', within('inequality', 'interval', 'membership')),
  refused('+\\frac12', within('fraction', 'plus sign')),
  refused('\\approx in the reference', (one) => one.gold.includes('\\approx')),
  refused('e-notation', within('scientific', 'e-notation')),
  refused('"square centimeters"', within('area or volume', 'typed or in words', 'words in LaTeX')),
  refused('number words', within('integer', 'in words')),
  refused('"3 million"', within('integer', 'million and billion')),
  refused('congruences', within('congruence')),
  refused('a fraction with a command inside', within('radical', 'set in another style')),
];
