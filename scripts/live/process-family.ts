import { readdirSync, readFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

/** Processes by number, read from /proc: the rig ends what it started, and nothing that only looks like it. */

/** A process, told from a later one of the same number by when it began. */
export interface ProcessId {
  readonly pid: number;
  /** Start time since boot, in clock ticks. */
  readonly startTicks: number;
}

interface ProcessRow extends ProcessId {
  readonly parent: number;
  readonly session: number;
  readonly isZombie: boolean;
}

const POLL_MS = 100;
const LAST_PRIORITY = 19;

/** One row of /proc; null when there is no such process. */
function readRow(pid: number): ProcessRow | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold blanks and brackets.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const [state, parent, , session] = fields;
    return {
      pid,
      parent: Number(parent),
      session: Number(session),
      startTicks: Number(fields[19]),
      isZombie: state === 'Z',
    };
  } catch {
    return null;
  }
}

/** What identifies a process that runs now; null when it does not. */
export function identifyProcess(pid: number): ProcessId | null {
  const row = readRow(pid);
  return row === null || row.isZombie ? null : { pid, startTicks: row.startTicks };
}

/** Whether this very process still runs. */
export function isRunning({ pid, startTicks }: ProcessId): boolean {
  return identifyProcess(pid)?.startTicks === startTicks;
}

/**
 * A session's leader, everything else in its session (orphans included), and all descendants of those, which may have
 * opened sessions of their own. Empty once all of them are gone.
 */
export function listFamily(leader: ProcessId): ProcessId[] {
  const rows = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readRow(Number(name)) ?? []);
  // Without the leader's own start a session of the same number could be somebody else's.
  const isOurs = (row: ProcessRow) => row.startTicks >= leader.startTicks;
  const family = new Set(rows.filter((row) => row.session === leader.pid && isOurs(row)).map(({ pid }) => pid));
  for (let size = -1; size !== family.size; ) {
    size = family.size;
    for (const row of rows) if (family.has(row.parent)) family.add(row.pid);
  }
  return rows.filter((row) => family.has(row.pid) && !row.isZombie);
}

/**
 * Puts every thread of those processes of a family whose command line begins with `title` behind all others (nice 19). Threads that
 * they start later inherit it.
 */
export function yieldProcesses(leader: ProcessId, title: string): void {
  for (const { pid } of listFamily(leader)) {
    try {
      if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(title)) continue;
      // The system's call means one thread where it says a process.
      for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), LAST_PRIORITY);
    } catch {
      // It ended between the look and the call.
    }
  }
}

/** Sends a signal to each; one that ended meanwhile is passed over. */
export function signalAll(processes: readonly ProcessId[], signal: NodeJS.Signals): void {
  for (const one of processes) {
    try {
      if (isRunning(one)) process.kill(one.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}

/**
 * Asks a family's leader to end, then whoever is left, and makes them end `graceMs` after the first word. Resolves when none
 * of it runs any more. The leader comes first because it ends its own in order; told all at once, they report each other as lost.
 */
export async function endFamily(leader: ProcessId, graceMs: number): Promise<void> {
  // Ended parents take the trace to children of other sessions with them, so the list is made before and kept.
  const known = listFamily(leader);
  const left = () => [
    ...new Map([...known.filter(isRunning), ...listFamily(leader)].map((one) => [one.pid, one])).values(),
  ];
  const started = performance.now();
  const isOver = (partOfGrace: number) => performance.now() - started >= graceMs * partOfGrace;
  signalAll([leader], 'SIGTERM');
  while (isRunning(leader) && !isOver(0.5)) await pause(POLL_MS);
  signalAll(left(), 'SIGTERM');
  while (left().length > 0) {
    if (isOver(1)) signalAll(left(), 'SIGKILL');
    await pause(POLL_MS);
  }
}

/** Kills a family at once, as a power cut would, and waits until it is gone. */
export function killFamily(leader: ProcessId): Promise<void> {
  signalAll(listFamily(leader), 'SIGKILL');
  return endFamily(leader, 0);
}
