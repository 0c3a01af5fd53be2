import * as z from 'zod';
import { listMeasuredSets } from '../../core/curriculum.ts';
import { countAtMost, MAX_WORD_SUMS, WORD_SUM_LEVELS } from '../../core/word-sums/generate.ts';
import { MAX_OPERANDS, MIN_OPERANDS } from '../../core/word-sums/wording.ts';
import { fraction, listOf, nonBlank, seedNumber, shortName, wholeNumber } from './fields.ts';

/** Where problems come from, and the held-out sets and targets that are measured on them. */

const rowLimit = () =>
  wholeNumber(1, 100_000_000)
    .nullable()
    .default(null)
    .describe('How many problems to take from the start of the set; null: all');

const wordSumFields = z.strictObject({
  kind: z.literal('word-sums'),
  level: z
    .union([z.enum(WORD_SUM_LEVELS), wholeNumber(MIN_OPERANDS, MAX_OPERANDS)], {
      error: `must be ${WORD_SUM_LEVELS.join(', ')}, or the number of operands, ${MIN_OPERANDS} to ${MAX_OPERANDS}`,
    })
    .describe(
      'easy: 2 or 3 operands in turn; hard: 4; a number: so many operands; totals: of two persons; chain: steps that depend on each other; check: a difference with two candidates',
    ),
  split: z.enum(['train', 'heldout']).describe('The two share no set of operands'),
  count: wholeNumber(1, MAX_WORD_SUMS).describe('How many problems'),
  seed: seedNumber().describe('Another seed, other problems'),
});

const wordSums = wordSumFields.superRefine(({ level, count }, ctx) => {
  const most = countAtMost(level);
  if (count > most)
    ctx.addIssue({ code: 'custom', path: ['count'], message: `must be at most ${most} for level ${level}` });
});

const fileProblems = z.strictObject({
  kind: z.literal('file'),
  path: nonBlank().describe('JSONL file of {problem, answer}; relative to the configuration file'),
  limit: rowLimit(),
});

const namedSet = z.strictObject({
  kind: z.literal('set'),
  name: nonBlank().describe('Name of a set in a datasets folder; gsm8k/train is gsm8k_train.jsonl'),
  limit: rowLimit(),
});

/** A short string names a set, or a file when it ends in `.jsonl`. */
function expandProblems(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  return value.endsWith('.jsonl') ? { kind: 'file', path: value } : { kind: 'set', name: value };
}

/** References to problems: one or several, each as an object or as a short string. */
export function problemsField() {
  const item = z
    .preprocess(expandProblems, z.discriminatedUnion('kind', [wordSums, fileProblems, namedSet]))
    .meta({ shortForm: 'string' });
  return listOf(
    item,
    'Where problems come from: gsm8k/train, my.jsonl, or {kind: word-sums | file | set, ...}; one or a list',
  );
}

const targetFields = {
  problems: problemsField(),
  samples: wholeNumber(1, 1024).default(1).describe('Sampled answers per problem'),
  minAccuracy: fraction().describe('Mean accuracy that must be reached'),
};

/** A held-out accuracy that must be reached. */
export const accuracyTarget = z.strictObject(targetFields);

/** The pilot before an RL stage. */
export const gate = z.strictObject({
  ...targetFields,
  onFail: z.enum(['stop', 'warn']).default('stop').describe('What to do when the pilot does not reach the gate'),
});

const evalSet = z.strictObject({
  name: shortName().describe('Name in reports and metric keys (eval/<name>/...)'),
  problems: problemsField(),
  samples: wholeNumber(1, 1024).default(1).describe('Sampled answers per problem'),
  sequentialTwin: z
    .boolean()
    .default(false)
    .describe('Answer every problem once more without forks, under the same seeds, as <name>-sequential'),
});

/** Sets of an evaluation. Their names, and those of their twins, differ. */
export const evalSets = z.array(evalSet).superRefine((sets, ctx) => {
  const names = listMeasuredSets(sets).map(({ name }) => name);
  sets.forEach(({ name }, index) => {
    const complain = (message: string) => ctx.addIssue({ code: 'custom', path: [index, 'name'], message });
    if (names.indexOf(name) < index) complain(`"${name}" is already the name of another set`);
    else if (names.indexOf(name, sets.length) >= 0)
      complain(`"${name}" is what the sequentialTwin of another set is called`);
  });
});
