import type { Datum } from '../../../src/core/datum.ts';

/** Log-probs that should be equal may differ by rounding up to this; those that should differ must by more. */
const TOLERANCE = 1e-4;

/** `trunk | path 1 | path 2 | trunk`; small ids, which every vocabulary has. */
const TRUNK = [3, 4, 5];
const PATH_1 = [6, 7, 8, 9];
const OTHER_PATH_1 = [6, 12, 13, 9];
const PATH_2 = [6, 10, 11, 9];
const SUMMARY = [14, 15, 16];
const LAST_TARGET = 17;

const FORK = TRUNK.length;
const PATH_2_FROM = FORK + PATH_1.length;
const SUMMARY_FROM = PATH_2_FROM + PATH_2.length;
const LENGTH = SUMMARY_FROM + SUMMARY.length;

/** Answers the log-probs of each datum; null where the server leaves them out. */
export type ProbeForward = (data: readonly Datum[]) => Promise<readonly (readonly number[] | null)[]>;

/**
 * Whether a server that advertises `structured_attention/1` serves it: flat ids change nothing, a path
 * does not see its sibling, and the summary sees both. Two forward passes over four short datums.
 */
export async function probeStructure(forward: ProbeForward): Promise<boolean> {
  const flat = { positionIds: range(0, LENGTH), attnPath: range(0, LENGTH).map(() => 0) };
  const plainDatum = toDatum(PATH_1, {});
  const [plain] = await forward([plainDatum]);
  const structured = [toDatum(PATH_1, flat), toDatum(PATH_1, FORKED), toDatum(OTHER_PATH_1, FORKED)];
  const [zero, first, second] = await forward(structured);
  if (plain == null || zero == null || first == null || second == null) return false;
  return (
    findGap(plain, zero, 0, LENGTH) <= TOLERANCE &&
    findGap(first, second, PATH_2_FROM, SUMMARY_FROM) <= TOLERANCE &&
    findGap(first, second, SUMMARY_FROM, LENGTH) > TOLERANCE
  );
}

/** Both paths start at the position after the trunk; the summary goes on after the longer one. */
const FORKED: Pick<Datum, 'positionIds' | 'attnPath'> = {
  positionIds: [
    ...range(0, FORK),
    ...range(FORK, FORK + PATH_1.length),
    ...range(FORK, FORK + PATH_2.length),
    ...range(FORK + PATH_1.length, FORK + PATH_1.length + SUMMARY.length),
  ],
  attnPath: [
    ...TRUNK.map(() => 0),
    ...PATH_1.map(() => toPathId(1, 1)),
    ...PATH_2.map(() => toPathId(1, 2)),
    ...SUMMARY.map(() => 0),
  ],
};

function toPathId(block: number, path: number): number {
  return block * 2 ** 16 + path;
}

function toDatum(path1: readonly number[], structure: Pick<Datum, 'positionIds' | 'attnPath'>): Datum {
  const tokens = [...TRUNK, ...path1, ...PATH_2, ...SUMMARY];
  return { tokens, targets: [...tokens.slice(1), LAST_TARGET], ...structure };
}

function findGap(a: readonly number[], b: readonly number[], from: number, to: number): number {
  return Math.max(...range(from, to).map((i) => Math.abs(a[i]! - b[i]!)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
