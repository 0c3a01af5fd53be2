import { createRng, hashSeed } from '../../../src/core/rng.ts';
import { isUnconfirmed, type Verdict } from '../../../src/core/verify/verdict.ts';
import { verify, verifyConfirmed } from '../../../src/core/verify/verify.ts';
import { type AnswerCase, drawCase } from './draw-case.ts';
import { drawGarbage } from './garbage.ts';

/** How one group of cases came out, and one that came out wrong. */
export interface Tally {
  cases: number;
  /** Rewrites that were not accepted, near misses that were. */
  wrong: number;
  /** Index of the first that came out wrong; with the seed it draws the case again. */
  firstWrong: number | null;
}

/** What a run found. */
export interface JudgedCases {
  /** By `kind / rewrite`. */
  readonly rewrites: Map<string, Tally>;
  /** By `kind / miss`. */
  readonly misses: Map<string, Tally>;
  /** Rewrites by `setting / ending`. */
  readonly endings: Map<string, Tally>;
  /** Garbage by whether it was accepted for a number; under one name. */
  readonly garbage: Tally;
  readonly thrown: string[];
  slowestMs: number;
  slowest: string;
}

/** A number no garbage comes to. */
const UNREACHABLE = '987654321012347';

const KEPT = 20;

/** The verdict on a case; what more digits have to settle is settled. */
export async function judgeCase({ gold, text, isStructured }: AnswerCase): Promise<Verdict> {
  const options = { mode: 'math', structured: isStructured } as const;
  const verdict = verify(gold, text, options);
  return isUnconfirmed(verdict) ? verifyConfirmed(gold, text, options) : verdict;
}

/** Judges the cases `from` to `to` (not included) of a seed: a rewrite and a near miss each, and garbage for one in ten. */
export async function judgeCases(seed: number, from: number, to: number): Promise<JudgedCases> {
  const result: JudgedCases = {
    rewrites: new Map(),
    misses: new Map(),
    endings: new Map(),
    garbage: { cases: 0, wrong: 0, firstWrong: null },
    thrown: [],
    slowestMs: 0,
    slowest: '',
  };
  for (let index = from; index < to; index += 1) {
    await judgeOne(drawCase(seed, index, true), index, result);
    await judgeOne(drawCase(seed, index, false), index, result);
    if (index % 10 === 0) judgeGarbage(seed, index, result);
  }
  return result;
}

async function judgeOne(answerCase: AnswerCase, index: number, result: JudgedCases): Promise<void> {
  const { kind, twist, ending, setting, isRight, text } = answerCase;
  const startMs = measureCpuMs();
  let isAccepted = false;
  try {
    isAccepted = (await judgeCase(answerCase)).verdict === 'correct';
  } catch (error) {
    if (result.thrown.length < KEPT) result.thrown.push(`${kind} / ${twist}: ${(error as Error).message}`);
  }
  noteTime(measureCpuMs() - startMs, text, result);
  const isWrong = isAccepted !== isRight;
  count(isRight ? result.rewrites : result.misses, `${kind} / ${twist}`, index, isWrong);
  if (isRight) count(result.endings, `${setting} / ${ending}`, index, isWrong);
}

function judgeGarbage(seed: number, index: number, result: JudgedCases): void {
  const text = drawGarbage(createRng(hashSeed(seed, index, 'garbage')));
  const startMs = measureCpuMs();
  try {
    const { verdict } = verify(UNREACHABLE, text, { mode: 'math', structured: index % 20 === 0 });
    addTo(result.garbage, index, verdict === 'correct');
  } catch (error) {
    if (result.thrown.length < KEPT) result.thrown.push(`garbage ${index}: ${(error as Error).message}`);
  }
  noteTime(measureCpuMs() - startMs, text, result);
}

/** CPU time of the process so far: the load of the machine adds none. */
function measureCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function noteTime(ms: number, text: string, result: JudgedCases): void {
  if (ms <= result.slowestMs) return;
  result.slowestMs = ms;
  result.slowest = text.slice(0, 160);
}

function count(tallies: Map<string, Tally>, name: string, index: number, isWrong: boolean): void {
  const tally = tallies.get(name) ?? { cases: 0, wrong: 0, firstWrong: null };
  tallies.set(name, tally);
  addTo(tally, index, isWrong);
}

function addTo(tally: Tally, index: number, isWrong: boolean): void {
  tally.cases += 1;
  if (!isWrong) return;
  tally.wrong += 1;
  tally.firstWrong ??= index;
}

/** Sums tallies whose names agree up to the first ` / `. */
export function sumByKind(tallies: ReadonlyMap<string, Tally>): Map<string, Tally> {
  const sums = new Map<string, Tally>();
  for (const [name, { cases, wrong, firstWrong }] of tallies) {
    const kind = name.split(' / ')[0]!;
    const sum = sums.get(kind) ?? { cases: 0, wrong: 0, firstWrong: null };
    sums.set(kind, { cases: sum.cases + cases, wrong: sum.wrong + wrong, firstWrong: sum.firstWrong ?? firstWrong });
  }
  return sums;
}

/** The sum of all tallies. */
export function sumAll(tallies: ReadonlyMap<string, Tally>): Tally {
  const total: Tally = { cases: 0, wrong: 0, firstWrong: null };
  for (const { cases, wrong } of tallies.values()) {
    total.cases += cases;
    total.wrong += wrong;
  }
  return total;
}
