import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { identifyProcess, isRunning, type ProcessId } from './process-family.ts';
import { RigError } from './rig.ts';

/** Holds a lock file for this process; one whose holder has ended is taken over. Throws with `what` and the holder's number when it is held. */
export function holdLock(file: string, what: string): Disposable {
  mkdirSync(dirname(file), { recursive: true });
  const holder = readHolder(file);
  if (holder !== null && isRunning(holder))
    throw new RigError(`${what} already (process ${holder.pid}); wait for it or end it`);
  // Removed and made anew: of two that find it abandoned, one makes it and the other one fails.
  rmSync(file, { force: true });
  try {
    writeFileSync(file, JSON.stringify(identifyProcess(process.pid)), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new RigError(`${what} already; it began this moment`);
  }
  return { [Symbol.dispose]: () => rmSync(file, { force: true }) };
}

function readHolder(file: string): ProcessId | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as ProcessId;
  } catch {
    return null;
  }
}
