import { readSharedRows } from './shared-rows.ts';

/** A problem of gsm8k with its worked solution. */
export interface SharedProblem {
  readonly id: string;
  readonly problem: string;
  readonly answer: string;
  readonly solution: string;
}

/** A teacher's real output, as it was published. */
export interface RecordedOutput {
  readonly id: string;
  readonly problem: string;
  readonly output: string;
}

/** All training problems of gsm8k and the 341 real outputs; null where the sample files are absent. */
export function readTeacherRows(): {
  readonly problems: readonly SharedProblem[];
  readonly recorded: readonly RecordedOutput[];
} | null {
  const problems = readSharedRows<SharedProblem>('data/gsm8k_train.jsonl');
  const recorded = readSharedRows<RecordedOutput>('data/pr1_parallel_gsm8k_sft_341.jsonl');
  return problems === null || recorded === null ? null : { problems, recorded };
}

/** Faults of the published outputs, found by reading them; three more have no block, the other 335 are good. */
export const RECORDED_FAULTS: Readonly<Record<string, string>> = {
  'pr1-sft-088': 'text_in_block',
  'pr1-sft-125': 'text_before_summary',
  'pr1-sft-327': 'unclosed_summary',
};
