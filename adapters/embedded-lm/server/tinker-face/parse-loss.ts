import type { LossSpec } from '../../../../src/core/datum.ts';
import { asObject, type JsonObject, readNumber, readString, refuseUnknown } from '../http/body-fields.ts';
import { FieldFault } from '../http/failure.ts';

/** Ratio bounds when a request gives none, as on the hosted service. */
const DEFAULT_CLIP = { ppo: { low: 0.8, high: 1.2 }, cispo: { low: 0, high: 4 } } as const;

const NO_KEYS: ReadonlySet<string> = new Set();
const CLIP_KEYS: ReadonlySet<string> = new Set(['clip_low_threshold', 'clip_high_threshold']);

/** Reads `loss_fn` and `loss_fn_config`. Throws FieldFault for an unknown loss or key. */
export function parseLoss(input: JsonObject, where: string): LossSpec {
  const kind = readString(input, 'loss_fn');
  const field = `${where}.loss_fn_config`;
  const config = asObject(input.loss_fn_config ?? {}, field);
  if (kind === 'cross_entropy' || kind === 'importance_sampling') {
    refuseUnknown(config, NO_KEYS, field);
    return { kind };
  }
  if (kind !== 'ppo' && kind !== 'cispo') {
    throw new FieldFault(`${where}.loss_fn`, 'must be cross_entropy, importance_sampling, ppo or cispo');
  }
  refuseUnknown(config, CLIP_KEYS, field);
  const range = { min: 0, max: 1e9 };
  const clipLow = readNumber(config, 'clip_low_threshold', range, DEFAULT_CLIP[kind].low, field);
  const clipHigh = readNumber(config, 'clip_high_threshold', range, DEFAULT_CLIP[kind].high, field);
  if (clipLow > clipHigh) throw new FieldFault(`${field}.clip_low_threshold`, 'is above clip_high_threshold');
  return { kind, clipLow, clipHigh };
}
