import * as z from 'zod';
import { LINT_CODES } from '../core/format/format-report.ts';
import { embeddedSchema, engineSchema, trainerSchema } from './schema/connections.ts';
import { nonBlank, seedNumber, shortName } from './schema/fields.ts';
import { effectiveSchema, watchdogSchema } from './schema/parallel-work.ts';
import { evalSets } from './schema/problems.ts';
import { evalSampling, rolloutSchema } from './schema/rollout.ts';
import { stagesSchema } from './schema/stages.ts';
import { trackersSchema } from './schema/trackers.ts';

/**
 * Numbers the meaning of configurations. It is raised when a stored configuration would no longer make a run do what it
 * did; a run that began under a higher number than this software knows is refused (docs/upgrading.md).
 */
export const CONFIG_VERSION = 1;

/**
 * The configuration of a run: what a YAML file may say, with bounds and defaults. Unknown keys are
 * faults. What it resolves to is `RunConfig`, which is stored with the run and read back as it is:
 * resolving a resolved configuration changes nothing.
 */
export const runConfigSchema = z
  .strictObject({
    run: z
      .strictObject({
        name: shortName().default('run').describe('Name in lists and reports'),
        seed: seedNumber().default(7).describe('Every seed of the run derives from it'),
        report: nonBlank()
          .nullable()
          .default(null)
          .describe(
            'HTML file that the report is written to at the end; null: none. Relative to the configuration file',
          ),
      })
      .prefault({})
      .describe('The run itself'),
    engine: engineSchema.describe('The inference server'),
    trainer: trainerSchema.prefault({}).describe('The trainer'),
    prompt: nonBlank()
      .default('adaptive-parallel-thinking.v1')
      .describe("The student's prompt template: a name in prompts/, or a file relative to the configuration file"),
    rollout: rolloutSchema.prefault({}).describe('How one rollout is decoded'),
    training: z
      .strictObject({
        layout: z
          .enum(['units', 'exact', 'causal', 'multiverse'])
          .default('exact')
          .describe(
            'How the trainer sees a rollout: units and exact score every token in the context it was sampled in',
          ),
      })
      .prefault({})
      .describe('What the trainer is sent'),
    verify: z
      .strictObject({
        mode: z
          .enum(['math', 'reference-dapo', 'reference-gsm8k'])
          .default('math')
          .describe('How answers are compared; the reference modes only reproduce the rules of the reference'),
      })
      .prefault({})
      .describe('Answer verification'),
    format: z
      .strictObject({
        mode: z
          .enum(['strict', 'reference', 'algorithm1'])
          .default('strict')
          .describe('Which checker judges the format: our grammar, the reference code, or the algorithm of the paper'),
        promote: z
          .array(z.enum(LINT_CODES))
          .default([])
          .describe('Lints that make a response invalid, as violations of their name'),
      })
      .prefault({})
      .describe('Format check'),
    effective: effectiveSchema.prefault({}).describe('When the paths of a block count as parallel work'),
    watchdog: watchdogSchema.prefault({}).describe('What is done when a reward is earned without the work'),
    stages: stagesSchema,
    eval: z
      .strictObject({ sets: evalSets.default([]).describe('Held-out sets'), ...evalSampling })
      .prefault({})
      .describe('Held-out sets measured around RL stages'),
    trackers: trackersSchema.prefault({}).describe('Where the figures of the run are sent while it goes on'),
    embedded: embeddedSchema.prefault({}).describe('The embedded engine and trainer'),
  })
  .describe('Configuration of a parallel-r1 run');

/** A resolved configuration: every key present, plain JSON. */
export type RunConfig = z.output<typeof runConfigSchema>;
