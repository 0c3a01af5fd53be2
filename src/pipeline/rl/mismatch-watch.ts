import type { RlStage } from '../../core/curriculum.ts';
import type { Segment } from '../../core/trajectory.ts';
import type { SamplingRun } from '../stage-run.ts';
import type { Mismatch } from './measure-step.ts';

/**
 * Names the token at which sampler and trainer are furthest apart, in steps where that is worth a look: a mean over
 * thousands of tokens hides one that was scored in another context than it was sampled in.
 */

/** The token with the largest mismatch of a step, by its place in the run store. */
export interface LargestMismatch extends Pick<Mismatch, 'max' | 'sampler' | 'trainer'> {
  /** Key of its rollout within the step, from 0. */
  readonly group: number;
  readonly sample: number;
  readonly segment: Segment;
  /** `ordinal` of the segment, from 0. */
  readonly ordinal: number;
  /** Index among the tokens of the segment, from 0. */
  readonly token: number;
  readonly id: number;
}

/** The average above which layout or weights do not fit. */
export const MEAN_BOUND = 0.1;
/** A token stands out that is so many times further off than any of the stage's steps before. */
const OUTLIER_FACTOR = 10;
/** Rounding of float32 over a long context; below it nothing stands out. */
const OUTLIER_FLOOR = 1e-4;
/** Steps after which the stage knows what is usual. */
const MIN_STEPS = 3;

const MAX_KEY = 'mismatch/max';

/** Follows the largest mismatch of each step of a stage, from the metrics in the store on. */
export class MismatchWatch {
  readonly #run: SamplingRun<RlStage>;
  #steps = 0;
  #largest = 0;

  constructor(run: SamplingRun<RlStage>) {
    this.#run = run;
    for (const { stageIndex, value } of run.ctx.store.listMetrics(run.ctx.runId, MAX_KEY))
      if (stageIndex === run.index && value !== null) this.#keep(value);
  }

  /** Warns with place, token and both log-probs where the average is out of bounds, or the token stands out. */
  async look(step: number, metrics: Readonly<Record<string, number>>, largest: LargestMismatch | null): Promise<void> {
    if (largest === null) return;
    const isOutlier = this.#steps >= MIN_STEPS && largest.max > Math.max(OUTLIER_FLOOR, OUTLIER_FACTOR * this.#largest);
    const before = isOutlier ? `; at most ${this.#largest.toPrecision(2)} in ${this.#steps} steps before` : '';
    this.#keep(largest.max);
    if (!isOutlier && (metrics['mismatch/mean'] ?? 0) <= MEAN_BOUND) return;
    const { ctx, stage } = this.#run;
    ctx.reporter.warn(
      `${stage.id} step ${step}: ${describePlace(largest, await this.#readToken(largest.id))}${before}`,
    );
  }

  #keep(max: number): void {
    this.#steps += 1;
    this.#largest = Math.max(this.#largest, max);
  }

  /** The token as text; null where the engine cannot tell, because a warning is no reason to end a run. */
  async #readToken(id: number): Promise<string | null> {
    const { engine, plan, signal } = this.#run.ctx;
    try {
      return await engine.detokenize(plan.engine.model, [id], signal);
    } catch {
      signal.throwIfAborted();
      return null;
    }
  }
}

function describePlace(largest: LargestMismatch, text: string | null): string {
  const { max, group, sample, segment, ordinal, token, id, sampler, trainer } = largest;
  const { role, block, path } = segment;
  const part = { main: 'main', path: `path ${path} of block ${block}`, summary: `summary of block ${block}` }[role];
  const shown = text === null ? '' : ` ${JSON.stringify(text)}`;
  return (
    `sampler and trainer differ most, by ${max.toPrecision(2)}, in the rollout of group ${group}, sample ${sample}: segment ${ordinal} (${part}), ` +
    `token ${token}, id ${id}${shown}: log-prob ${sampler} sampled, ${trainer} trained`
  );
}
