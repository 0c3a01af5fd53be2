import type { Trajectory } from '../trajectory.ts';
import type { LatencyModel } from './latency-model.ts';
import { type Replay, type ReplayPolicy, replayInOneStream, replayTrajectory } from './replay-trajectory.ts';

/** What is known of the share of right answers under a policy. Fractions are over all replayed rollouts. */
export interface KnownAccuracy {
  /** Rollouts the policy leaves as they are: their stored verdict holds. */
  readonly known: number;
  /** Right ones among the known. */
  readonly correct: number;
  /** The share if every unknown outcome were wrong, and if every one were right: the truth lies between. */
  readonly low: number;
  readonly high: number;
}

/** Figures of one policy over many rollouts; means are over rollouts. */
export interface ReplaySummary {
  readonly rollouts: number;
  readonly meanTotalTokens: number;
  readonly meanCriticalTokens: number;
  readonly meanPrefillTokens: number;
  readonly meanLatencyMs: number;
  /** Latency in units of one decoded token, the unit that differs least between machines. */
  readonly meanLatencyTokens: number;
  /** Mean latency in one stream over mean latency: the speed-up of the whole load. */
  readonly speedUpOfMeans: number;
  /** Mean over rollouts of the speed-up of each. */
  readonly meanOfSpeedUps: number;
  readonly accuracy: KnownAccuracy;
}

/** Adds up the replays of one policy; `'one-stream'` is decoding without a fork. */
export class ReplayTally {
  readonly #policy: ReplayPolicy | 'one-stream';
  readonly #model: LatencyModel;
  readonly #sums = { rollouts: 0, total: 0, critical: 0, prefill: 0, latency: 0, stream: 0, ratio: 0 };
  #known = 0;
  #correct = 0;

  constructor(policy: ReplayPolicy | 'one-stream', model: LatencyModel) {
    this.#policy = policy;
    this.#model = model;
  }

  /** Replays one rollout; `isCorrect` is its stored verdict. */
  add(trajectory: Trajectory, isCorrect: boolean): void {
    const stream = replayInOneStream(trajectory, this.#model);
    const replay = this.#policy === 'one-stream' ? stream : replayTrajectory(trajectory, this.#policy, this.#model);
    this.#count(replay, stream.latencyMs);
    if (!replay.isUnchanged) return;
    this.#known += 1;
    if (isCorrect) this.#correct += 1;
  }

  summarize(): ReplaySummary {
    const { rollouts, total, critical, prefill, latency, stream, ratio } = this.#sums;
    const mean = (sum: number) => (rollouts === 0 ? 0 : sum / rollouts);
    const unknown = rollouts - this.#known;
    return {
      rollouts,
      meanTotalTokens: mean(total),
      meanCriticalTokens: mean(critical),
      meanPrefillTokens: mean(prefill),
      meanLatencyMs: mean(latency),
      meanLatencyTokens: mean(latency) / this.#model.decodeMs,
      speedUpOfMeans: latency === 0 ? 1 : stream / latency,
      meanOfSpeedUps: mean(ratio),
      accuracy: {
        known: this.#known,
        correct: this.#correct,
        low: mean(this.#correct),
        high: mean(this.#correct + unknown),
      },
    };
  }

  #count({ totalTokens, criticalTokens, prefillTokens, latencyMs }: Replay, streamMs: number): void {
    this.#sums.rollouts += 1;
    this.#sums.total += totalTokens;
    this.#sums.critical += criticalTokens;
    this.#sums.prefill += prefillTokens;
    this.#sums.latency += latencyMs;
    this.#sums.stream += streamMs;
    this.#sums.ratio += streamMs / latencyMs;
  }
}
