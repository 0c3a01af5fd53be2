/** One cold-start row as it leaves the project (method 4.7): what was asked, what was accepted, and by which rules. */
export interface SftRow {
  /** Id of the problem within `source`. */
  readonly id: string;
  readonly source: string;
  readonly problem: string;
  /** Reference answer as the source spells it. */
  readonly answer: string;
  /** What the student is asked: the template filled with the problem. */
  readonly prompt: string;
  /** What it should answer, tags included. */
  readonly target: string;
  /** Parallel blocks in the target, and paths in all of them together. */
  readonly blocks: number;
  readonly paths: number;
  /** Checker mode and verifier version that accepted it. */
  readonly checker: string;
  readonly verifier: string;
  /** SHA-256 of the teacher's prompt template, hex. */
  readonly template: string;
  readonly sample: number;
  readonly seed: number;
}
