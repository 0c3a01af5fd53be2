import type { Runtime } from './runtime.ts';

/** Counters of one thread's decoder. Running, waiting and slots are of now, the others sums since the start. */
export interface BoardNumbers {
  readonly running: number;
  readonly waiting: number;
  readonly usedSlots: number;
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly cachedTokens: number;
}

/** Order of the doubles on a board. */
const KEYS = ['running', 'waiting', 'usedSlots', 'promptTokens', 'generatedTokens', 'cachedTokens'] as const;

/** Writes a thread's board; the main thread may read a mixture of two writings, which /metrics can bear. */
export function writeBoard(runtime: Runtime, thread: number, numbers: BoardNumbers): void {
  const at = runtime.plan.decoders[thread]!.board / 8;
  KEYS.forEach((key, i) => {
    runtime.doubles[at + i] = numbers[key];
  });
}

/** Sums the boards of all threads. */
export function readBoards(runtime: Runtime): BoardNumbers {
  const sums = { running: 0, waiting: 0, usedSlots: 0, promptTokens: 0, generatedTokens: 0, cachedTokens: 0 };
  for (const { board } of runtime.plan.decoders) {
    KEYS.forEach((key, i) => {
      sums[key] += runtime.doubles[board / 8 + i]!;
    });
  }
  return sums;
}
