import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { Rng } from '../../src/core/rng.ts';
import { type PackedCompletion, unpackCompletion } from '../../src/pipeline/rollout/trajectory-calls.ts';
import { runCli, startCli } from './cli-process.ts';
import type { EmbeddedServe } from './embedded-trainer-process.ts';
import { ROLLOUT_EOS, ROLLOUT_MODEL, type RolloutServer } from './rollout-server.ts';

/** An evaluation whose controller is killed in the middle of its trajectories. */

export interface EvalRun {
  readonly db: string;
  /** Base URL of the engine. */
  readonly engine: string;
  /** Base URL of the trainer. */
  readonly trainer: string;
  readonly problems: number;
  /** Rollouts per problem; problems times samples trajectories are in flight at once. */
  readonly samples: number;
}

/** The `eval` command. */
export function evalArgs({ db, engine, trainer, problems, samples }: EvalRun): string[] {
  const sums = `{kind: word-sums, level: hard, split: heldout, count: ${problems}, seed: 3}`;
  const settings = [
    ...['engine.kind=vllm', 'engine.maxInFlight=512', `engine.eosTokens=["${ROLLOUT_EOS}"]`],
    ...['trainer.baseModel=embedded-base', 'prompt=none.v1'],
    ...['rollout.paths={min: 2, max: 4}', 'rollout.pathLabels=null', 'rollout.maxBlocks=3'],
    ...['rollout.maxPromptTokens=400', 'rollout.maxResponseTokens=400', 'rollout.maxPathTokens=20'],
    ...['rollout.duplicatePaths=reseed', 'rollout.joinOrder=longest-first'],
    `eval.sets=[{name: sums, problems: [${sums}], samples: ${samples}}]`,
  ];
  const servers = ['--engine', engine, '--trainer', trainer, '--model', ROLLOUT_MODEL];
  return ['eval', '--preset', 'embedded', ...servers, '--db', db, ...settings.flatMap((one) => ['--set', one])];
}

export interface RolloutKills {
  readonly run: EvalRun;
  readonly server: RolloutServer;
  readonly trainer: Pick<EmbeddedServe, 'restart'>;
  /** Kills before the run is left to finish. */
  readonly kills: number;
  /** A kill comes with the 1st to this many-th completion that a process is given. */
  readonly maxAnswers: number;
  readonly rng: Rng;
}

/** What the kills met. */
export interface KillCounts {
  readonly kills: number;
  /** Answers that were stored and not yet part of a stored rollout, summed over the kills. */
  readonly openAnswers: number;
}

/**
 * Starts the evaluation, kills it with SIGKILL again and again, and resumes it until it is done. What is in the store
 * at a kill is settled with the server: it counts when it is asked for again.
 */
export async function evaluateThroughKills(plan: RolloutKills): Promise<KillCounts> {
  const { run, server, trainer, kills, maxAnswers, rng } = plan;
  let args = evalArgs(run);
  let openAnswers = 0;
  for (let hits = 0; hits < kills; hits += 1) {
    const started = startCli(args);
    server.killAfterAnswers(1 + rng.nextInt(maxAnswers), () => started.child.kill('SIGKILL'));
    const { code, signal, stderr } = await started.result;
    if (signal !== 'SIGKILL') {
      checkEnd(code, stderr);
      return { kills: hits, openAnswers };
    }
    const { answered, open } = listStoredSeeds(run);
    server.settle(answered);
    openAnswers += open;
    await trainer.restart();
    args = ['resume', '--db', run.db];
  }
  const { code, stderr } = await runCli(args);
  checkEnd(code, stderr);
  return { kills, openAnswers };
}

function checkEnd(code: number | null, stderr: string): void {
  if (code !== 0) throw new Error(`left alone, the command failed: ${stderr}`);
}

/** Seeds of the calls whose answers are in the store; how many of them in no stored rollout. */
function listStoredSeeds({ db, problems }: EvalRun): { readonly answered: readonly number[]; readonly open: number } {
  using store = openRunStore(db, { readonly: true });
  const { id } = store.listRuns()[0]!;
  const segments = store.loadRollouts(id, 0, 'eval', 0).flatMap(({ trajectory }) => trajectory?.segments ?? []);
  const settled = segments.flatMap(({ stop, seed }) => (stop === 'abort' ? [] : [seed!]));
  const open = Array.from({ length: problems }, (_, group) => {
    const answers = store.loadAnswers(id, 0, JSON.stringify(['rollout', 'eval', 0, group, `${id}-s0-0`]));
    const firstOf = (answer: string) => unpackCompletion((JSON.parse(answer) as PackedCompletion[])[0]!).logprobs[0]!;
    return answers.map(({ answer }) => -firstOf(answer) - 1);
  }).flat();
  return { answered: [...settled, ...open], open: open.length };
}
