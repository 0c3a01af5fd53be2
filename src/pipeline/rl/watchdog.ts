import type { CurriculumPlan, RlStage, WatchdogSettings } from '../../core/curriculum.ts';
import { RunError } from '../../errors.ts';
import type { SamplingRun } from '../stage-run.ts';

/**
 * Watches a stage for rewards that are earned without the work they are meant for. What collapses does so over many steps
 * and looks like success in every single one: the bonus rises while what stands in the blocks becomes empty or alike.
 */

/** Metrics of the steps of a stage by key; the array is indexed by step, from 1, and has holes where a step lacks the key. */
export type MetricHistory = ReadonlyMap<string, readonly number[]>;

/** What fell, of what, while the bonus did not. */
interface Sign {
  readonly name: string;
  readonly key: string;
  /** The figure the fall is held against: it must have risen by `minGrowth`. Null: the fall speaks for itself. */
  readonly against: string | null;
  readonly meaning: string;
}

const BONUS = 'reward/bonus_fraction';

const SIGNS: readonly Sign[] = [
  {
    name: 'serial collapse',
    key: 'rollout/parallel_fraction',
    against: null,
    meaning: 'the policy stops opening blocks; if that is not meant, pay for them in more steps, or sooner',
  },
  {
    name: 'hollow blocks',
    key: 'parallel/effective_fraction',
    against: BONUS,
    meaning: 'blocks are opened for the bonus and do no work; use reward.count: effective',
  },
  {
    name: 'duplicate collapse',
    key: 'parallel/path_distance',
    against: BONUS,
    meaning: 'the paths of a block become each other; use rollout.duplicatePaths: reseed or path labels',
  },
  {
    name: 'agreement collapse',
    key: 'parallel/disagreement_fraction',
    against: BONUS,
    meaning: 'the paths of a block end in the same value more and more: they may be rehearsed',
  },
  {
    name: 'shrinking paths',
    key: 'parallel/path_words',
    against: BONUS,
    meaning: 'paths become shorter while the bonus grows: look at some (parallel-r1 show RUN --rollout)',
  },
];

/** A sign that was seen. */
export interface Collapse {
  readonly name: string;
  /** One line: what fell, since when, what it means, what to do. */
  readonly message: string;
}

/**
 * The signs at the end of a history. Means over windows of `window` steps are compared: the newest one with the earlier
 * one in which the figure was highest, so that a slow decline is seen as well as a sudden one. A figure must have lost
 * `minFall` of itself, and what it is held against gained `minGrowth`.
 */
export function findCollapses(history: MetricHistory, { window, minFall, minGrowth }: WatchdogSettings): Collapse[] {
  return SIGNS.flatMap(({ name, key, against, meaning }): Collapse[] => {
    const means = listWindowMeans(history.get(key) ?? [], window);
    const latest = means[0];
    if (latest === undefined || means.length < 2) return [];
    const peak = means.slice(1).reduce((best, one) => (one.mean > best.mean ? one : best));
    if (peak.mean <= 0 || latest.mean > peak.mean * (1 - minFall)) return [];
    const fall = `${key} fell from ${peak.mean.toFixed(2)} (steps ${peak.from} to ${peak.to}) to ${latest.mean.toFixed(2)}`;
    if (against === null) return [{ name, message: `${name}: ${fall}: ${meaning}` }];
    const other = history.get(against) ?? [];
    const [before, now] = [meanOf(other, peak.from, peak.to), meanOf(other, latest.from, latest.to)];
    if (before === null || now === null || now - before < minGrowth) return [];
    const growth = `while ${against} grew from ${before.toFixed(2)} to ${now.toFixed(2)}`;
    return [{ name, message: `${name}: ${fall} ${growth}: ${meaning}` }];
  });
}

interface WindowMean {
  readonly from: number;
  readonly to: number;
  readonly mean: number;
}

/** Means over whole windows, the newest first. */
function listWindowMeans(values: readonly number[], window: number): WindowMean[] {
  const means: WindowMean[] = [];
  for (let to = values.length - 1; to - window >= 0; to -= window) {
    const from = to - window + 1;
    const mean = meanOf(values, from, to);
    if (mean !== null) means.push({ from, to, mean });
  }
  return means;
}

/** Null where the steps lack the figure. */
function meanOf(values: readonly number[], from: number, to: number): number | null {
  const known = values.slice(from, to + 1).filter((value) => value !== undefined);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** One line per RL stage whose reward counts blocks that did no work. */
export function warnOfHollowRewards({ stages }: CurriculumPlan): string[] {
  return stages.flatMap((stage) => {
    if (stage.kind !== 'rl' || !('count' in stage.reward) || stage.reward.count === 'effective') return [];
    const pays =
      stage.reward.count === 'text'
        ? 'pays for <Parallel> tags whatever stands in them, typed out as plain text too'
        : 'pays for every executed block: paths of one letter, copies, a block after the answer';
    return [`stage ${stage.id}: reward.count ${stage.reward.count} ${pays}; effective pays for paths that did work`];
  });
}

/** The run was stopped because its reward is earned without work. Every step up to then is in the store. */
export class CollapseError extends RunError {}

/** Follows one stage from the metrics in the store; each sign is told once. */
export class Watchdog {
  readonly #run: SamplingRun<RlStage>;
  readonly #settings: WatchdogSettings;
  readonly #history = new Map<string, number[]>();
  readonly #told = new Set<string>();

  constructor(run: SamplingRun<RlStage>) {
    const { ctx, index } = run;
    this.#run = run;
    this.#settings = ctx.plan.watchdog;
    for (const prefix of ['rollout/parallel_fraction', 'parallel/', BONUS]) {
      for (const { stageIndex, step, key, value } of ctx.store.listMetrics(ctx.runId, prefix))
        if (stageIndex === index && value !== null) this.#keep(key, step, value);
    }
  }

  /** Looks at the history with this step. Warns, or throws `CollapseError` where the settings say that it stops the run. */
  look(step: number, metrics: Readonly<Record<string, number>>): void {
    const { action } = this.#settings;
    if (action === 'off') return;
    for (const { key } of SIGNS) if (metrics[key] !== undefined) this.#keep(key, step, metrics[key]);
    if (metrics[BONUS] !== undefined) this.#keep(BONUS, step, metrics[BONUS]);
    const upTo = new Map([...this.#history].map(([key, values]) => [key, values.slice(0, step + 1)]));
    const { ctx, stage } = this.#run;
    for (const { name, message } of findCollapses(upTo, this.#settings)) {
      if (this.#told.has(name)) continue;
      this.#told.add(name);
      const line = `${stage.id} step ${step}: ${message}`;
      if (action === 'warn') ctx.reporter.warn(line);
      else throw new CollapseError(`${line}; to go on all the same: resume --watchdog warn`);
    }
  }

  #keep(key: string, step: number, value: number): void {
    const values = this.#history.get(key) ?? [];
    this.#history.set(key, values);
    values[step] = value;
  }
}
