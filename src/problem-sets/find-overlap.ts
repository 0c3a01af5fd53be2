import { hash } from 'node:crypto';
import { statSync } from 'node:fs';
import { keepLettersAndDigits, normaliseProblem } from '../core/problem-set/normalise-problem.ts';
import { parseProblemRow } from '../core/problem-set/problem-row.ts';
import { readTextLines } from '../edge/jsonl.ts';
import { describeReadError } from '../edge/text-file.ts';
import { SourceError } from '../errors.ts';

/** How alike two texts are: identical, identical after normalisation, or with the same letters and digits. */
export type MatchKind = 'exact' | 'normalised' | 'near';

/** A problem that both sets have; lines count from 1. */
export interface OverlapPair {
  readonly kind: MatchKind;
  readonly lineA: number;
  readonly lineB: number;
}

/** What two sets have in common. */
export interface Overlap {
  readonly a: OverlapSide;
  readonly b: OverlapSide;
  /** In the order of the larger file's lines; the first `MAX_PAIRS`. */
  readonly pairs: readonly OverlapPair[];
  /** Pairs that are not listed. */
  readonly morePairs: number;
}

export interface OverlapSide {
  readonly file: string;
  readonly problems: number;
  /** Problems that the other set has, by their closest match; `near` ones may or may not be the same. */
  readonly shared: Readonly<Record<MatchKind, number>>;
}

/** Repeated problems multiply: a set of copies compared with itself has more pairs than memory. */
const MAX_PAIRS = 100_000;

const KINDS: readonly MatchKind[] = ['exact', 'normalised', 'near'];

/** Compares two files. The smaller one is held as hashes, the larger one streams. Rejects with `SourceError`. */
export async function findOverlap(a: string, b: string): Promise<Overlap> {
  const swapped = sizeOf(a) > sizeOf(b);
  const [small, large] = swapped ? [b, a] : [a, b];
  const index = new Map<string, number[]>();
  let smallProblems = 0;
  for await (const { line, text } of readProblems(small)) {
    smallProblems += 1;
    for (const key of hashText(text)) addLine(index, key, line);
  }
  const closest = { small: new Map<number, MatchKind>(), large: new Map<number, MatchKind>() };
  const pairs: OverlapPair[] = [];
  let largeProblems = 0;
  let morePairs = 0;
  for await (const { line, text } of readProblems(large)) {
    largeProblems += 1;
    for (const [smallLine, kind] of findMatches(hashText(text), index)) {
      keepClosest(closest.small, smallLine, kind);
      keepClosest(closest.large, line, kind);
      if (pairs.length === MAX_PAIRS) morePairs += 1;
      else pairs.push(swapped ? { kind, lineA: line, lineB: smallLine } : { kind, lineA: smallLine, lineB: line });
    }
  }
  const smallSide = { file: small, problems: smallProblems, shared: countKinds(closest.small) };
  const largeSide = { file: large, problems: largeProblems, shared: countKinds(closest.large) };
  const [sideA, sideB] = swapped ? [largeSide, smallSide] : [smallSide, largeSide];
  return { a: sideA, b: sideB, pairs, morePairs };
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    throw new SourceError(describeReadError(file, error as NodeJS.ErrnoException), { cause: error });
  }
}

async function* readProblems(file: string): AsyncGenerator<{ readonly line: number; readonly text: string }> {
  for await (const { number: line, text } of readTextLines(file)) {
    const row = parseProblemRow(text, file, `line-${line}`);
    if ('fault' in row) throw new SourceError(`${file}:${line}: ${row.fault}`);
    yield { line, text: row.problem.text };
  }
}

function addLine(index: Map<string, number[]>, key: string, line: number): void {
  const lines = index.get(key);
  if (lines === undefined) index.set(key, [line]);
  else lines.push(line);
}

/** One key per kind of match, in the order of `KINDS`. */
function hashText(text: string): string[] {
  const forms = [text, normaliseProblem(text), keepLettersAndDigits(text)];
  return forms.map((form, kind) => `${kind}${hash('sha256', form, 'base64')}`);
}

/** Lines of the other set with the closest kind each matches by. */
function findMatches(keys: readonly string[], index: ReadonlyMap<string, readonly number[]>): Map<number, MatchKind> {
  const matches = new Map<number, MatchKind>();
  keys.forEach((key, i) => {
    for (const line of index.get(key) ?? []) if (!matches.has(line)) matches.set(line, KINDS[i]!);
  });
  return matches;
}

function keepClosest(closest: Map<number, MatchKind>, line: number, kind: MatchKind): void {
  const before = closest.get(line);
  if (before === undefined || KINDS.indexOf(kind) < KINDS.indexOf(before)) closest.set(line, kind);
}

function countKinds(closest: ReadonlyMap<number, MatchKind>): Record<MatchKind, number> {
  const counts = { exact: 0, normalised: 0, near: 0 };
  for (const kind of closest.values()) counts[kind] += 1;
  return counts;
}
