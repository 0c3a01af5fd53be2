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
  /** `decimal`: `3,14` is one number, and a point separates thousands. */
  readonly comma: 'separator' | 'decimal';
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
  setFromRelation: true,
  base: 'strict',
  comma: 'separator',
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
  setFromRelation: [true, false],
  base: ['strict', 'digits'],
  comma: ['separator', 'decimal'],
};

/** How a response may be judged. */
export const MODES = ['math', 'reference-dapo', 'reference-gsm8k'] as const;

/**
 * Throws `TypeError` with one line for options that are missing, misspelt or out of range: a caller without types
 * would be judged by another rule than he meant.
 */
export function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError('verify: the options are missing; they are { mode, structured, policy? }');
  for (const key of Object.keys(options))
    if (key !== 'mode' && key !== 'structured' && key !== 'policy')
      throw new TypeError(`verify: there is no option ${key}; the options are mode, structured, policy`);
  const { mode, structured, policy } = options as Readonly<Record<string, unknown>>;
  if (!(MODES as readonly unknown[]).includes(mode))
    throw new TypeError(`verify: mode is ${show(mode)}; it must be ${MODES.join(', ')}`);
  if (typeof structured !== 'boolean')
    throw new TypeError(`verify: structured is ${show(structured)}; it must be true (a trajectory) or false`);
  if (policy !== undefined) checkPolicy(policy);
}

function checkPolicy(policy: unknown): void {
  if (typeof policy !== 'object' || policy === null)
    throw new TypeError(`verify: policy is ${show(policy)}; it must be an object`);
  for (const [key, value] of Object.entries(policy)) {
    const values = Object.hasOwn(POLICY_VALUES, key) ? POLICY_VALUES[key as keyof Policy] : undefined;
    if (values === undefined)
      throw new TypeError(
        `verify: there is no policy ${key}; the policies are ${Object.keys(POLICY_VALUES).join(', ')}`,
      );
    const isKnown =
      values === 'places'
        ? Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 15
        : (values as readonly unknown[]).includes(value);
    const known = values === 'places' ? 'a whole number from 0 to 15' : values.join(', ');
    if (!isKnown) throw new TypeError(`verify: policy ${key} is ${show(value)}; it must be ${known}`);
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value);
}
