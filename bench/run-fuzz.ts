import { createRng } from '../src/core/rng.ts';
import type { PreciseLibrary } from '../src/core/verify/precise/precise-functions.ts';
import { isUnconfirmed, type Verdict } from '../src/core/verify/verdict.ts';
import { confirmVerdict, verify } from '../src/core/verify/verify.ts';
import { drawAnswers, drawGarbage, wrapAnswer } from './fuzz-answers.ts';

/** What a fuzz run found. Every list is cut after a few dozen. */
export interface FuzzResult {
  readonly cases: number;
  /** Strings that made the verifier throw. */
  readonly thrown: string[];
  /** A different value, or garbage, was judged correct. */
  readonly falseAccepts: string[];
  /** The same value in another spelling was not judged correct. */
  readonly misses: string[];
  missed: number;
  equalCases: number;
  slowestMs: number;
  slowest: string;
}

const KEPT = 40;

/** A number no garbage comes to. */
const UNREACHABLE = '987654321012347';

/**
 * Judges `cases` generated answers: of four, one is equal to its reference in another spelling, two differ, one is
 * garbage. `precise` settles what doubles leave open, as the pool's threads do.
 */
export function runFuzz(cases: number, seed: number, precise: PreciseLibrary | null): FuzzResult {
  const rng = createRng(seed);
  const result: FuzzResult = {
    ...{ cases, thrown: [], falseAccepts: [], misses: [], missed: 0, equalCases: 0, slowestMs: 0, slowest: '' },
  };
  const judge = (gold: string, text: string): Verdict | null => judgeOne(gold, text, precise, result);
  for (let done = 0; done < cases; done += 4) {
    const { kind, gold, same, other } = drawAnswers(rng);
    const equal = wrapAnswer(same, rng);
    result.equalCases += 1;
    if (judge(gold, equal)?.verdict !== 'correct') {
      result.missed += 1;
      keep(result.misses, `${kind}: ${gold} | ${equal}`);
    }
    for (const different of [wrapAnswer(other, rng), other]) {
      if (judge(gold, different)?.verdict === 'correct') keep(result.falseAccepts, `${kind}: ${gold} | ${different}`);
    }
    const garbage = drawGarbage(rng);
    const text = rng.nextInt(2) === 0 ? garbage : wrapAnswer(garbage, rng);
    if (judge(UNREACHABLE, text)?.verdict === 'correct') keep(result.falseAccepts, `garbage: ${text}`);
  }
  return result;
}

function judgeOne(gold: string, text: string, precise: PreciseLibrary | null, result: FuzzResult): Verdict | null {
  const options = { mode: 'math', structured: text.includes('<Parallel>') } as const;
  const startMs = performance.now();
  try {
    const verdict = verify(gold, text, options);
    return precise !== null && isUnconfirmed(verdict) ? confirmVerdict(gold, text, options, precise) : verdict;
  } catch (error) {
    keep(result.thrown, `${error}: ${gold} | ${text}`);
    return null;
  } finally {
    const ms = performance.now() - startMs;
    if (ms > result.slowestMs) {
      result.slowestMs = ms;
      result.slowest = `${gold} | ${text.slice(0, 200)}`;
    }
  }
}

function keep(list: string[], one: string): void {
  if (list.length < KEPT) list.push(one);
}
