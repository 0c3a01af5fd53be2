/** Name of the rule-based teacher. It is a program that knows word sums, not a language model. */
export const TEACHER_MODEL = 'embedded-teacher';

/** What an answer is meant to be. All but the first two must be filtered out by cold start. */
export type AnswerKind =
  | 'good_parallel'
  | 'good_direct'
  | 'missing_summary'
  | 'one_path'
  | 'unclosed_path'
  | 'text_in_block'
  | 'empty_path'
  | 'wrong_answer'
  | 'unclosed_thinking';

/** How often the teacher gives which answer. */
export interface TeacherMix {
  /** Relative weights; they need not add up to 1. */
  readonly kinds: Readonly<Record<AnswerKind, number>>;
  /** Share of answers with a thinking section in front (a closed one, save for `unclosed_thinking`). */
  readonly thinkingShare: number;
}

/** About 84 % good (60 % of them parallel), 8 % malformed, 6 % wrong, 2 % lost in thinking. */
export const DEFAULT_TEACHER_MIX: TeacherMix = {
  kinds: {
    good_parallel: 0.504,
    good_direct: 0.336,
    missing_summary: 0.016,
    one_path: 0.016,
    unclosed_path: 0.016,
    text_in_block: 0.016,
    empty_path: 0.016,
    wrong_answer: 0.06,
    unclosed_thinking: 0.02,
  },
  thinkingShare: 0.2,
};
