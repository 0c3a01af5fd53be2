import { asObject, checkIntArray, type JsonObject, type Range, refuseUnknown } from '../http/body-fields.ts';
import { FieldFault } from '../http/failure.ts';

const TENSOR_KEYS: ReadonlySet<string> = new Set(['data', 'dtype', 'shape']);

/** A dense 1-D integer tensor of exactly `length` values in range. Throws FieldFault. */
export function parseIntTensor(value: unknown, length: number, range: Range, field: string): readonly number[] {
  const data = openTensor(value, length, 'int64', field);
  return checkIntArray(data, range, length, `${field}.data`);
}

/** A dense 1-D float tensor of exactly `length` finite values. Throws FieldFault. */
export function parseFloatTensor(value: unknown, length: number, field: string): readonly number[] {
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
