import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

/** A folder for the tests of one file, removed after them; with `t` for one test alone, removed after that. */
export function makeTempFolder(name: string, t: { after(hook: () => void): void } = test): string {
  const folder = mkdtempSync(join(tmpdir(), `parallel-r1-${name}-`));
  t.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}
