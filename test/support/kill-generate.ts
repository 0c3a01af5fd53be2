import Database from 'better-sqlite3';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import type { Rng } from '../../src/core/rng.ts';
import { runCli, startCli } from './cli-process.ts';
import type { TeacherServer } from './teacher-server.ts';

export interface GenerateKills {
  /** The `generate` command. */
  readonly args: readonly string[];
  readonly db: string;
  readonly teacher: TeacherServer;
  /** Kills before the run is left to finish. */
  readonly kills: number;
  /** A kill comes with the 1st to this many-th request of a process. */
  readonly maxRequests: number;
  readonly rng: Rng;
}

/**
 * Starts `generate`, kills it with SIGKILL again and again, and resumes it until it is done. Returns the kills that hit
 * it, and how many problems were at work at them: asked for in that process, not in the store after it. What is in the
 * store then, attempts and answers that were not judged yet, is settled with the teacher.
 */
export async function generateThroughKills(plan: GenerateKills): Promise<{ kills: number; inFlight: number }> {
  const { db, teacher, rng } = plan;
  let { args } = plan;
  let inFlight = 0;
  let stored = 0;
  for (let kills = 0; kills < plan.kills; kills += 1) {
    const askedBefore = teacher.asked;
    const started = startCli(args);
    teacher.killAfterRequests(1 + rng.nextInt(plan.maxRequests), () => started.child.kill('SIGKILL'));
    const { code, signal, stderr } = await started.result;
    if (signal !== 'SIGKILL') {
      checkEnd(code, stderr);
      return { kills, inFlight };
    }
    const ids = listStoredProblems(db);
    teacher.settle(ids);
    inFlight += teacher.asked - askedBefore - (ids.length - stored);
    stored = ids.length;
    args = ['resume', '--db', db];
  }
  const { code, stderr } = await runCli(args);
  checkEnd(code, stderr);
  return { kills: plan.kills, inFlight };
}

function checkEnd(code: number | null, stderr: string): void {
  if (code !== 0) throw new Error(`left alone, the command failed: ${stderr}`);
}

/** Problems of the store's only run with attempts, or with an answer that waits to be judged. */
function listStoredProblems(db: string): string[] {
  using store = openRunStore(db, { readonly: true });
  const { id } = store.listRuns()[0]!;
  const judged = [...store.listAttempts(id, 0)].map(({ problem }) => problem.id);
  return [...new Set([...judged, ...listAnsweredProblems(db)])];
}

/** The owner of an answer is the list of problem source, id, text and round. */
function listAnsweredProblems(file: string): string[] {
  const db = new Database(file, { readonly: true });
  try {
    const owners = db.prepare<[], string>('SELECT owner FROM answers').pluck().all();
    return owners.map((owner) => (JSON.parse(owner) as [string, string])[1]);
  } finally {
    db.close();
  }
}
