import type { Problem } from '../../src/core/problem.ts';
import type { ProblemSource } from '../../src/ports/problem-source.ts';

/** Problems that are in memory already (generated families, tests), in their order. */
export function createMemorySource(name: string, problems: readonly Problem[]): ProblemSource {
  return {
    name,
    async *read(signal) {
      for (const problem of problems) {
        signal?.throwIfAborted();
        yield problem;
      }
    },
  };
}
