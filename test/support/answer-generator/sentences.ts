import type { Rng } from '../../../src/core/rng.ts';
import { isRare, pick } from './draw.ts';
import type { Spelling } from './spelling.ts';
import { SUBJECTS } from './vocabulary.ts';

/**
 * Sentences of a solution around a value ("So Maria sold @ tickets on Monday."), put together from parts, and the same
 * sentences with one part that takes the value back, bounds it or changes it.
 */

/** Where the value goes. */
export const VALUE = '@';

/** Whether a value may stand in such a sentence: one number or root, without a unit or a sign of relation. */
export function fitsSentence({ text, medium }: Spelling): boolean {
  const bare = text.replace(/\\(?:[dtc]?frac|sqrt|pi|cdot|times|left|right|[,!])(?![A-Za-z])/g, ' ');
  return medium !== 'plain' && /^[-+\d.,\s/{}()[\]^]+$/.test(bare) && !/,\s/.test(text);
}

const PLAIN_LEADS = [
  ...['', '', '', 'So ', 'Thus ', 'Hence, ', 'Therefore ', 'Therefore, ', 'This means that ', 'We see that '],
  ...['Altogether, ', 'In total, ', 'After that, ', 'Since $a = 3$, ', 'Adding the two, we find that '],
  ...['With 3 boxes left, ', 'It follows that ', 'Because half of them are red, ', 'Now ', 'In the end '],
  ...['Using $a + b = 7$, ', 'Since there are 5 of them, '],
];

/** Leads that deny or bound something else than the value; only a box is seen in spite of them. */
const LEADS = [
  ...PLAIN_LEADS,
  ...[
    'Since $n$ is not even, ',
    'As Tom did not come, ',
    'Although not all of them are red, ',
    'Without the first day, ',
  ],
  ...['We know that 7 does not divide $n$, so ', 'The other case is impossible, hence ', 'It is easy to check that '],
  ...['As this is at most 9, ', 'Wait for the second train, then ', 'Not counting the ends, '],
  ...['Nothing is left of the rest, so ', 'We are told that 5 of them fail, so ', 'Doubling this, we see that '],
];

const PEOPLE = ['Maria', 'Natalia', 'Tom', 'she', 'he', 'the baker', 'each child', 'the farmer', 'Bob'];

/** Past, present, and the bare form. */
const VERBS = [
  ...[['sold', 'sells', 'sell'] as const, ['bought', 'buys', 'buy'] as const, ['needed', 'needs', 'need'] as const],
  ...[['had', 'has', 'have'] as const, ['used', 'uses', 'use'] as const, ['made', 'makes', 'make'] as const],
  ...[['received', 'receives', 'receive'] as const, ['ate', 'eats', 'eat'] as const, ['paid', 'pays', 'pay'] as const],
  ...[['picked', 'picks', 'pick'] as const, ['read', 'reads', 'read'] as const, ['earned', 'earns', 'earn'] as const],
];

const THINGS = [
  ...['tickets', 'apples', 'pages', 'dollars', 'clips', 'marbles', 'books', 'eggs', 'red balloons', 'cups of flour'],
  ...['boxes of pencils', 'miles', 'stickers', 'coins', 'whole pies', 'more cookies'],
];

const COUNTED = ['ways', 'solutions', 'such numbers', 'triangles', 'paths', 'integers', 'subsets', 'possible values'];

const PLAIN_TAILS = [
  ...['', '', '', ' in all', ' altogether', ' left', ' in total', ' each day', ' on Monday', ' for the party'],
  ...[' in May', ' from the shop', ' to fill the box', ' to give to his friends', ' as required', ', as claimed'],
  ...[' and we are done', ' by the end of the week', ' per week', ' with the money'],
];

const TAILS = [
  ...PLAIN_TAILS,
  ...[' that she had not sold before'],
  ...[' before Tom came', ' for the children who do not play', ' to fill 12 boxes', ' without the help of her brother'],
];

const PLAIN_COUNTED_TAILS = [
  ...['', '', ' in total', ' in all', ' that satisfy the equation', ' of this kind'],
  ...[' for the whole path', ', as required', ' to choose the two'],
];

const COUNTED_TAILS = [
  ...PLAIN_COUNTED_TAILS,
  ...[' with no repeated digit', ' which do not overlap', ' that are not divisible by 3'],
  ...[' with at least one repeated digit', ' of 3 or more points', ' in which no two are equal', ' less than 100'],
];

/** A part of a sentence that leaves nothing stated. */
interface Parts {
  readonly lead: string;
  /** Of the past, the present and the bare form of a verb makes the predicate. */
  readonly verb: (forms: readonly [past: string, present: string, bare: string]) => string;
  readonly are: string;
  readonly is: string;
  readonly before: string;
  readonly behind: string | null;
  readonly end: string;
  readonly around: Around;
}

/** What marks the value: a box around it, or a label before the sentence. */
type Around = 'box' | 'label';

const HAVING = ['there', 'subject', 'number'] as const;
const DOING = ['person', 'person', 'person', 'time'] as const;

/** The frames of a sentence. */
function build(parts: Parts, rng: Rng): string {
  const { lead, verb, are, is, before, end } = parts;
  const value = `${before}${VALUE}`;
  // "She can buy at most 5" answers how many she can buy at most.
  const isAnswer = /^at (?:least|most)/.test(before);
  const frame = pick(rng, isAnswer ? HAVING : [...HAVING, ...DOING]);
  const sentence = {
    person: () => `${pick(rng, PEOPLE)} ${verb(pick(rng, VERBS))} ${value} ${pick(rng, THINGS)}`,
    there: () => `there ${are} ${value} ${pick(rng, COUNTED)}`,
    subject: () => `${pick(rng, SUBJECTS)} ${is} ${value}`,
    number: () => `the number of ${pick(rng, COUNTED)} ${is} ${value}`,
    time: () => `it ${verb(['took', 'takes', 'take'])} ${value} ${pick(rng, ['days', 'hours', 'weeks'])}`,
  }[frame]();
  const isBox = parts.around === 'box';
  const [doing, having] = isBox ? [TAILS, COUNTED_TAILS] : [PLAIN_TAILS, PLAIN_COUNTED_TAILS];
  const tails = { person: doing, there: having, subject: [''], number: [''], time: [' to finish', ''] }[frame];
  const whole = `${lead}${sentence}${parts.behind ?? pick(rng, tails)}${end}`;
  return whole[0]!.toUpperCase() + whole.slice(1);
}

const neutral = (around: Around, rng: Rng): Parts => ({
  around,
  lead: pick(rng, around === 'box' ? LEADS : PLAIN_LEADS),
  verb: ([past, present, bare]) =>
    pick(rng, [past, past, present, `${past} a total of`, `will ${bare}`, `can ${bare}`, `has to ${bare}`]),
  are: pick(rng, ['are', 'are', 'must be', 'were']),
  is: pick(rng, ['is', 'is', 'is equal to', 'equals', 'must be', 'is then', 'was']),
  before: pick(rng, ['', '', '', '', 'exactly ']),
  behind: null,
  end: pick(rng, ['.', '.', '.', '!', '']),
});

/** A sentence that states the value. */
export const drawStatingSentence = (around: Around, rng: Rng): string => build(neutral(around, rng), rng);

const FALSE_LEADS = [
  ...['It is not true that ', 'It is false that ', 'I doubt that ', 'Nobody knows whether ', 'Suppose that '],
  ...['It would be wrong to say that ', 'One cannot conclude that ', 'We cannot say that ', 'It is impossible that '],
  ...['Maybe ', 'Perhaps ', 'It is unclear whether ', 'This does not mean that ', 'I do not think that '],
  ...['We never showed that ', 'There is no proof that ', 'Possibly ', 'Some would claim that ', 'Let us assume that '],
  ...[
    'Nobody said that ',
    'It cannot be that ',
    'It does not follow that ',
    'We reject the claim that ',
    'I refuse to believe that ',
  ],
  ...['If it were not for the rain, one could say that ', 'Imagine that ', 'Pretend that ', 'I wonder whether '],
  ...['It remains open whether ', 'It is a mistake to think that ', 'The statement is wrong that ', 'Who says that '],
  ...['It is hardly the case that ', 'By mistake one might say that ', 'I am not sure that ', 'If only '],
];

type MakeVerb = Parts['verb'];
const FALSE_VERBS: readonly MakeVerb[] = [
  ([, , bare]) => `did not ${bare}`,
  ([, , bare]) => `does not ${bare}`,
  ([, , bare]) => `doesn't ${bare}`,
  ([, , bare]) => `cannot ${bare}`,
  ([, , bare]) => `can't possibly ${bare}`,
  ([, , bare]) => `won't be able to ${bare}`,
  ([, , bare]) => `might ${bare}`,
  ([, , bare]) => `could not ${bare}`,
  ([, present]) => `never ${present}`,
  ([past]) => `never ${past}`,
  ([, , bare]) => `failed to ${bare}`,
  ([, , bare]) => `refused to ${bare}`,
  ([, , bare]) => `does not have to ${bare}`,
  ([, , bare]) => `will not ${bare}`,
  ([, , bare]) => `is not going to ${bare}`,
  ([, , bare]) => `is unable to ${bare}`,
  ([, , bare]) => `is not allowed to ${bare}`,
  ([, , bare]) => `did not manage to ${bare}`,
  ([, , bare]) => `hardly managed to ${bare}`,
  ([, , bare]) => `may or may not ${bare}`,
  ([, , bare]) => `neither wants nor has to ${bare}`,
  ([, , bare]) => `should not ${bare}`,
  ([past]) => `has not ${past}`,
  ([past]) => `hasn't ${past}`,
];

const FALSE_ARE = ['are not', "aren't", 'are never', 'might be', 'cannot be', 'are certainly not', 'are hardly'];
const FALSE_IS = ['is not', "isn't", 'cannot be', 'might be', 'is different from', 'is not equal to', 'is less than'];
const MORE_FALSE_IS = [
  'exceeds',
  'is never',
  'differs from',
  'is anything but',
  'is more than',
  'is close to',
  'is far from',
];

const CHANGED_BEFORE = [
  ...[
    'at least ',
    'at most ',
    'more than ',
    'fewer than ',
    'less than ',
    'up to ',
    'no more than ',
    'almost ',
    'nearly ',
  ],
  ...['half of ', 'twice ', 'one more than ', 'three less than ', 'not ', 'over ', 'under ', 'all but ', 'as many as '],
  ...['no fewer than ', 'not even ', 'anything but ', 'double ', 'a third of ', 'minus ', 'a multiple of '],
  ...[
    'just under ',
    'well over ',
    'a bit more than ',
    'close to ',
    'neither ',
    'no longer ',
    'nowhere near ',
    'two short of ',
  ],
  ...[
    'a number different from ',
    'the square of ',
    'the negative of ',
    'some number below ',
    'not exactly ',
    'a factor of ',
  ],
];

const CHANGED_BEHIND = [
  ...[' or more', ' or fewer', ' or so more', ', or maybe more', ' at least', ' at most', ' and a half', ' minus two'],
  ...[' if $n$ is even', ' unless it rains', ' provided that $k > 2$', ' if it does not rain', ', which is wrong'],
  ...[', which is impossible', ', but that cannot be', ', but this is not the answer', ', a contradiction'],
  ...[', which is too many', ', which contradicts the condition', ', but that is not allowed', ', which is absurd'],
  ...[', but that is false', ', though this is impossible', ', and that is wrong'],
  ...[', maybe', ', I guess', ', if at all', ', or perhaps one more', ', unless I am mistaken', ' and then some'],
  ...[', which does not fit', ', which fails', ', contrary to what is given', ', but this is not an integer'],
  ...[
    ', and then we have to add 1',
    ', but then you must double it',
    ' and one more',
    ', otherwise 4',
    ' in the worst case',
  ],
  ...[' for odd $n$', ' for $n$ even', '; however, this overcounts'],
  ...[' plus one', ', give or take two', ', which cannot be right', ', but not quite', ', or so it seems'],
];

/** A sentence that holds the value and does not state it. */
export function drawSpoiltSentence(around: Around, rng: Rng): string {
  const parts = neutral(around, rng);
  switch (rng.nextInt(5)) {
    case 0:
      return build({ ...parts, lead: pick(rng, FALSE_LEADS) }, rng);
    case 1:
      return build(
        {
          ...parts,
          verb: pick(rng, FALSE_VERBS),
          are: pick(rng, FALSE_ARE),
          is: pick(rng, isRare(rng, 2) ? FALSE_IS : MORE_FALSE_IS),
          before: '',
        },
        rng,
      );
    case 2:
      return build({ ...parts, before: pick(rng, CHANGED_BEFORE), are: 'are', is: 'is' }, rng);
    case 3:
      return build({ ...parts, behind: pick(rng, CHANGED_BEHIND) }, rng);
    default:
      return build(
        { ...parts, lead: pick(rng, ['Is it true that ', 'Could it be that ', 'Would one say that ']), end: '?' },
        rng,
      );
  }
}
