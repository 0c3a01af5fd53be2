import type { Policy } from '../../src/core/verify/policy.ts';
import { readSharedRows } from './shared-rows.ts';

/** One public verification case (shared/verify/README.md). */
export interface PublicCase {
  readonly suite: string;
  readonly id: string;
  readonly gold: string;
  readonly answer: string;
  readonly expected: boolean;
  readonly options?: {
    readonly precision?: number;
    readonly strict?: boolean;
    readonly allow_set_relation_comp?: boolean;
  };
  readonly policy?: string;
}

/** The suites, in the order of the tables. */
export const SUITES = [
  'math_verify',
  'math_verify_choice',
  'hendrycks_math',
  'lighteval_choice',
  'lighteval_multilingual',
  'lighteval_extra',
  'trl_open_r1',
  'tinker',
  'simple_evals',
  'qwen_grader',
  'math500_solution',
  'math500_shuffled',
  'math500_rewrites',
  'reported-2026-11',
] as const;

const POLICY_OF_TAG: Readonly<Record<string, Partial<Policy>>> = {
  which_of_several_boxes: { boxes: 'join-adjacent' },
  percent_sign_ignored: { percent: 'ignore' },
  list_order_matters: { order: 'sequence' },
  unreduced_fraction_refused: { fractions: 'reduced' },
  nontrivial_simplification_refused: { simplify: 'trivial' },
  loose_rounding: { rounding: 'as-printed' },
};

/** The cases of one suite; null where the samples are absent. */
export function readSuite(suite: string): readonly PublicCase[] | null {
  return readSharedRows<PublicCase>(`verify/${suite}.jsonl`);
}

/** The policy a case asks for, by its options and its tag. */
export function toCasePolicy({ options = {}, policy }: PublicCase): Partial<Policy> {
  return {
    ...(options.precision === undefined ? {} : { precision: options.precision }),
    ...(options.strict === false ? { variables: 'positional' as const } : {}),
    ...(options.allow_set_relation_comp === undefined ? {} : { setFromRelation: options.allow_set_relation_comp }),
    ...(policy === undefined ? {} : POLICY_OF_TAG[policy]),
  };
}
