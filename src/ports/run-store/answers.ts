/**
 * What an engine answered to one call, kept until the attempts or rollouts it belongs to are stored: a killed run that
 * goes on need not ask again.
 */
export interface AnswerRecord {
  /** Whose answer: a name that the pipeline gives to a group of rollouts or a round of questions. */
  readonly owner: string;
  /** Which of the owner's calls, by the pipeline's name for it. */
  readonly call: string;
  /** JSON. */
  readonly answer: string;
}

/** The family of `RunStore` that keeps answers which no finished attempt or rollout holds yet. */
export interface StoredAnswers {
  /** The first answer to a call stays. */
  saveAnswers(runId: string, stageIndex: number, answers: readonly AnswerRecord[]): void;
  /** Whether any answer of the stage is kept. */
  hasAnswers(runId: string, stageIndex: number): boolean;
  /** The answers of one owner, in the order in which they came. */
  loadAnswers(runId: string, stageIndex: number, owner: string): AnswerRecord[];
  /** Forgets all answers of these owners. */
  dropAnswers(runId: string, stageIndex: number, owners: readonly string[]): void;
}
