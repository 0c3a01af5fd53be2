import { CONFIG_VERSION } from '../config/schema.ts';
import { VERIFIER } from '../core/verify/verdict.ts';
import { readSoftwareVersion } from '../edge/package-root.ts';
import { UsageError } from '../errors.ts';
import type { Reporter } from '../ports/reporter.ts';
import type { StoredRollouts } from '../ports/run-store/rollouts.ts';
import type { RunVersions, StoredRuns } from '../ports/run-store/runs.ts';

/** The versions whose rules this process applies. */
export function readVersions(): RunVersions {
  return { software: readSoftwareVersion(), verifier: VERIFIER, config: CONFIG_VERSION };
}

/** A run that this process is about to work on. */
export interface TakenUpRun {
  readonly id: string;
  readonly store: Pick<StoredRuns, 'listRunVersions' | 'saveRunVersions'> & Pick<StoredRollouts, 'hasVerdictsOf'>;
  readonly reporter: Pick<Reporter, 'info' | 'warn'>;
  /** The command that shows what another verifier changes, as a user would type it. */
  readonly reverifyCommand: string;
}

/**
 * Notes that a run continues under these versions, and says in one line each where earlier versions may have decided
 * differently. Throws `UsageError`, before anything is noted, for a run whose configuration this software is too old for.
 */
export function takeUpVersions({ id, store, reporter, reverifyCommand }: TakenUpRun, now: RunVersions): void {
  const before = store.listRunVersions(id);
  const newer = before.find(({ config }) => config !== null && now.config !== null && config > now.config);
  if (newer !== undefined) {
    throw new UsageError(
      `run ${id} was worked on by parallel-r1 ${newer.software}, whose configurations (number ${newer.config}) are newer than those this ${now.software} knows (up to ${now.config}): update parallel-r1 to go on with it`,
    );
  }
  const last = before.at(-1);
  if (last !== undefined && last.software !== now.software) {
    reporter.info(`run ${id} goes on under parallel-r1 ${now.software}, after ${last.software}`);
  }
  for (const verifier of listOtherVerifiers(before, now.verifier)) {
    if (!store.hasVerdictsOf(id, verifier)) continue;
    reporter.warn(
      `run ${id} holds verdicts of ${verifier}, and new answers are judged by ${now.verifier}; to see where they differ: ${reverifyCommand}`,
    );
  }
  store.saveRunVersions(id, now);
}

function listOtherVerifiers(versions: readonly RunVersions[], verifier: string | null): string[] {
  const others = versions.flatMap((one) => (one.verifier === null || one.verifier === verifier ? [] : [one.verifier]));
  return [...new Set(others)];
}
