/** What counts as the same answer where mathematics leaves it open (docs: verification policies). */
export interface Policy {
  /** Which source wins when a label and a box both exist. */
  readonly prefer: 'label' | 'box' | 'last';
  /** Which of several boxes are the answer. */
  readonly boxes: 'join-adjacent' | 'last' | 'join-all';
  /** `sign`: 28% meets 28 and 0.28; `strict`: only 0.28; `ignore`: the sign is dropped on both sides. */
  readonly percent: 'sign' | 'strict' | 'ignore';
  /** Whether the order of a list without brackets counts. */
  readonly order: 'set' | 'sequence';
  /** Decimal places to which a decimal must agree, 0 to 15. */
  readonly precision: number;
  /** `as-printed`: a decimal is also met by what rounds to it at its last digit. */
  readonly rounding: 'strict' | 'as-printed';
  /** `reduced`: fractions must be in lowest terms. */
  readonly fractions: 'value' | 'reduced';
  /** `trivial`: an answer that is still to be calculated does not meet a plain number. */
  readonly simplify: 'value' | 'trivial';
  /** `absent-ok`: equal units, or one side without; `ignore`: any; `strict`: equal units. */
  readonly units: 'absent-ok' | 'ignore' | 'strict';
  /** `positional`: symbols are matched by their order of appearance. */
  readonly variables: 'named' | 'positional';
  /** Whether an inequality meets an interval that is the reference. */
  readonly setFromRelation: boolean;
  /** `digits`: `204_5` is met by `204`. */
  readonly base: 'strict' | 'digits';
}

/** The policy of rewards and evaluation. */
export const DEFAULT_POLICY: Policy = {
  prefer: 'label',
  boxes: 'join-adjacent',
  percent: 'sign',
  order: 'set',
  precision: 6,
  rounding: 'strict',
  fractions: 'value',
  simplify: 'value',
  units: 'absent-ok',
  variables: 'named',
  setFromRelation: false,
  base: 'strict',
};

/** What each policy may be; `places` stands for 0 to 15 decimal places. */
export const POLICY_VALUES: { readonly [K in keyof Policy]: readonly Policy[K][] | 'places' } = {
  prefer: ['label', 'box', 'last'],
  boxes: ['join-adjacent', 'last', 'join-all'],
  percent: ['sign', 'strict', 'ignore'],
  order: ['set', 'sequence'],
  precision: 'places',
  rounding: ['strict', 'as-printed'],
  fractions: ['value', 'reduced'],
  simplify: ['value', 'trivial'],
  units: ['absent-ok', 'ignore', 'strict'],
  variables: ['named', 'positional'],
  setFromRelation: [false, true],
  base: ['strict', 'digits'],
};
