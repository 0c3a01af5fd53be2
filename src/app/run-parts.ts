import type { Engine } from '../ports/engine.ts';
import type { ProblemSource } from '../ports/problem-source.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RewardFunction } from '../ports/reward-function.ts';
import type { RunObserver } from '../ports/run-observer.ts';
import type { Trainer } from '../ports/trainer.ts';

/**
 * What stands in for what a configuration would connect, read or compute. Everything may be left out. Whoever passes
 * something in closes it; a resumed run needs the same parts again.
 */
export interface RunParts {
  /** Instead of the servers of `engine.urls`. `engine.kind` still says what it can do, `engine.model` what it serves. */
  readonly engine?: Engine;
  /** Instead of the trainer at `trainer.url`. */
  readonly trainer?: Trainer;
  /** Answers in every cold-start stage, instead of the servers of `teacher.url`. */
  readonly teacher?: Engine;
  /** Problem sets by name: `problems: NAME` means the source of that name before it means a file in a datasets folder. */
  readonly problemSources?: readonly ProblemSource[];
  /** Rewards by the name that `reward: {kind: own, name: NAME}` of a stage gives them. */
  readonly rewards?: Readonly<Record<string, RewardFunction>>;
  /** Shows progress; without one the run is silent. */
  readonly reporter?: Reporter;
  readonly observers?: readonly RunObserver[];
}

/** Combines observers into one that never throws. One that fails is reported once and then told nothing more. */
export function joinObservers(observers: readonly RunObserver[], warn: (message: string) => void): RunObserver {
  if (observers.length === 0) return {};
  const listening = new Set(observers);
  const tell = (observe: (observer: RunObserver) => void) => {
    for (const observer of [...listening]) {
      try {
        observe(observer);
      } catch (error) {
        listening.delete(observer);
        const reason = error instanceof Error ? error.message : String(error);
        warn(`an observer of the run failed and is told nothing more: ${reason}`);
      }
    }
  };
  return {
    stepCommitted: (event) => tell((observer) => observer.stepCommitted?.(event)),
    evaluated: (event) => tell((observer) => observer.evaluated?.(event)),
    stageEnded: (event) => tell((observer) => observer.stageEnded?.(event)),
    runEnded: (event) => tell((observer) => observer.runEnded?.(event)),
  };
}
