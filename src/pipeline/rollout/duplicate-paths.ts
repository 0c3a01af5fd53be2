import type { Segment } from '../../core/trajectory.ts';
import { runAll } from '../run-all.ts';
import { askPath, type BlockRequest, listOpening } from './ask-path.ts';
import type { AttemptCalls } from './attempt-calls.ts';

/** Every path that repeats one before it is asked once more, with another seed; what comes then stays. */
export async function askDuplicatesAgain(
  calls: AttemptCalls,
  request: BlockRequest,
  found: readonly Segment[],
): Promise<readonly Segment[]> {
  const duplicates = findDuplicates(calls, found);
  const again = new Map<Segment, Segment>();
  const askAgain = async (segment: Segment, signal: AbortSignal) => {
    const { role, block, path } = segment;
    calls.tellStarted({ role, block, path });
    again.set(segment, calls.tellFinished(await askPath(calls, request, { kind: 'reseed', block, path }, signal)));
  };
  await runAll(duplicates, askAgain, calls.io.signal);
  return found.map((segment) => again.get(segment) ?? segment);
}

/** Flags every path that repeats one before it. */
export function markDuplicates(calls: AttemptCalls, paths: readonly Segment[]): readonly Segment[] {
  const duplicates = findDuplicates(calls, paths);
  if (duplicates.size === 0) return paths;
  return paths.map((segment) =>
    duplicates.has(segment) ? { ...segment, flags: [...segment.flags, 'duplicate_path' as const] } : segment,
  );
}

/** Paths whose text, label aside, is that of an earlier one. */
function findDuplicates(calls: AttemptCalls, paths: readonly Segment[]): ReadonlySet<Segment> {
  const seen = new Set<string>();
  return new Set(
    paths.filter(({ path, pieces }) => {
      const content = pieces.slice(listOpening(calls, path).length).flatMap(({ ids }) => ids);
      const key = content.join(' ');
      if (seen.has(key)) return true;
      seen.add(key);
      return false;
    }),
  );
}
