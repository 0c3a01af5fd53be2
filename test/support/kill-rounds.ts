import { existsSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { Rng } from '../../src/core/rng.ts';
import { StoreError } from '../../src/errors.ts';
import { type CliProcess, type CliResult, listChildren, runCli, startCli } from './cli-process.ts';

/** Who gets the kill -9. */
export type Victim = 'controller' | 'engine' | 'both';

/** Calls `act` once the store's files have changed `changes` times, and at later changes until it answers true. */
function onStoreChanges(db: string, changes: number, act: () => boolean): { close(): void } {
  let seen = 0;
  let isDone = false;
  const watcher = watch(dirname(db), (_event, file) => {
    if (isDone || !file?.startsWith(basename(db))) return;
    seen += 1;
    if (seen >= changes) isDone = act();
  });
  return watcher;
}

/** Kills the victim with SIGKILL. The engine is the controller's child; false while there is none. */
function strike(process_: CliProcess, victim: Victim): boolean {
  const pid = process_.child.pid!;
  const targets = victim === 'controller' ? [pid] : listChildren(pid);
  if (targets.length === 0) return false;
  if (victim === 'both') targets.push(pid);
  for (const target of targets) {
    try {
      process.kill(target, 'SIGKILL');
    } catch {
      // It ended by itself in the meantime.
    }
  }
  return true;
}

/** Starts a command and kills the victim after a random number of store changes; returns how the command ended. */
async function runUntilKilled(
  args: readonly string[],
  db: string,
  victim: Victim,
  rng: Rng,
  maxChanges: number,
): Promise<CliResult> {
  const started = startCli(args);
  const watcher = onStoreChanges(db, 1 + rng.nextInt(maxChanges), () => strike(started, victim));
  const result = await started.result;
  watcher.close();
  return result;
}

export interface KillPlan {
  readonly victim: Victim;
  readonly rng: Rng;
  /** Kills before the run is left to finish. */
  readonly kills: number;
  /** A kill comes after 1 to this many changes of the store's files. */
  readonly maxChanges: number;
}

/** Starts a run, kills it again and again, and resumes it until it is done; returns how often it ended early. */
export async function runThroughKills(runArgs: readonly string[], db: string, plan: KillPlan): Promise<number> {
  let early = 0;
  for (let args = runArgs; ; early += 1) {
    const { victim, rng, kills, maxChanges } = plan;
    const isLeftAlone = early >= kills;
    const result = isLeftAlone ? await runCli(args) : await runUntilKilled(args, db, victim, rng, maxChanges);
    const status = readStatus(db);
    if (result.code === 0 || status === 'done') return early;
    if (isLeftAlone) throw new Error(`left alone, the command failed: ${result.stderr}`);
    // Killed before the run was entered in the store: there is nothing to resume yet.
    args = status === null ? runArgs : ['resume', '--db', db];
  }
}

/** Status of the only run; null while there is none. */
function readStatus(db: string): string | null {
  if (!existsSync(db)) return null;
  try {
    using store = openRunStore(db, { readonly: true });
    return store.listRuns()[0]?.status ?? null;
  } catch (error) {
    // Killed while the file was being made into a store.
    if (error instanceof StoreError) return null;
    throw error;
  }
}
