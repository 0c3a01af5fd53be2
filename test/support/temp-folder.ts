import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';

/** A folder for the tests of one file, removed after them. */
export function makeTempFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `parallel-r1-${name}-`));
  test.after(() => rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }));
  return folder;
}
