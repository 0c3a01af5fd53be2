import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConfigOverride, loadRunConfig } from '../../src/config/load.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import type { Problem } from '../../src/core/problem.ts';
import type { Engine } from '../../src/ports/engine.ts';
import type { ProblemSource } from '../../src/ports/problem-source.ts';
import type { Trainer } from '../../src/ports/trainer.ts';
import { createToyEngine } from './pipeline-toy-engine.ts';
import { TOY_PROBLEMS, TOY_STAGES, teachSums, toyPlan } from './pipeline-toy-run.ts';
import { createToyTrainer } from './pipeline-toy-trainer.ts';
import { createToyWorld } from './pipeline-toy-world.ts';

/** A run of the toy world as whoever starts one through the run API has it: a configuration, and parts of their own. */

/** The toy world learns at rates that no configuration may have; its trainer multiplies them by this. */
const RATE_SCALE = 200;

/** The whole toy curriculum, its prompt templates below `folder`; `changes` lie over it. */
export function toyConfig(folder: string, changes: Readonly<Record<string, unknown>> = {}): RunConfig {
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const { engine, rollout, layout, eval: held } = toyPlan();
  const settings: Readonly<Record<string, unknown>> = {
    engine: { kind: 'vllm', ...engine },
    prompt: write('student.md', '{Problem}'),
    rollout,
    'training.layout': layout,
    stages: TOY_STAGES,
    'stages.kind=sft.adam.learningRate': 60 / RATE_SCALE,
    'stages.kind=rl.adam.learningRate': 120 / RATE_SCALE,
    'stages.kind=cold-start.prompt': write('teacher.md', 'Teach: {Problem}'),
    eval: held,
    ...changes,
  };
  const overrides = Object.entries(settings).map(([path, value]): ConfigOverride => ({ flag: path, path, value }));
  return loadRunConfig({ preset: 'sequential', overrides }).config;
}

/** An engine that also teaches, a trainer that really learns, and the problems of the toy stages. */
export function toyParts(): {
  readonly engine: Engine;
  readonly teacher: Engine;
  readonly trainer: Trainer;
  readonly problemSources: readonly ProblemSource[];
} {
  const world = createToyWorld(teachSums);
  const engine = createToyEngine(world);
  const toy = createToyTrainer(world);
  const trainer: Trainer = {
    ...toy,
    optimStep: (adam, signal) => toy.optimStep({ ...adam, learningRate: adam.learningRate * RATE_SCALE }, signal),
  };
  return { engine, teacher: engine, trainer, problemSources: [toySource(TOY_PROBLEMS)] };
}

/** The set `toy`, from memory. */
export function toySource(problems: readonly Problem[]): ProblemSource {
  return {
    name: 'toy',
    read: async function* () {
      yield* problems;
    },
  };
}
