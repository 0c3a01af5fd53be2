import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { keepEval } from '../../src/app/cut-recipe.ts';
import { startRun } from '../../src/app/start-run.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { createRng, hashSeed } from '../../src/core/rng.ts';
import type { Evaluation } from '../../src/pipeline/evaluate/measure-evaluation.ts';
import { collectEvaluations } from '../../src/report/collect-evaluations.ts';
import { type CliResult, runCli, startCli } from './cli-process.ts';
import type { KnownSet } from './known-accuracy.ts';
import { ROLLOUT_EOS, ROLLOUT_MODEL, type RolloutServer } from './rollout-server.ts';
import { CoverageCount, computeTrueMean, type Difficulty, drawBeta } from './simulated-evaluations.ts';

/** Settings of an evaluation at the rollout server, which has no tags, as `key=value`. */
export function listKnownSettings(engine: string, sets: readonly KnownSet[], samples: Samples): string[] {
  const evalSets = sets.map(({ name, file }) => ({ name, problems: file, samples: samples(name) }));
  return [
    ...['engine.kind=vllm', `engine.urls=${engine}`, `engine.model=${ROLLOUT_MODEL}`],
    ...[`engine.eosTokens=["${ROLLOUT_EOS}"]`, 'engine.maxInFlight=256', 'prompt=none.v1'],
    ...['rollout.mode=sequential', 'rollout.maxPromptTokens=8000', 'rollout.maxResponseTokens=400'],
    `eval.sets=${JSON.stringify(evalSets)}`,
  ];
}

/** Samples per problem, by set. */
export type Samples = (set: string) => number;

export interface CoveragePlan {
  readonly engine: string;
  readonly sets: readonly KnownSet[];
  readonly samples: Samples;
  readonly difficulty: Difficulty;
  readonly repeats: number;
  /** Store of one repeat; it is removed after it. */
  readonly db: string;
}

/** How often the interval of a set held the true mean of all problems of its kind, and the mean of the problems it has. */
export interface SetCoverage {
  readonly set: string;
  readonly ofKind: CoverageCount;
  readonly ofSet: CoverageCount;
}

/**
 * Evaluates again and again, each time with chances of its own for every problem, and counts how often the interval of
 * mean@k holds the truth. Everything is seeded: equal plans count the same. `onRepeat` is shown the figures.
 */
export async function countCoverage(
  { engine, sets, samples, difficulty, repeats, db }: CoveragePlan,
  onRepeat: (evaluations: readonly Evaluation[]) => void = () => {},
): Promise<SetCoverage[]> {
  const counts = sets.map(({ name: set }) => ({ set, ofKind: new CoverageCount(), ofSet: new CoverageCount() }));
  for (let repeat = 1; repeat <= repeats; repeat += 1) {
    const rng = createRng(hashSeed(repeat, 'chances'));
    for (const { problems } of sets) for (const one of problems) one.chance = drawBeta(difficulty, rng);
    const evaluations = await evaluateOnce(db, [...listKnownSettings(engine, sets, samples), `run.seed=${repeat}`]);
    for (const [i, { problems, name }] of sets.entries()) {
      const interval = evaluations.find(({ set }) => set === name)!.mean!;
      counts[i]!.ofKind.add(interval, computeTrueMean(difficulty));
      counts[i]!.ofSet.add(interval, problems.reduce((sum, { chance }) => sum + chance, 0) / problems.length);
    }
    onRepeat(evaluations);
  }
  return counts;
}

async function evaluateOnce(db: string, settings: readonly string[]): Promise<readonly Evaluation[]> {
  const config = keepEval(loadRunConfig({ preset: 'sequential', sets: settings }).config);
  await startRun({ config, db });
  const figures = await readFigures(db);
  for (const ending of ['', '-wal', '-shm', '-lock']) rmSync(`${db}${ending}`, { force: true });
  return figures;
}

export interface KillPlan {
  readonly server: RolloutServer;
  readonly sets: readonly KnownSet[];
  readonly kills: number;
  readonly folder: string;
  /** Decides the moments. */
  readonly seed: number;
}

/**
 * Evaluates the sets once in peace, and once through `kills` (SIGKILL, after the 1st to 25th answer that a process is
 * given), resumed until it is done. Each process has work left when it is killed. Throws where a command fails by itself.
 */
export async function evaluateThroughKills({ server, sets, kills, folder, seed }: KillPlan): Promise<{
  readonly whole: readonly Evaluation[];
  readonly killed: readonly Evaluation[];
  readonly kills: number;
}> {
  for (const { problems } of sets) for (const [i, one] of problems.entries()) one.chance = (i % 5) / 5;
  // Few calls at a time, so that many moments lie before the end.
  const settings = [...listKnownSettings(server.url, sets, () => 1), 'engine.maxInFlight=8'];
  const args = (db: string) => [
    ...['eval', '--preset', 'sequential', '--db', db, '--quiet'],
    ...settings.flatMap((one) => ['--set', one]),
  ];
  const [wholeDb, killedDb] = [join(folder, 'whole.db'), join(folder, 'killed.db')];
  requireDone(await runCli(args(wholeDb)));
  const rng = createRng(seed);
  let next = args(killedDb);
  let hits = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const { child, result } = startCli(next);
    server.killAfterAnswers(1 + rng.nextInt(25), () => child.kill('SIGKILL'));
    if ((await result).signal === 'SIGKILL') hits += 1;
    next = ['resume', '--db', killedDb, '--quiet'];
  }
  requireDone(await runCli(next));
  return { whole: await readFigures(wholeDb), killed: await readFigures(killedDb), kills: hits };
}

function requireDone({ code, stderr }: CliResult): void {
  if (code !== 0) throw new Error(`left alone, the command failed: ${stderr}`);
}

async function readFigures(db: string): Promise<readonly Evaluation[]> {
  using store = openRunStore(db, { readonly: true });
  return (await collectEvaluations(store, store.listRuns()[0]!, async () => null)).figures;
}
