import { createHash, randomBytes } from 'node:crypto';
import type { RunConfig } from '../config/schema.ts';
import { readSoftwareVersion } from '../edge/package-root.ts';
import type { RunRecord, StageRecord } from '../ports/run-store.ts';

/** The row of a run that begins now; its id sorts by time. */
export function createRunRecord(config: RunConfig, preset: string | null): RunRecord {
  const now = new Date();
  const stamp = now.toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const configJson = JSON.stringify(config);
  return {
    id: `${stamp}-${randomBytes(2).toString('hex')}`,
    name: config.run.name,
    preset,
    seed: config.run.seed,
    configJson,
    configHash: hashConfig(configJson),
    softwareVersion: readSoftwareVersion(),
    status: 'running',
    message: null,
    createdAtMs: now.getTime(),
    updatedAtMs: now.getTime(),
  };
}

/** SHA-256, hex. */
export function hashConfig(configJson: string): string {
  return createHash('sha256').update(configJson).digest('hex');
}

/** The rows of its stages, none begun. */
export function listStageRecords(config: RunConfig): StageRecord[] {
  return config.stages.map(({ id, kind }, index) => ({ index, id, kind, status: 'pending', stateJson: '{}' }));
}
