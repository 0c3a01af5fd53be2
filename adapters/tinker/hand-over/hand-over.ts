import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Profile } from '../trainer/profile.ts';
import type { TrainerIo } from '../wire/patience.ts';
import type { CheckpointRef } from '../wire/trainer-http.ts';
import { normaliseAdapterConfig } from './adapter-config.ts';
import { type ArchiveCall, fetchArchive } from './fetch-archive.ts';
import { unpackArchive } from './unpack-archive.ts';

/**
 * How saved sampler weights reach the engine. `'path'`: the engine understands the path the trainer
 * returned (the embedded server, TuFT with its own vLLM). `archive`: the weights are downloaded and
 * unpacked below `directory`, which the engine must be able to read.
 */
export type HandOver = 'path' | ArchiveHandOver;

export interface ArchiveHandOver {
  readonly kind: 'archive';
  readonly directory: string;
}

/** Downloads and unpacks sampler weights. Answers the folder that the engine must be given. */
export async function fetchWeights(
  io: TrainerIo,
  profile: Profile,
  { directory }: ArchiveHandOver,
  ref: CheckpointRef,
  call: ArchiveCall,
): Promise<string> {
  const target = toDirectory(directory, ref);
  await mkdir(path.dirname(target), { recursive: true });
  const { signal } = call;
  const home = await fetchArchive(io, profile, ref, call, (archive) =>
    unpackArchive(archive, target, { prepare: normaliseAdapterConfig, signal }),
  );
  return path.join(target, home);
}

/** Removes what was unpacked for sampler weights; nothing when there is none. */
export async function removeUnpacked({ directory }: ArchiveHandOver, ref: CheckpointRef): Promise<void> {
  await rm(toDirectory(directory, ref), { recursive: true, force: true });
}

/** Ids may hold colons, which not every file system takes. */
function toDirectory(directory: string, { runId, name }: CheckpointRef): string {
  return path.resolve(directory, `${runId.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${name}`);
}
