/** How weights that a trainer saved reach an engine that is running. */

/** Weights the trainer saved for sampling, and where the engine finds them. */
export interface HandedWeights {
  /** As the trainer names them. */
  readonly path: string;
  /** What the engine is given: the trainer's path, or a folder the trainer's adapter unpacked. */
  readonly location: string;
}

/**
 * One way of handing over. Today there is one: a LoRA adapter that the engine loads beside the base model, under a
 * name of its own. Rejects with `EngineError` when the engine refuses, with the signal's reason when aborted.
 */
export interface WeightsHandOver {
  /** Makes the engine sample `version` from these weights. A version of that name that is there already is replaced. */
  put(version: string, weights: HandedWeights): Promise<void>;
  /** Whether the engine says that it serves `version`. */
  isServed(version: string): Promise<boolean>;
  /** Takes `version` off the engine; succeeds when it is not there. */
  takeOff(version: string): Promise<void>;
}
