import type { FinishedChoice } from '../sample-choices.ts';

/** Results that clients may ask for as JSON or as protobuf. They are kept for re-reading, so numbers stay packed until then. */

/** Of a forward or forward_backward pass. */
export interface PassResult {
  readonly kind: 'pass';
  readonly lossFnOutputType: string;
  /** One array per datum. */
  readonly logprobs: readonly Float32Array[];
  readonly metrics: Readonly<Record<string, number>>;
}

/** Of `asample`. */
export interface SampleResult {
  readonly kind: 'sample';
  readonly choices: readonly Pick<FinishedChoice, 'finish' | 'ids' | 'logprobs'>[];
}

export function isPassResult(value: unknown): value is PassResult {
  return (value as { kind?: unknown } | null)?.kind === 'pass';
}

export function isSampleResult(value: unknown): value is SampleResult {
  return (value as { kind?: unknown } | null)?.kind === 'sample';
}

/** The JSON form of any result. */
export function toWireJson(value: unknown): unknown {
  if (isPassResult(value)) {
    return {
      loss_fn_output_type: value.lossFnOutputType,
      loss_fn_outputs: value.logprobs.map((logprobs) => ({
        logprobs: { data: Array.from(logprobs), dtype: 'float32', shape: [logprobs.length] },
      })),
      metrics: value.metrics,
    };
  }
  if (!isSampleResult(value)) return value;
  return {
    sequences: value.choices.map(({ finish, ids, logprobs }) => ({ stop_reason: finish, tokens: ids, logprobs })),
    prompt_logprobs: null,
    topk_prompt_logprobs: null,
  };
}
