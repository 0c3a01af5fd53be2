import type { TokenLoss } from '../../../../src/core/datum.ts';
import type { JsonObject } from '../../../../src/core/json-object.ts';
import type { LossSequence, ModelShape } from '../../model/contract.ts';
import { asObject, checkIntArray, type Range, refuseUnknown } from '../http/body.ts';
import { FieldFault } from '../http/route.ts';

/** Datums one request may hold. */
export const MAX_DATUMS = 1024;

const DATUM_KEYS: ReadonlySet<string> = new Set(['model_input', 'loss_fn_inputs']);
const INPUT_KEYS: ReadonlySet<string> = new Set(['chunks']);
const CHUNK_KEYS: ReadonlySet<string> = new Set(['type', 'tokens']);
const STRUCTURE_KEYS = ['x_position_ids', 'x_attn_path'] as const;
const LOSS_KEYS = { cross_entropy: ['weights'], rl: ['logprobs', 'advantages'] } as const;
const MAX_INT32 = 2 ** 31 - 1;

/**
 * Reads the datums of one request for one loss: exact lengths, finite values, ids inside the vocabulary,
 * no tensor the loss does not use, structure tensors on every datum or on none. Throws FieldFault.
 */
export function parseDatums(value: unknown, loss: TokenLoss, shape: ModelShape, where: string): LossSequence[] {
  if (!Array.isArray(value) || value.length === 0) throw new FieldFault(where, 'must be a non-empty array of datums');
  if (value.length > MAX_DATUMS)
    throw new FieldFault(where, `has ${value.length} datums, at most ${MAX_DATUMS} are taken`);
  const datums = value.map((datum, i) => parseDatum(datum, loss, shape, `${where}[${i}]`));
  for (const key of ['positionIds', 'attnPath'] as const) {
    const without = datums.findIndex((datum) => (datum[key] === undefined) !== (datums[0]![key] === undefined));
    if (without > 0)
      throw new FieldFault(`${where}[${without}]`, `structure tensors must be on every datum or on none (${key})`);
  }
  return datums;
}

function parseDatum(value: unknown, loss: TokenLoss, shape: ModelShape, where: string): LossSequence {
  const datum = asObject(value, where);
  refuseUnknown(datum, DATUM_KEYS, where);
  const tokens = parseModelInput(datum.model_input, shape, `${where}.model_input`);
  const inputs = asObject(datum.loss_fn_inputs, `${where}.loss_fn_inputs`);
  const lossKeys = loss.kind === 'cross_entropy' ? LOSS_KEYS.cross_entropy : LOSS_KEYS.rl;
  checkInputKeys(inputs, loss, lossKeys, `${where}.loss_fn_inputs`);
  const at = (key: string) => `${where}.loss_fn_inputs.${key}`;
  const vocabulary = { min: 0, max: shape.usedVocab - 1 };
  return {
    tokens,
    targets: parseIntTensor(inputs.target_tokens, tokens.length, vocabulary, at('target_tokens')),
    ...Object.fromEntries(lossKeys.map((key) => [key, parseFloatTensor(inputs[key], tokens.length, at(key))])),
    ...parseStructure(inputs, tokens.length, shape, at),
  };
}

function checkInputKeys(inputs: JsonObject, loss: TokenLoss, lossKeys: readonly string[], where: string): void {
  const required = ['target_tokens', ...lossKeys];
  for (const key of required) {
    if (inputs[key] == null)
      throw new FieldFault(`${where}.${key}`, `Missing '${key}' in loss_fn_inputs for ${loss.kind}`);
  }
  for (const key of Object.keys(inputs)) {
    if (required.includes(key) || (STRUCTURE_KEYS as readonly string[]).includes(key)) continue;
    throw new FieldFault(`${where}.${key.slice(0, 100)}`, `is not an input of ${loss.kind}`);
  }
}

function parseStructure(
  inputs: JsonObject,
  length: number,
  shape: ModelShape,
  at: (key: string) => string,
): Pick<LossSequence, 'positionIds' | 'attnPath'> {
  const positions = inputs.x_position_ids ?? null;
  const paths = inputs.x_attn_path ?? null;
  return {
    ...(positions === null
      ? {}
      : { positionIds: parseIntTensor(positions, length, { min: 0, max: shape.maxLength - 1 }, at('x_position_ids')) }),
    ...(paths === null
      ? {}
      : { attnPath: parseIntTensor(paths, length, { min: 0, max: MAX_INT32 }, at('x_attn_path')) }),
  };
}

/** Token ids of a `model_input` or `prompt`: its text chunks, one after another. Throws FieldFault. */
export function parseModelInput(value: unknown, shape: ModelShape, where: string): readonly number[] {
  const input = asObject(value, where);
  refuseUnknown(input, INPUT_KEYS, where);
  if (!Array.isArray(input.chunks)) throw new FieldFault(`${where}.chunks`, 'must be an array');
  const tokens = input.chunks.flatMap((value: unknown, i) => {
    const field = `${where}.chunks[${i}]`;
    const chunk = asObject(value, field);
    if ((chunk.type ?? 'encoded_text') !== 'encoded_text')
      throw new FieldFault(`${field}.type`, 'only encoded_text is taken');
    refuseUnknown(chunk, CHUNK_KEYS, field);
    return checkIntArray(chunk.tokens, { min: 0, max: shape.usedVocab - 1 }, shape.maxLength, `${field}.tokens`);
  });
  if (tokens.length === 0) throw new FieldFault(where, 'holds no token');
  if (tokens.length > shape.maxLength) {
    throw new FieldFault(where, `has ${tokens.length} tokens, this model has a context of ${shape.maxLength}`);
  }
  return tokens;
}

const TENSOR_KEYS: ReadonlySet<string> = new Set(['data', 'dtype', 'shape']);

/** A dense 1-D integer tensor of exactly `length` values in range. Throws FieldFault. */
function parseIntTensor(value: unknown, length: number, range: Range, field: string): readonly number[] {
  const data = openTensor(value, length, 'int64', field);
  return checkIntArray(data, range, length, `${field}.data`);
}

/** A dense 1-D float tensor of exactly `length` finite values. Throws FieldFault. */
function parseFloatTensor(value: unknown, length: number, field: string): readonly number[] {
  const data = openTensor(value, length, 'float32', field);
  for (let i = 0; i < length; i += 1) {
    const entry = data[i];
    if (typeof entry !== 'number' || !Number.isFinite(Math.fround(entry))) {
      throw new FieldFault(`${field}.data[${i}]`, 'must be a finite float32 number');
    }
  }
  return data as readonly number[];
}

function openTensor(value: unknown, length: number, dtype: string, field: string): readonly unknown[] {
  const tensor = asObject(value, field);
  if (tensor.sparse_crow_indices != null || tensor.sparse_col_indices != null) {
    throw new FieldFault(field, 'sparse tensors are not taken; send dense data');
  }
  refuseUnknown(tensor, TENSOR_KEYS, field);
  if (tensor.dtype !== dtype) throw new FieldFault(`${field}.dtype`, `must be ${dtype}`);
  if (!Array.isArray(tensor.data)) throw new FieldFault(`${field}.data`, 'must be an array of numbers');
  if (tensor.data.length !== length) {
    throw new FieldFault(field, `has length ${tensor.data.length}, model_input has ${length}`);
  }
  checkShape(tensor, length, field);
  return tensor.data;
}

function checkShape(tensor: JsonObject, length: number, field: string): void {
  const shape = tensor.shape ?? null;
  if (shape === null) return;
  if (!Array.isArray(shape) || shape.length !== 1 || shape[0] !== length) {
    throw new FieldFault(`${field}.shape`, `must be [${length}]`);
  }
}
