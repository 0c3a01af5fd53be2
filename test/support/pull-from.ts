/** Pulls from a test hub with a clock that does not wait and remembers what it was asked to. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Pulled, type PullOptions, pullDataset } from '../../adapters/source-huggingface/pull-dataset.ts';
import type { HubServer } from './hub-server.ts';

export interface TestPull {
  readonly pull: (set: string, over?: Partial<PullOptions>) => Promise<Pulled>;
  readonly pausesMs: number[];
  readonly told: string[];
  readonly stop: AbortController;
}

export function pullFrom(hub: HubServer, folder: string): TestPull {
  const pausesMs: number[] = [];
  const told: string[] = [];
  const stop = new AbortController();
  const clock = {
    now: () => Date.UTC(2030, 0, 1),
    monotonic: () => 0,
    sleep: async (ms: number) => void pausesMs.push(ms),
  };
  const defaults = {
    ...{ split: null, subset: null, problemColumn: null, answerColumn: null, answerRule: null },
    ...{ revision: 'main', folder, keepDuplicates: false, address: hub.url, token: null },
    patience: { clock, signal: stop.signal, tell: (message: string) => void told.push(message) },
  };
  return { pull: (set, over = {}) => pullDataset({ ...defaults, set, ...over }), pausesMs, told, stop };
}

/** The problems of a pulled set. */
export function readPulled(folder: string, name: string): Record<string, string>[] {
  const lines = readFileSync(join(folder, `${name}.jsonl`), 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Record<string, string>);
}
