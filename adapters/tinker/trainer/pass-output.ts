import { TrainerError } from '../../../src/errors.ts';

/** What one pass returned, in the order of its datums. */
export interface PassOutput {
  /** Null where the server left the log-probs out. Empty when it left every datum out. */
  readonly logprobs: readonly (readonly number[] | null)[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** The output when the server did the work and its result is lost. */
export const LOST_OUTPUT: PassOutput = { logprobs: [], metrics: {} };

/**
 * Checks a result against the lengths of the datums sent: one entry per datum, N finite log-probs each.
 * Throws `TrainerError`.
 */
export function checkPassOutput(output: PassOutput, lengths: readonly number[], what: string): PassOutput {
  const { logprobs, metrics } = output;
  if (logprobs.length === 0) return { logprobs: lengths.map(() => null), metrics };
  if (logprobs.length !== lengths.length) {
    throw new TrainerError(`${what}: ${lengths.length} datums were sent, ${logprobs.length} results came back`);
  }
  logprobs.forEach((row, index) => {
    if (row === null) return;
    if (row.length !== lengths[index]) {
      throw new TrainerError(
        `${what}: result ${index} has ${row.length} log-probs, its datum ${lengths[index]} positions`,
      );
    }
    for (let i = 0; i < row.length; i += 1) {
      if (!Number.isFinite(row[i])) {
        throw new TrainerError(
          `${what}: result ${index} has log-prob ${row[i]} at position ${i}; the model may have diverged`,
        );
      }
    }
  });
  return output;
}

/** The metrics that are numbers; servers put nulls and texts among them. */
export function pickNumbers(metrics: unknown): Record<string, number> {
  if (typeof metrics !== 'object' || metrics === null) return {};
  const entries = Object.entries(metrics as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, number] => typeof entry[1] === 'number' && Number.isFinite(entry[1])),
  );
}
