import type { OwnScores } from '../../core/problem-set/completion-row.ts';

/** A score that the completions of a set brought along, beside our verdicts on the same answers. */
export interface OwnScoreComparison {
  readonly set: string;
  /** As the file calls it. */
  readonly name: string;
  /** Rows that have it. Rows of failed calls are left out of all figures here, whatever their file gives them. */
  readonly rows: number;
  readonly mean: number;
  /** Mean share of right answers in these rows, by us. */
  readonly right: number;
  /** Rows of one answer whose score is not 1 where it is right and 0 where it is not; null where no row is of one answer. */
  readonly differences: number | null;
  /** The lines of the first of them. */
  readonly lines: readonly number[];
}

/** Lines that are kept. */
const MAX_KEPT = 1000;

/** What is counted of one score. Sums are over rows. */
interface ScoreSum {
  rows: number;
  sum: number;
  right: number;
  /** Rows of one answer. */
  single: number;
  differences: number;
  readonly lines: number[];
}

/** Counts the scores of one set, answer by answer. Those of a row that is scored as a whole count once. */
export class OwnScoreTally {
  readonly #set: string;
  readonly #scores = new Map<string, ScoreSum>();

  constructor(set: string) {
    this.#set = set;
  }

  add({ scores, completions }: OwnScores, isRight: boolean, line: number): void {
    for (const [name, value] of Object.entries(scores)) {
      const kept = this.#scores.get(name) ?? { rows: 0, sum: 0, right: 0, single: 0, differences: 0, lines: [] };
      this.#scores.set(name, kept);
      kept.rows += 1 / completions;
      kept.sum += value / completions;
      kept.right += Number(isRight) / completions;
      if (completions > 1) continue;
      kept.single += 1;
      if (value === Number(isRight)) continue;
      kept.differences += 1;
      if (kept.lines.length < MAX_KEPT && kept.lines.at(-1) !== line) kept.lines.push(line);
    }
  }

  finish(): OwnScoreComparison[] {
    return [...this.#scores].map(([name, { rows, sum, right, single, differences, lines }]) => ({
      ...{ set: this.#set, name, rows: Math.round(rows), mean: sum / rows, right: right / rows },
      ...{ differences: single === 0 ? null : differences, lines },
    }));
  }
}
