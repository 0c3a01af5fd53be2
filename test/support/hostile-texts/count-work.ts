import { Session } from 'node:inspector';
import { countStringWork } from '../string-work.ts';

/** Counts the work of code below a folder, in executed blocks and in characters that string primitives walk. */
export interface WorkCounter extends Disposable {
  count(action: () => void): number;
}

interface Coverage {
  readonly result: readonly {
    readonly url: string;
    readonly functions: readonly { readonly ranges: readonly { readonly count: number }[] }[];
  }[];
}

/**
 * Opens a counter over the modules whose address holds `part`. What it counts is the same on every machine and under
 * every load: how often each block ran, from the engine's own coverage. What a regular expression does inside is
 * counted only by the characters it passed; `countSteps` looks into those.
 */
export function openWorkCounter(part: string): WorkCounter {
  const session = new Session();
  session.connect();
  // The callbacks of a session in the same thread run before `post` returns.
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const takeBlocks = (): number => {
    let blocks = 0;
    session.post('Profiler.takePreciseCoverage', (_, coverage) => {
      for (const { url, functions } of (coverage as Coverage).result) {
        if (!url.includes(part)) continue;
        for (const { ranges } of functions) for (const { count } of ranges) blocks += count;
      }
    });
    return blocks;
  };
  return {
    count: (action) => {
      takeBlocks();
      const characters = countStringWork(action);
      return takeBlocks() + characters;
    },
    [Symbol.dispose]: () => {
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}
