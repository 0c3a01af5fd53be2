import type { CurriculumPlan, ProblemsRef, StageSpec } from '../core/curriculum.ts';
import type { TagIds } from '../core/grammar.ts';
import type { Problem } from '../core/problem.ts';
import type { Clock } from '../ports/clock.ts';
import type { Engine } from '../ports/engine.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { RewardFunction } from '../ports/reward-function.ts';
import type { RunObserver } from '../ports/run-observer.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { PromptRecord } from '../ports/run-store/runs.ts';
import type { Trainer } from '../ports/trainer.ts';
import type { Verifier } from '../ports/verifier.ts';
import type { CallPolicy } from './engine/calls.ts';

/** The student's prompt template, tags, labels and end-of-sequence text, bound to one tokenizer. */
export interface Binding {
  readonly template: PromptRecord;
  readonly tags: TagIds;
  readonly gapText: string;
  /** Label per path ordinal as injected after `<Path>`; null when the rollout uses none. */
  readonly labels: readonly { readonly ids: readonly number[]; readonly text: string }[] | null;
}

/** Who answers as the teacher of a cold-start stage, and how it is asked. */
export interface Teacher {
  readonly engine: Engine;
  /** Bounds and repeats the calls to it. */
  readonly calls: CallPolicy;
  /** Template of its question; where it annotates, of the second question. */
  readonly template: PromptRecord;
  /** Template of the solution it is asked for first; null unless the stage's method is `annotate`. */
  readonly solutionTemplate: PromptRecord | null;
}

/** Remembers what the engine's tokenizer said, so that a text is asked for once per process. */
export interface TokenCache {
  get(key: string, ask: () => Promise<readonly number[]>): Promise<readonly number[]>;
}

/** One SFT row as text. */
export interface SftText {
  readonly problem: Problem;
  readonly target: string;
}

/** What everything in a run shares: its name, its plan, where it is recorded, who is told, when it ends. */
export interface RunFrame {
  readonly runId: string;
  readonly plan: CurriculumPlan;
  readonly store: RunStore;
  readonly reporter: Reporter;
  /** Is told what happens; absent: nobody watches. */
  readonly observer?: RunObserver;
  readonly clock: Clock;
  /** Fires when the run is to stop; every wait ends with its reason. */
  readonly signal: AbortSignal;
}

/** Access to the engine that samples: the policy that bounds and repeats the calls, and what its tokenizer said before. */
export interface EngineAccess {
  readonly engine: Engine;
  readonly calls: CallPolicy;
  readonly tokens: TokenCache;
}

/** Where problems and rows come from. All of it throws `SourceError` for a file that cannot be read. */
export interface ProblemAccess {
  /** Problems of one or several references, in order. */
  problemsOf(refs: readonly ProblemsRef[]): Promise<readonly Problem[]>;
  /** How many problems the references hold; each is read through once per process. */
  countProblems(refs: readonly ProblemsRef[]): Promise<number>;
  /** The problems of `problemsOf` one after the other, for sets that do not fit into memory. */
  readProblems(refs: readonly ProblemsRef[]): AsyncIterable<Problem>;
  /** Rows of an SFT stage that no cold-start stage of this run made: a JSONL file, or another run's. Throws `UsageError` for a run without rows. */
  sftTextsOf(data: string): Iterable<SftText>;
}

/** Everything the stages of a run need; made once per process by the composition root. */
export interface RunContext extends RunFrame, EngineAccess, ProblemAccess {
  readonly trainer: Trainer;
  readonly verifier: Verifier;
  /** Rewards that the program which started the run passed in, by the name that stages give them. */
  readonly rewards?: Readonly<Record<string, RewardFunction>>;
  readonly studentTemplate: PromptRecord;
  teacherOf(stage: Extract<StageSpec, { kind: 'cold-start' }>): Teacher;
}
