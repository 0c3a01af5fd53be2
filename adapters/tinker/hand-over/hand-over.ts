import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Profile } from '../trainer/profile.ts';
import { type CheckpointRef, parseCheckpointPath } from '../wire/checkpoint-path.ts';
import type { TrainerIo } from '../wire/send-patiently.ts';
import { type ArchiveCall, fetchArchive } from './fetch-archive.ts';
import type { Handover } from './handover.ts';
import { normaliseAdapterConfig } from './normalise-adapter-config.ts';
import { DEFAULT_UNPACK_LIMITS, unpackArchive } from './unpack-archive.ts';

/** What the engine must be given for saved sampler weights: the path itself, or the directory they were unpacked to. */
export async function handOver(
  io: TrainerIo,
  profile: Profile,
  handover: Handover,
  savedPath: string,
  call: ArchiveCall,
): Promise<string> {
  if (handover === 'path') return savedPath;
  const ref = parseCheckpointPath(savedPath, 'sampler_weights');
  const target = toDirectory(handover.directory, ref);
  await mkdir(path.dirname(target), { recursive: true });
  const archive = await fetchArchive(io, profile, ref, call);
  await unpackArchive(archive, target, DEFAULT_UNPACK_LIMITS, call.signal);
  return normaliseAdapterConfig(target);
}

/** Removes what was unpacked for sampler weights; nothing when there is none. */
export async function removeUnpacked(handover: Handover, ref: CheckpointRef): Promise<void> {
  if (handover === 'path' || ref.kind !== 'sampler_weights') return;
  await rm(toDirectory(handover.directory, ref), { recursive: true, force: true });
}

/** Ids may hold colons, which not every file system takes. */
function toDirectory(directory: string, { runId, name }: CheckpointRef): string {
  return path.resolve(directory, `${runId.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${name}`);
}
