import type { ColdStartStage } from '../../core/curriculum.ts';
import type { PromptRecord } from '../../ports/run-store/runs.ts';
import type { RunContext, Teacher } from '../context.ts';
import type { OwnedAnswers } from '../rollout/answer-log.ts';
import type { CheckLength } from './check-length.ts';

/** What all questions of one cold-start stage share. */
export interface Teaching {
  readonly ctx: RunContext;
  readonly stage: ColdStartStage;
  readonly teacher: Teacher;
  /** The student's template; its tags are plain text here: a teacher's tokenizer need not know them. */
  readonly studentTemplate: PromptRecord;
  readonly checkLength: CheckLength;
}

/** One round of questions about a problem, from 0. */
export interface Round {
  readonly round: number;
  /** Sampling temperature of the teacher in this round. */
  readonly temperature: number;
  readonly answers: OwnedAnswers;
  readonly signal: AbortSignal;
}
