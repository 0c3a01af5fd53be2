import { EngineError } from '../../errors.ts';

/** How one version is put on an engine and taken off it. */
export interface WeightCalls {
  load(): Promise<void>;
  unload(): Promise<void>;
}

/** Loads a version; a name left over from an earlier process may hold other weights: it is replaced, never trusted. */
export async function replaceWeights({ load, unload }: WeightCalls): Promise<void> {
  try {
    await load();
  } catch (error) {
    if (!(error instanceof EngineError) || error.retryable || !/already/.test(error.message)) throw error;
    await unload();
    await load();
  }
}
