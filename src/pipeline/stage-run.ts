import type { StageSpec } from '../core/curriculum.ts';
import type { Binding, RunContext } from './context.ts';
import type { CheckpointKeeper } from './weights/checkpoint-keeper.ts';
import type { WeightsServer } from './weights/weights-server.ts';

/** One stage under way: the run, what the stage is to do, and where it stands in the curriculum. */
export interface StageRun<Stage extends StageSpec = StageSpec> {
  readonly ctx: RunContext;
  readonly stage: Stage;
  /** Position in the curriculum, from 0: the `stageIndex` of everything the stage stores. */
  readonly index: number;
}

/** A stage that samples: its tags and prompt as token ids, and who puts the run's weights before the engine. */
export interface SamplingRun<Stage extends StageSpec = StageSpec> extends StageRun<Stage> {
  readonly binding: Binding;
  readonly weights: Pick<WeightsServer, 'serve' | 'lineageOf'>;
}

/** A stage that trains: with who keeps what the trainer saves. */
export interface TrainingRun<Stage extends StageSpec = StageSpec> extends SamplingRun<Stage> {
  readonly checkpoints: Pick<CheckpointKeeper, 'save' | 'deleteOlder'>;
}
