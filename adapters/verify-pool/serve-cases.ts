import { parentPort, workerData } from 'node:worker_threads';
import { VERIFIER, type Verdict } from '../../src/core/verify/verdict.ts';
import type { Judgement, VerifyCase } from '../../src/ports/verifier.ts';
import { type CaseClock, openCaseClock } from './case-clock.ts';

/** Pool to thread: judge these, in order. */
export type BatchOrder = readonly VerifyCase[];

/** Thread to pool. `ready`: the module has loaded; `done`: one judgement per case of the batch, in order. */
export type ThreadReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly judgements: readonly Judgement[] };

/** What a thread is started with. */
export interface ThreadSeed {
  readonly clock: SharedArrayBuffer;
}

/** How a thread judges. */
export interface CaseJudge {
  /** The verdict, or null when a second look is needed. */
  judge(one: VerifyCase): Verdict | null;
  /** Prepares the second look; this does not count towards the deadline. */
  prepare(): Promise<(one: VerifyCase) => Verdict>;
}

/** Makes the calling module the entry of a verification thread: judges the batches the pool sends. */
export function serveCases(judge: CaseJudge): void {
  const clock = openCaseClock((workerData as ThreadSeed).clock);
  const report = (message: ThreadReport) => parentPort!.postMessage(message);
  parentPort!.on('message', async (batch: BatchOrder) => {
    const judgements: Judgement[] = [];
    for (const [position, one] of batch.entries()) judgements.push(await judgeOne(judge, clock, position, one));
    report({ kind: 'done', judgements });
  });
  report({ kind: 'ready' });
}

/** No await unless the case needs a second look: most batches are judged in one go. */
function judgeOne(
  judge: CaseJudge,
  clock: CaseClock,
  position: number,
  one: VerifyCase,
): Judgement | Promise<Judgement> {
  const first = measure(clock, position, () => judge.judge(one));
  return first ?? judge.prepare().then((look) => measure(clock, position, () => look(one))!);
}

function measure(clock: CaseClock, position: number, work: () => Verdict | null): Judgement | null {
  clock.begin(position);
  const startMs = performance.now();
  const verdict = explainFault(work);
  const ms = Math.round(1000 * (performance.now() - startMs)) / 1000;
  clock.pause();
  return verdict === null ? null : { ...verdict, ms };
}

/** A bug in the judge costs only the case that triggers it, not the rest of the batch. */
function explainFault(work: () => Verdict | null): Verdict | null {
  try {
    return work();
  } catch (error) {
    return { verdict: 'unparsable', rule: 'fault', reason: `fault: ${error}`, extracted: null, verifier: VERIFIER };
  }
}
