import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { WriteAnswer } from './rollout-server.ts';
import { readSharedRows } from './shared-rows.ts';

/** Evaluations at a server that answers each problem rightly with a chance that the test sets. */

/** A problem, and how often it is answered rightly. */
export interface KnownProblem {
  readonly problem: string;
  readonly answer: string;
  chance: number;
}

/** A set as a file on this machine. */
export interface KnownSet {
  readonly name: string;
  readonly file: string;
  readonly problems: readonly KnownProblem[];
}

const SHARED = {
  aime24: 'aime24_test',
  aime25: 'aime25_test',
  amc23: 'amc23_test',
  'math-500': 'math500_test',
} as const;

/** The paper's four sets, as files below `folder`; null where the sample files are absent. */
export function writeSharedSets(folder: string): KnownSet[] | null {
  const sets = Object.entries(SHARED).map(([name, stem]) => ({
    name,
    rows: readSharedRows<{ problem: string; answer: string }>(`data/${stem}.jsonl`),
  }));
  if (sets.some(({ rows }) => rows === null)) return null;
  return sets.map(({ name, rows }) => writeSet(folder, name, rows!));
}

/** A set of `count` made-up problems. */
export function writeMadeUpSet(folder: string, name: string, count: number): KnownSet {
  const rows = Array.from({ length: count }, (_, i) => ({
    ...{ id: `${name}-${i}`, problem: `${name}: what is ${i} plus ${i}?`, answer: `${2 * i}` },
    ...{ level: (i % 3) + 1, subject: i % 2 === 0 ? 'Even' : 'Odd' },
  }));
  return writeSet(folder, name, rows);
}

function writeSet(folder: string, name: string, rows: readonly { problem: string; answer: string }[]): KnownSet {
  const file = join(folder, `${name}.jsonl`);
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return { name, file, problems: rows.map(({ problem, answer }) => ({ problem, answer: `${answer}`, chance: 0.5 })) };
}

/** What no problem of these sets has as its answer. */
const WRONG = '987654321';

/** Answers by the chances as they stand at the moment of a call. */
export function answerByChance(sets: readonly KnownSet[]): WriteAnswer {
  const known = new Map(sets.flatMap(({ problems }) => problems.map((one) => [`<user>${one.problem}`, one])));
  return (prompt, rng) => {
    const one = known.get(prompt);
    if (one === undefined) throw new Error(`this problem is in none of the sets: ${prompt.slice(0, 80)}`);
    return `\nFinal Answer: ${rng.next() < one.chance ? one.answer : WRONG}`;
  };
}
