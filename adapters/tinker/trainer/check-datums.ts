import type { Datum, LossSpec } from '../../../src/core/datum.ts';
import { TrainerError } from '../../../src/errors.ts';

type FloatKey = 'weights' | 'logprobs' | 'advantages';

/** What a pass is for: the log-probs alone, or the gradient of a loss. */
export type PassPurpose = 'forward' | LossSpec['kind'];

/**
 * What no server may be trusted to notice: lengths, finite float32 values, token ids, a position with
 * loss, structure tensors on every datum or on none. Throws `TrainerError` naming the datum by its index.
 */
export function checkDatums(data: readonly Datum[], purpose: PassPurpose, structuredAttention: boolean): void {
  if (data.length === 0) throw new TrainerError('a pass needs at least one datum');
  const isStructured = data[0]!.positionIds !== undefined;
  if (isStructured && !structuredAttention) {
    throw new TrainerError(
      'datum 0 has position and path ids, but the trainer does not serve structured_attention/1 (not advertised, or the probe failed); choose another layout',
    );
  }
  data.forEach((datum, index) => {
    const fault = findFault(datum, purpose, isStructured);
    if (fault !== null) throw new TrainerError(`datum ${index} ${fault}`);
  });
}

function findFault(datum: Datum, purpose: PassPurpose, isStructured: boolean): string | null {
  const length = datum.tokens.length;
  if (length === 0) return 'has no token';
  const structure = isStructured ? [datum.positionIds, datum.attnPath] : [];
  if ((datum.positionIds !== undefined) !== isStructured || (datum.attnPath !== undefined) !== isStructured) {
    return 'must have both position and path ids or neither, as the first one';
  }
  for (const ids of [datum.tokens, datum.targets, ...structure]) {
    if (ids!.length !== length) return `has ${length} tokens and ${ids!.length} targets, positions or path ids`;
    if (!ids!.every((id) => Number.isSafeInteger(id) && id >= 0)) return 'has an id that is no non-negative integer';
  }
  if (purpose === 'forward') return datum.weights === undefined ? null : findFloatFault(datum, 'weights');
  const keys: readonly FloatKey[] = purpose === 'cross_entropy' ? ['weights'] : ['logprobs', 'advantages'];
  for (const key of keys) {
    const fault = findFloatFault(datum, key);
    if (fault !== null) return fault;
  }
  const lossKey = keys.at(-1)!;
  return datum[lossKey]!.some((value) => value !== 0) ? null : `has ${lossKey} 0 everywhere: nothing to learn from`;
}

function findFloatFault(datum: Datum, key: FloatKey): string | null {
  const values = datum[key];
  if (values === undefined) return `has no ${key}`;
  if (values.length !== datum.tokens.length) return `has ${datum.tokens.length} tokens and ${values.length} ${key}`;
  const wrong = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  return wrong < 0 ? null : `has ${key} ${values[wrong]} at position ${wrong}`;
}
