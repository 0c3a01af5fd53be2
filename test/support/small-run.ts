/**
 * The whole curriculum, small enough for a test: every stage of the embedded preset with a handful of
 * steps. It learns next to nothing, but everything happens.
 */
export const SMALL_RUN_SETTINGS: readonly string[] = [
  'run.name=small',
  'embedded.threads=1',
  'stages.0.problems=[{kind: word-sums, level: easy, split: train, count: 60, seed: 11}, {kind: word-sums, level: hard, split: train, count: 20, seed: 12}]',
  'stages.1.maxSteps=8',
  'stages.1.batchSize=16',
  'stages.1.saveEvery=3',
  'stages.1.until={everySteps: 4, fromStep: 4, targets: [{problems: [{kind: word-sums, level: easy, split: heldout, count: 4, seed: 13}], samples: 1, minAccuracy: 0.9}]}',
  'stages.2.steps=3',
  'stages.2.batchSize=4',
  'stages.2.groupSize=4',
  'stages.2.saveEvery=2',
  'stages.2.gate=null',
  'stages.3.steps=3',
  'stages.3.batchSize=4',
  'stages.3.groupSize=4',
  'stages.3.saveEvery=2',
  'stages.3.gate=null',
  'stages.2.problems=[{kind: word-sums, level: easy, split: train, count: 40, seed: 14}]',
  'stages.3.problems=[{kind: word-sums, level: hard, split: train, count: 40, seed: 15}]',
  'eval.sets=[{name: hard, problems: [{kind: word-sums, level: hard, split: heldout, count: 6, seed: 16}], samples: 1}]',
];

/** `--set key=value` for each setting. */
export function smallRunArgs(db: string): string[] {
  return ['--db', db, ...SMALL_RUN_SETTINGS.flatMap((setting) => ['--set', setting])];
}
