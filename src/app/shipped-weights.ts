import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CheckpointRecord } from '../ports/run-store/training.ts';

/** Weights of the built-in model that come with the package: those a default run ended with (`recipe.json` beside them). */

/** The state they are, for a server whose state folder `folder` is copied into. */
export const SHIPPED_STATE: CheckpointRecord = {
  stageIndex: 0,
  step: 0,
  kind: 'state',
  name: 'trained',
  path: 'tinker://shipped/weights/trained',
};

/** Their folder. */
export const SHIPPED_FOLDER = join(
  dirname(fileURLToPath(import.meta.url)),
  '..',
  '..',
  'adapters',
  'embedded-lm',
  'trained',
);
