import { EngineError, TrainerError } from '../../../src/errors.ts';
import { parseCheckpointPath } from '../wire/checkpoint-path.ts';

/** What one sampling call names its weights by. */
export type SamplerSource = { readonly model_path: string } | { readonly base_model: string };

/**
 * Names of weights versions and the sampler paths they stand for. The server knows paths only, and takes one
 * with every call, so that nothing is lost when it restarts.
 */
export class SamplerVersions {
  readonly #paths = new Map<string, string>();

  get names(): readonly string[] {
    return [...this.#paths.keys()];
  }

  /** The same pair again changes nothing. Throws a final `EngineError` for no sampler path, or a name that is taken. */
  add(version: string, location: string): void {
    checkSamplerPath(location);
    const known = this.#paths.get(version);
    if (known !== undefined && known !== location) {
      throw new EngineError(`${version} already names weights from ${known}: unload it first`);
    }
    this.#paths.set(version, location);
  }

  forget(version: string): void {
    this.#paths.delete(version);
  }

  /** A name that was not added is taken for a base model, which the server judges. */
  find(model: string): SamplerSource {
    const path = this.#paths.get(model);
    return path === undefined ? { base_model: model } : { model_path: path };
  }
}

function checkSamplerPath(location: string): void {
  try {
    if (parseCheckpointPath(location, 'sampler_weights').kind === 'sampler_weights') return;
  } catch (error) {
    if (!(error instanceof TrainerError)) throw error;
  }
  throw new EngineError(
    `${JSON.stringify(location.slice(0, 200))} is no sampler path (tinker://<run>/sampler_weights/<name>): engine.kind tinker needs trainer.handover path`,
  );
}
