import { stripThinking } from '../../core/canonicalise.ts';
import { checkFormat } from '../../core/format/format-checker.ts';
import { countOpenTags } from '../../core/format/tag-stream.ts';
import type { Completion } from '../../core/problem-set/completion-row.ts';
import { compareSamples, type EvaluationComparison } from '../../core/statistics/evaluation-figures.ts';
import type { EvaluatedSample } from '../../core/statistics/outcomes.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import type { Judgement, Verifier } from '../../ports/verifier.ts';
import { TRUNCATED } from '../rollout/score-trajectory.ts';
import { verifyStream } from '../verify-stream.ts';
import { type OwnScoreComparison, OwnScoreTally } from './compare-own-scores.ts';
import { type RuleComparison, RuleTally } from './compare-rules.ts';
import { type Evaluation, type MeasuredRollout, measureEvaluation } from './measure-evaluation.ts';

/** A completion, where it stands, and the set that its figures go to. */
export interface PlacedCompletion extends Completion {
  readonly set: string;
  readonly line: number;
}

/** Where an answer is in its file. */
export interface CompletionPlace {
  readonly line: number;
  readonly problem: string;
}

/** The figures of completions, set by set. */
export interface ScoredCompletions {
  readonly evaluations: readonly Evaluation[];
  readonly rules: readonly RuleComparison<CompletionPlace>[];
  /** What the files say of their answers, beside what we say. */
  readonly own: readonly OwnScoreComparison[];
  /** Every answer, under the name of its problem, by the task that the file names. */
  readonly tasks: readonly { readonly task: string | null; readonly samples: readonly EvaluatedSample[] }[];
}

/**
 * Judges completions as an evaluation judges its own: thinking is taken off, an answer that was cut off is none, and one
 * whose call failed is left out of the figures. Holds verdicts, and no texts. Rejects with whatever `completions` throws.
 */
export async function scoreCompletions(
  verifier: Verifier,
  completions: AsyncIterable<PlacedCompletion>,
  seed: number,
  signal?: AbortSignal,
): Promise<ScoredCompletions> {
  const sets = new Map<string, ScoredSet>();
  let best: Judgement | null = null;
  for await (const { one, judgement } of verifyStream(verifier, toCases(completions), signal)) {
    // Of several references the first that the answer states counts, or the first of all.
    if (best === null || (best.verdict !== 'correct' && judgement.verdict === 'correct')) best = judgement;
    if (!one.isLast) continue;
    const set = sets.get(one.placed.set) ?? new ScoredSet(one.placed);
    sets.set(one.placed.set, set);
    set.add(one.placed, one.text, best);
    best = null;
  }
  const all = [...sets.values()];
  return {
    evaluations: all.map((set) => set.measure(seed)),
    rules: all.map((set) => set.rules.finish()).filter(({ judged }) => judged > 0),
    own: all.flatMap((set) => set.own.finish()),
    tasks: all.map(({ task, samples }) => ({ task, samples })),
  };
}

/**
 * The second file compared with the first, on the problems that both name. Two programs may call one task differently; where a
 * file has several tasks, their names count too.
 */
export function compareCompletions(
  first: ScoredCompletions,
  second: ScoredCompletions,
  seed: number,
): EvaluationComparison {
  const byTask = first.tasks.length > 1 || second.tasks.length > 1;
  const list = ({ tasks }: ScoredCompletions) =>
    tasks.flatMap(({ task, samples }) =>
      byTask && task !== null ? samples.map((one) => ({ ...one, problem: `${task}, ${one.problem}` })) : samples,
    );
  return compareSamples(list(first), list(second), { seed });
}

async function* toCases(completions: AsyncIterable<PlacedCompletion>) {
  for await (const placed of completions) {
    const text = stripThinking(placed.text ?? '').content;
    const options = { mode: 'math' as const, structured: text.includes('<Parallel>') };
    const golds = placed.golds.length === 0 ? [''] : placed.golds;
    for (const [i, gold] of golds.entries()) yield { placed, text, gold, options, isLast: i === golds.length - 1 };
  }
}

/** What is kept of the answers of one set. */
class ScoredSet {
  readonly samples: EvaluatedSample[] = [];
  readonly task: string | null;
  readonly rules: RuleTally<CompletionPlace>;
  readonly own: OwnScoreTally;
  readonly #set: string;
  readonly #groups = new Map<string, number>();
  readonly #rollouts: MeasuredRollout[] = [];

  constructor({ set, task }: PlacedCompletion) {
    this.#set = set;
    this.task = task;
    this.rules = new RuleTally(set);
    this.own = new OwnScoreTally(set);
  }

  add(
    { problem, line, golds, text: written, isTruncated, level, subject, own }: PlacedCompletion,
    text: string,
    judged: Verdict,
  ) {
    // A row that names no problem is one of its own.
    const name = problem ?? `line ${line}`;
    const group = this.#groups.get(name) ?? this.#groups.size;
    this.#groups.set(name, group);
    const errored = written === null;
    const verdict = errored ? null : isTruncated ? TRUNCATED : judged;
    const formatValid = !errored && checkFormat(text, 'strict').valid;
    const end = errored ? null : isTruncated ? 'length' : 'eos';
    this.#rollouts.push({
      ...{ group, end, verdict, formatValid, blocks: countOpenTags(text), policyTokens: null, criticalTokens: null },
      problem: { key: group, ...(level === undefined ? {} : { level }), ...(subject === undefined ? {} : { subject }) },
    });
    this.samples.push({
      ...{ problem: name, errored, truncated: isTruncated, formatValid },
      answer: verdict?.extracted ?? null,
      correct: verdict?.verdict === 'correct',
    });
    if (verdict === null) return;
    this.own.add(own, verdict.verdict === 'correct', line);
    this.rules.add({ place: { line, problem: name }, golds: [golds[0]!, ...golds.slice(1)], text, verdict });
  }

  measure(seed: number): Evaluation {
    return measureEvaluation(this.#set, this.#rollouts, seed);
  }
}
