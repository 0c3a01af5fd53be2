/**
 * Grammar-based fuzz of the verifier: `npm run fuzz -- --cases 1000000 --seed 1`. Exit code 1 when anything was
 * thrown, a different value was accepted, or a case took longer than a second.
 */
import { parseArgs } from 'node:util';
import { loadPreciseFunctions } from '../src/core/verify/precise/precise-functions.ts';
import { runFuzz } from './run-fuzz.ts';

/** A case that takes longer counts as a hang. */
const HANG_MS = 1_000;

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '1000000' }, seed: { type: 'string', default: '1' } },
});
const cases = Number(values.cases);
const startMs = performance.now();
const result = runFuzz(cases, Number(values.seed), await loadPreciseFunctions());
const seconds = (performance.now() - startMs) / 1000;

console.log(`${cases} cases, seed ${values.seed}, ${seconds.toFixed(1)} s (${Math.round(cases / seconds)} per second)`);
console.log(`thrown ${result.thrown.length}, false accepts ${result.falseAccepts.length}`);
console.log(`equal values not accepted: ${result.missed} of ${result.equalCases}`);
console.log(`slowest case ${result.slowestMs.toFixed(1)} ms: ${JSON.stringify(result.slowest)}`);
for (const list of [result.thrown, result.falseAccepts, result.misses]) {
  for (const one of list) console.log(`  ${JSON.stringify(one)}`);
}
if (result.thrown.length + result.falseAccepts.length > 0 || result.slowestMs > HANG_MS) process.exitCode = 1;
