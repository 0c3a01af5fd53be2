/**
 * `reverify` of a long history: `node bench/reverify.ts [--rollouts 100000]`. A generated store (responses of the embedded
 * teacher's form, some with verdicts of an older version that change) is judged again as the command does it, read page by
 * page; beside it, in a process of its own, the same responses are judged by the same threads without any store. Wall time, CPU time
 * and the highest resident memory of both, and their ratios.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { openVerifyPool } from '../adapters/verify-pool/open-verify-pool.ts';
import { createRunRecord, listStageRecords } from '../src/app/run-record.ts';
import { toCurriculumPlan } from '../src/app/to-curriculum-plan.ts';
import { loadRunConfig } from '../src/config/load.ts';
import type { Segment, Trajectory } from '../src/core/trajectory.ts';
import { generateWordSums } from '../src/core/word-sums/generate.ts';
import { reverify } from '../src/pipeline/reverify/reverify-rollouts.ts';
import type { RolloutRecord } from '../src/ports/run-store/rollouts.ts';
import type { VerifyCase } from '../src/ports/verifier.ts';

const { values } = parseArgs({
  options: { rollouts: { type: 'string', default: '100000' }, part: { type: 'string' }, db: { type: 'string' } },
});
const COUNT = Number(values.rollouts);
const PER_STEP = 512;
const THREADS = 2;
const PROBLEMS = generateWordSums({ level: 'easy', split: 'train', count: 1_000, seed: 1 });
const { config } = loadRunConfig({ preset: 'embedded', sets: [], overrides: [] });
const RL_STAGE = config.stages.findIndex(({ kind }) => kind === 'rl');

/** The text of rollout `k`: one in ten is wrong. */
function writeSegments(k: number): readonly [role: Segment['role'], text: string][] {
  const answer = Number(PROBLEMS[k % PROBLEMS.length]!.answer) + (k % 10 === 0 ? 1 : 0);
  return [
    ['main', 'split\n<Parallel>'],
    ['path', `<Path>tens ${k % 7}+3=${(k % 7) + 3}</Path>`],
    ['path', `<Path>ones 8+${k % 9}=${8 + (k % 9)}</Path>`],
    ['summary', `</Parallel>\n<Summary>40+${k % 50}=${40 + (k % 50)}</Summary>`],
    ['main', `\nFinal Answer: ${answer}`],
  ];
}

function writeTrajectory(k: number): Trajectory {
  const segments = writeSegments(k).map(([role, text], at): Segment => {
    const ids = Array.from({ length: 4 + (text.length >> 2) }, (_, one) => 10 + one);
    const pieces = [{ ids, text, logprobs: ids.map(() => -0.25), origin: 'policy' as const }];
    const place = { block: role === 'main' ? 0 : 1, path: role === 'path' ? at : 0 };
    return { role, ...place, pieces, stop: 'tag', flags: [], seed: k, weightsVersion: 'w' };
  });
  return { promptIds: Array.from({ length: 40 }, (_, one) => one), segments, end: 'eos' };
}

function writeRollout(k: number): RolloutRecord {
  const isRight = k % 10 !== 0 && k % 100 !== 1;
  const verdict = {
    verdict: isRight ? 'correct' : 'incorrect',
    rule: 'rational',
    reason: null,
    extracted: '1',
    verifier: 'math/2',
  } as const;
  const parts = { correct: isRight, blocksInText: 1, blocksExecuted: 1, blocksEffective: 1, formatValid: true };
  return {
    ...{
      stageIndex: RL_STAGE,
      purpose: 'train',
      step: 1 + Math.floor(k / PER_STEP),
      group: (k % PER_STEP) >> 3,
      sample: k % 8,
    },
    ...{
      problem: PROBLEMS[k % PROBLEMS.length]!,
      set: null,
      trajectory: writeTrajectory(k),
      failure: null,
      weightsVersion: 'w',
    },
    ...{ verdict, formatMode: 'strict', formatValid: true, formatCode: null, durationMs: 1 },
    reward: { ...parts, value: isRight ? 1 : 0, mode: 'accuracy' },
  };
}

function writeStore(db: string): string {
  using store = openRunStore(db);
  const run = createRunRecord(config, 'embedded');
  store.createRun(run, listStageRecords(config));
  for (let from = 0; from < COUNT; from += PER_STEP)
    store.saveRollouts(
      run.id,
      Array.from({ length: Math.min(PER_STEP, COUNT - from) }, (_, k) => writeRollout(from + k)),
    );
  return run.id;
}

/** Judges the stored rollouts again, as `reverify --apply` does. */
async function reverifyStore(db: string): Promise<number> {
  using store = openRunStore(db);
  const [run] = store.listRuns();
  await using verifier = openVerifyPool({ threads: THREADS });
  const plan = toCurriculumPlan(config);
  const signal = new AbortController().signal;
  const context = { runId: run!.id, plan, store, verifier, signal, studentTemplate: null };
  let changed = 0;
  for await (const { changes } of reverify(context, true))
    changed += changes.filter(({ before, after }) => before?.verdict !== after.verdict).length;
  return changed;
}

/** Judges the same responses without a store, as many at once. */
async function judgeAlone(): Promise<number> {
  await using verifier = openVerifyPool({ threads: THREADS });
  let right = 0;
  for (let from = 0; from < COUNT; from += PER_STEP) {
    const cases = Array.from({ length: Math.min(PER_STEP, COUNT - from) }, (_, k): VerifyCase => {
      const text = writeSegments(from + k)
        .map(([, one]) => one)
        .join('');
      return {
        gold: PROBLEMS[(from + k) % PROBLEMS.length]!.answer,
        text,
        options: { mode: 'math', structured: true },
      };
    });
    right += (await verifier.verify(cases)).filter(({ verdict }) => verdict === 'correct').length;
  }
  return right;
}

interface Measured {
  readonly outcome: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly mebibytes: number;
}

async function measure(work: () => Promise<number>): Promise<Measured> {
  const startMs = performance.now();
  const outcome = await work();
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage();
  const seconds = (performance.now() - startMs) / 1000;
  return { outcome, seconds, cpuSeconds: (userCPUTime + systemCPUTime) / 1e6, mebibytes: maxRSS / 1024 };
}

function runPart(part: string, db: string): Measured {
  const args = [process.argv[1]!, '--part', part, '--rollouts', String(COUNT), '--db', db];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout) as Measured;
}

function printMeasured(name: string, { seconds, cpuSeconds, mebibytes }: Measured): void {
  console.log(
    `${name.padEnd(36)}${seconds.toFixed(1).padStart(8)} s${cpuSeconds.toFixed(1).padStart(8)} s CPU${mebibytes.toFixed(0).padStart(7)} MiB`,
  );
}

if (values.part === 'verdicts') console.log(JSON.stringify(await measure(judgeAlone)));
else if (values.part === 'reverify') console.log(JSON.stringify(await measure(() => reverifyStore(values.db!))));
else {
  const folder = mkdtempSync(join(tmpdir(), 'reverify-'));
  try {
    const db = join(folder, 'runs.db');
    writeStore(db);
    const alone = runPart('verdicts', db);
    const whole = runPart('reverify', db);
    const again = runPart('reverify', db);
    console.log(`${COUNT} rollouts, ${THREADS} threads, Node ${process.version}`);
    printMeasured('verdicts alone', alone);
    printMeasured(`reverify --apply, ${whole.outcome} change`, whole);
    printMeasured(`reverify --apply, ${again.outcome} change`, again);
    console.log(
      `reverify over verdicts alone: ${(whole.seconds / alone.seconds).toFixed(2)} x, CPU ${(whole.cpuSeconds / alone.cpuSeconds).toFixed(2)} x`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
