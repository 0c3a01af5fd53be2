import type { Problem } from '../../core/problem.ts';

/** One SFT row as text. */
export interface SftText {
  readonly problem: Problem;
  readonly target: string;
}
