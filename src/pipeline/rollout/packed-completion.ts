import type { Completion } from '../../ports/engine.ts';

/** A completion as it is kept: `logprobs` are float64 as they lie in memory, in base64. */
export type PackedCompletion = Omit<Completion, 'logprobs'> & { readonly logprobs: string };

/**
 * Packs the log-probs bit for bit, -0 and NaN included. As JSON numbers they would take more time than all else that
 * keeping an answer takes, and twice the room.
 */
export function packCompletion(completion: Completion): PackedCompletion {
  const { buffer } = Float64Array.from(completion.logprobs);
  return { ...completion, logprobs: Buffer.from(buffer).toString('base64') };
}

/** What `packCompletion` packed. */
export function unpackCompletion(packed: PackedCompletion): Completion {
  // A copy of its own begins where a float64 may.
  const { buffer } = Uint8Array.from(Buffer.from(packed.logprobs, 'base64'));
  return { ...packed, logprobs: [...new Float64Array(buffer)] };
}
