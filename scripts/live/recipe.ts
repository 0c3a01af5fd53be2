import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { stringify } from 'yaml';
import type { Pair } from './pair.ts';
import type { Rig } from './rig.ts';
import { tuftCheckpoints, urlOf } from './servers.ts';
import { type ComparedArm, chooseTask, type Purpose, type Stage } from './tasks.ts';

/** The folder of a run: data, prompt and configuration, written once; run store, adapters and log. */

/** The files of one run below the rig. */
export interface RunFolder {
  /** Name of the run in its store. */
  readonly name: string;
  readonly purpose: Purpose;
  readonly folder: string;
  readonly config: string;
  readonly store: string;
  readonly log: string;
}

/** Name of the environment variable that the configuration names for TuFT's key. */
export const TUFT_KEY_VARIABLE = 'PARALLEL_R1_LIVE_TUFT_KEY';

/** A run of its own, or an arm of a comparison, which shares folder and store with the other one. */
export function locateRun(rig: Rig, name: string, arm: ComparedArm | null = null): RunFolder {
  const at = (file: string) => rig.at('runs', name, file);
  return {
    name: arm ?? name,
    purpose: arm ?? 'curriculum',
    folder: rig.at('runs', name),
    config: at(arm === null ? 'config.yaml' : `${arm}.yaml`),
    store: at('runs.db'),
    log: at('controller.log'),
  };
}

/** Writes configuration and data where they are not there yet: what a run began with stays. */
export function prepareRun(rig: Rig, run: RunFolder, pair: Pair, isQuick: boolean): void {
  mkdirSync(run.folder, { recursive: true });
  const { model } = pair.engine;
  const write = (file: string, text: string) => {
    const path = `${run.folder}/${file}`;
    if (!existsSync(path)) writeFileSync(path, text);
  };
  const task = chooseTask(model, run.purpose);
  for (const [file, text] of Object.entries(task.files())) write(file, text);
  const whole = {
    run: { name: run.name, seed: 11 },
    prompt: task.prompt,
    engine: { kind: 'vllm', urls: [urlOf(pair.engine)], model: rig.modelFolder(model), maxInFlight: 32 },
    trainer: {
      url: urlOf(pair.trainer),
      ...describeTrainer(rig, pair.trainer),
      lora: { rank: 16 },
    },
    training: { layout: 'exact' },
    rollout: task.rollout,
    stages: isQuick ? task.stages.map(shrink) : task.stages,
    eval: { sets: [task.heldOut] },
  };
  write(
    basename(run.config),
    `# Written by npm run live; what is changed here counts for a run that has not begun.\n${stringify(whole)}`,
  );
}

/** What kind of trainer it is, the client finds out by itself. */
function describeTrainer(rig: Rig, { name, model }: Pair['trainer']): object {
  if (name === 'skyrl') return { handover: { kind: 'archive', directory: './adapters' } };
  return { apiKeyEnv: TUFT_KEY_VARIABLE, handover: { kind: 'shared-path', root: tuftCheckpoints(rig, model) } };
}

const QUICK_STEPS = 4;

function shrink(stage: Stage): Stage {
  if (stage.kind === 'sft') return { ...stage, maxSteps: QUICK_STEPS, saveEvery: 2 };
  if (stage.kind === 'rl') return { ...stage, steps: QUICK_STEPS, saveEvery: 2, evalEvery: 0 };
  return stage;
}
