/** One question with its reference answer. `id` is unique within `source`. */
export interface Problem {
  readonly id: string;
  /** Name of the problem set, for instance `gsm8k/train` or `word-sums`. */
  readonly source: string;
  readonly text: string;
  /** Reference answer as the source spells it. */
  readonly answer: string;
  /** Difficulty or family label inside the source (`easy`, `hard`), when it has one. */
  readonly level?: string;
  /** Field it belongs to (`Algebra`), when the source names one. */
  readonly subject?: string;
}
