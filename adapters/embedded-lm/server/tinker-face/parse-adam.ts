import type { AdamSettings } from '../../../../src/core/datum.ts';
import { asObject, type JsonObject, readNumber, refuseUnknown } from '../http/body-fields.ts';

const KEYS: ReadonlySet<string> = new Set([
  'learning_rate',
  'beta1',
  'beta2',
  'eps',
  'weight_decay',
  'grad_clip_norm',
  'type',
]);

/** Reads `adam_params` with the protocol's defaults; every one is honoured. Throws FieldFault. */
export function parseAdam(body: JsonObject): AdamSettings {
  const params = asObject(body.adam_params ?? {}, 'adam_params');
  refuseUnknown(params, KEYS, 'adam_params');
  const read = (key: string, max: number, fallback: number) =>
    readNumber(params, key, { min: 0, max }, fallback, 'adam_params');
  return {
    learningRate: read('learning_rate', 1e3, 1e-4),
    beta1: read('beta1', 0.999999, 0.9),
    beta2: read('beta2', 0.999999, 0.95),
    eps: read('eps', 1, 1e-12),
    weightDecay: read('weight_decay', 1e3, 0),
    clipNorm: read('grad_clip_norm', 1e9, 0),
  };
}
