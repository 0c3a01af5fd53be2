/**
 * Grammar-based fuzz of the verifier: `npm run fuzz -- --cases 1000000 --seed 1`. Exit code 1 when anything was
 * thrown, a different value was accepted, or a case took longer than a second.
 *
 * `npm run fuzz -- --executor [--cases 100000] [--seed 1]` is the fuzz of the rollout executor: groups under random
 * settings at a hostile engine. Exit code 1 when anything did not hold (run-executor-fuzz.ts).
 */
import { parseArgs } from 'node:util';
import { loadPreciseFunctions } from '../src/core/verify/precise/precise-functions.ts';
import { runExecutorFuzz } from './run-executor-fuzz.ts';
import { runFuzz } from './run-fuzz.ts';

/** A case that takes longer counts as a hang. */
const HANG_MS = 1_000;

const { values } = parseArgs({
  options: { cases: { type: 'string' }, seed: { type: 'string', default: '1' }, executor: { type: 'boolean' } },
});
if (values.executor) await fuzzExecutor(Number(values.cases ?? 100_000), Number(values.seed));
else await fuzzVerifier(Number(values.cases ?? 1_000_000), Number(values.seed));

async function fuzzExecutor(cases: number, seed: number): Promise<void> {
  const startMs = performance.now();
  const { faults, ...met } = await runExecutorFuzz(cases, seed);
  const seconds = (performance.now() - startMs) / 1000;
  console.log(`${cases} groups, seed ${seed}, ${seconds.toFixed(1)} s (${Math.round(cases / seconds)} per second)`);
  console.log(`${met.trajectories} trajectories, ${met.blocks} blocks, ${met.givenUp} paths given up`);
  console.log(`${met.rejected} ended by a broken contract or a refusal, ${met.parsed} parsed back and equal`);
  console.log(`faults ${faults.length}`);
  for (const fault of faults) console.log(`  ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
}

async function fuzzVerifier(cases: number, seed: number): Promise<void> {
  const startMs = performance.now();
  const result = runFuzz(cases, seed, await loadPreciseFunctions());
  const seconds = (performance.now() - startMs) / 1000;

  console.log(`${cases} cases, seed ${seed}, ${seconds.toFixed(1)} s (${Math.round(cases / seconds)} per second)`);
  console.log(`thrown ${result.thrown.length}, false accepts ${result.falseAccepts.length}`);
  console.log(`equal values not accepted: ${result.missed} of ${result.equalCases}`);
  console.log(`slowest case ${result.slowestMs.toFixed(1)} ms: ${JSON.stringify(result.slowest)}`);
  for (const list of [result.thrown, result.falseAccepts, result.misses]) {
    for (const one of list) console.log(`  ${JSON.stringify(one)}`);
  }
  if (result.thrown.length + result.falseAccepts.length > 0 || result.slowestMs > HANG_MS) process.exitCode = 1;
}
