import type { EngineModel } from '../../src/ports/engine.ts';
import { wrongShape } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import { readCount, readObject } from './read-object.ts';

/** A listed model with the path its weights came from. */
export interface ListedModel extends EngineModel {
  readonly root: string | null;
}

/** Reads the answer of GET `/v1/models`. Throws a final `EngineError` for anything but a list of named models. */
export function readModels(wire: HttpWire, answer: unknown): ListedModel[] {
  const site = wire.siteOf('GET', '/v1/models');
  const data = readObject(answer)?.data;
  if (!Array.isArray(data)) throw wrongShape(site, 'an object with data', answer);
  return data.map((value) => {
    const entry = readObject(value);
    if (typeof entry?.id !== 'string') throw wrongShape(site, 'models with an id', value);
    const readText = (text: unknown) => (typeof text === 'string' ? text : null);
    return {
      id: entry.id,
      maxLength: readCount(entry.max_model_len),
      parent: readText(entry.parent),
      root: readText(entry.root),
    };
  });
}
