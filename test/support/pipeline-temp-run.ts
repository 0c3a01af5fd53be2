import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openToyRun, type ToyParts, type ToyRun, teachSums } from './pipeline-toy-run.ts';
import { createToyWorld, type ToyWorld } from './pipeline-toy-world.ts';

/** A toy run in a temporary folder that goes with the test. */
export interface TempRun extends ToyRun {
  readonly file: string;
  readonly world: ToyWorld;
}

/** Opens a new toy run whose store is closed and removed when the test (or, from a hook, the file) ends. */
export function openTempRun(t: { after(clean: () => void): void }, parts: Partial<ToyParts> = {}): TempRun {
  const folder = mkdtempSync(join(tmpdir(), 'toy-run-'));
  const world = parts.world ?? createToyWorld(teachSums);
  const file = join(folder, 'runs.db');
  const run = openToyRun({ ...parts, file, world });
  t.after(() => {
    run[Symbol.dispose]();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...run, file, world };
}
