import { existsSync, readFileSync } from 'node:fs';

/** Rows of a sample file below the `shared` folder beside the repository; null where that folder is absent. */
export function readSharedRows<Row>(path: string): Row[] | null {
  const url = new URL(`../../../shared/${path}`, import.meta.url);
  if (!existsSync(url)) return null;
  const lines = readFileSync(url, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Row);
}

/** What a test that needs sample files says when it is skipped. */
export const NO_SAMPLES = 'the sample files (../shared) are not on this machine';
