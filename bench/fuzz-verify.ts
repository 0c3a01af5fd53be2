/**
 * Fuzz of the verifier with answers whose truth is known: `npm run fuzz -- --cases 1000000 --seed 1` judges as many right
 * rewrites, as many near misses, and garbage. Counts by kind; `--twists` also lists every twist that came out wrong,
 * with the index of a case, and `--case INDEX` shows the two cases of an index. Exit code 1 when a near miss or garbage was
 * accepted, fewer than 99.5 % of the rewrites were, anything was thrown, or a case took more than a second of CPU time.
 *
 * `npm run fuzz -- --executor [--cases 100000] [--seed 1]` is the fuzz of the rollout executor: groups under random
 * settings at a hostile engine. Exit code 1 when anything did not hold (run-executor-fuzz.ts).
 */
import { parseArgs } from 'node:util';
import { drawCase } from '../test/support/answer-generator/draw-case.ts';
import {
  type JudgedCases,
  judgeCase,
  judgeCases,
  sumAll,
  sumByKind,
  type Tally,
} from '../test/support/answer-generator/judge-cases.ts';
import { runExecutorFuzz } from './run-executor-fuzz.ts';

/** A case that takes more CPU time counts as a hang. */
const HANG_MS = 1_000;

/** The share of right rewrites that has to be accepted. */
const ACCEPTED_SHARE = 0.995;

const { values } = parseArgs({
  options: {
    cases: { type: 'string' },
    from: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    case: { type: 'string' },
    twists: { type: 'boolean' },
    executor: { type: 'boolean' },
  },
});
const seed = Number(values.seed);
if (values.executor) await fuzzExecutor(Number(values.cases ?? 100_000));
else if (values.case !== undefined) await showCases(Number(values.case));
else await fuzzVerifier(Number(values.from), Number(values.cases ?? 1_000_000));

async function fuzzExecutor(cases: number): Promise<void> {
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

async function showCases(index: number): Promise<void> {
  for (const isRight of [true, false]) {
    const answerCase = drawCase(seed, index, isRight);
    const { verdict, rule, reason, extracted } = await judgeCase(answerCase);
    console.log(JSON.stringify({ ...answerCase, verdict, rule, reason, extracted }, null, 2));
  }
}

async function fuzzVerifier(from: number, cases: number): Promise<void> {
  const startMs = performance.now();
  const result = await judgeCases(seed, from, from + cases);
  const seconds = (performance.now() - startMs) / 1000;
  const [rewrites, misses] = [sumAll(result.rewrites), sumAll(result.misses)];

  printKinds(result);
  if (values.twists) {
    await printTwists('near misses accepted', result.misses, false);
    await printTwists('rewrites refused', result.rewrites, true);
  }
  printEndings(result);
  const verdicts = rewrites.cases + misses.cases + result.garbage.cases;
  console.log(
    `\n${verdicts} verdicts, seed ${seed}, ${seconds.toFixed(1)} s (${Math.round(verdicts / seconds)} per second)`,
  );
  console.log(`rewrites accepted      ${rewrites.cases - rewrites.wrong} of ${rewrites.cases} (${share(rewrites)})`);
  console.log(`near misses accepted   ${misses.wrong} of ${misses.cases}`);
  console.log(`garbage accepted       ${result.garbage.wrong} of ${result.garbage.cases}`);
  console.log(`thrown                 ${result.thrown.length}`);
  console.log(
    `slowest case           ${result.slowestMs.toFixed(1)} ms of CPU time: ${JSON.stringify(result.slowest)}`,
  );
  for (const one of result.thrown) console.log(`  ${one}`);
  const isRight = misses.wrong + result.garbage.wrong + result.thrown.length === 0;
  const isEnough = rewrites.cases - rewrites.wrong >= ACCEPTED_SHARE * rewrites.cases;
  if (!isRight || !isEnough || result.slowestMs > HANG_MS) process.exitCode = 1;
}

function share({ cases, wrong }: Tally): string {
  return `${((100 * (cases - wrong)) / Math.max(cases, 1)).toFixed(2)} %`;
}

function printKinds(result: JudgedCases): void {
  const misses = sumByKind(result.misses);
  console.log(
    `${'kind'.padEnd(34)}${'rewrites'.padStart(10)}${'accepted'.padStart(11)}${'misses'.padStart(10)}${'accepted'.padStart(10)}`,
  );
  for (const [kind, rewrite] of sumByKind(result.rewrites)) {
    const miss = misses.get(kind) ?? { cases: 0, wrong: 0 };
    console.log(
      `${kind.padEnd(34)}${String(rewrite.cases).padStart(10)}${share(rewrite).padStart(11)}${String(miss.cases).padStart(10)}${String(miss.wrong).padStart(10)}`,
    );
  }
}

async function printTwists(title: string, tallies: ReadonlyMap<string, Tally>, isRight: boolean): Promise<void> {
  console.log(`\n${title}`);
  const faulty = [...tallies].filter(([, { wrong }]) => wrong > 0).sort(([, a], [, b]) => b.wrong - a.wrong);
  for (const [name, { cases, wrong, firstWrong }] of faulty) {
    const answerCase = drawCase(seed, firstWrong!, isRight);
    const { extracted, rule, reason } = await judgeCase(answerCase);
    const text = answerCase.text.length > 140 ? `...${answerCase.text.slice(-140)}` : answerCase.text;
    console.log(`  ${name}: ${wrong} of ${cases}, case ${firstWrong}`);
    console.log(
      `    ${JSON.stringify(answerCase.gold)} | ${JSON.stringify(text)} | read ${JSON.stringify(extracted)} (${rule}${reason === null ? '' : `, ${reason}`})`,
    );
  }
}

function printEndings(result: JudgedCases): void {
  const faulty = [...result.endings]
    .filter(([, { wrong }]) => wrong > 0)
    .sort(([, a], [, b]) => b.wrong / b.cases - a.wrong / a.cases);
  console.log('\nendings with the most refused rewrites');
  for (const [name, tally] of faulty.slice(0, 12)) {
    console.log(`  ${name.padEnd(60)}${String(tally.wrong).padStart(8)} of ${tally.cases}, case ${tally.firstWrong}`);
  }
}
