import type { VotedSample } from '../metrics.ts';

/** One judged sample of an evaluation, as the statistics need it. */
export interface EvaluatedSample extends VotedSample {
  /** Unique in the set. Two problems of one text are two problems. */
  readonly problem: string;
  /** The engine failed for good to give a completion: neither an answer nor a verdict exists. */
  readonly errored: boolean;
  /** Cut off at the token limit. */
  readonly truncated: boolean;
  readonly formatValid: boolean;
}

/** Finished samples by what became of them. */
export interface AnswerCounts {
  readonly correct: number;
  /** An answer was found and is not right. */
  readonly wrong: number;
  /** No answer was found. */
  readonly unanswered: number;
}

/**
 * What became of the samples. Each is errored, correct, wrong or unanswered, and these add up to `samples`. Truncation
 * and format are further facts about finished samples, each with its own outcomes: a sample that was cut off may still
 * hold the right answer.
 */
export interface OutcomeTally extends AnswerCounts {
  readonly samples: number;
  readonly errored: number;
  readonly truncated: AnswerCounts;
  readonly formatInvalid: AnswerCounts;
}

export function tallyOutcomes(samples: readonly EvaluatedSample[]): OutcomeTally {
  const finished = samples.filter(({ errored }) => !errored);
  return {
    samples: samples.length,
    errored: samples.length - finished.length,
    ...countAnswers(finished),
    truncated: countAnswers(finished.filter(({ truncated }) => truncated)),
    formatInvalid: countAnswers(finished.filter(({ formatValid }) => !formatValid)),
  };
}

function countAnswers(samples: readonly EvaluatedSample[]): AnswerCounts {
  const correct = samples.filter((sample) => sample.correct).length;
  const unanswered = samples.filter((sample) => !sample.correct && sample.answer === null).length;
  return { correct, unanswered, wrong: samples.length - correct - unanswered };
}

/** The samples of one problem. */
export interface SampledProblem {
  readonly problem: string;
  readonly samples: readonly EvaluatedSample[];
}

/**
 * Whether a sample that errored is not counted (`left-out`: the figure is the model's) or counts as a wrong answer
 * (`wrong`: the figure is that of model and server together). A large gap between the two means that neither can be
 * trusted.
 */
export type ErroredPolicy = 'left-out' | 'wrong';

/** Samples by problem, in the order problems first occur. A problem without any counted sample is not among them. */
export function groupByProblem(samples: readonly EvaluatedSample[], errored: ErroredPolicy): SampledProblem[] {
  const counted = errored === 'wrong' ? samples : samples.filter((sample) => !sample.errored);
  return [...Map.groupBy(counted, ({ problem }) => problem)].map(([problem, own]) => ({ problem, samples: own }));
}

/** n samples of a problem, c of them correct. */
export interface ProblemCounts {
  readonly problem: string;
  readonly n: number;
  readonly c: number;
}

export function countCorrect({ problem, samples }: SampledProblem): ProblemCounts {
  return { problem, n: samples.length, c: samples.filter(({ correct }) => correct).length };
}
