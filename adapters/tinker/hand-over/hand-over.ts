import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { SamplerWeights } from '../../../src/ports/trainer.ts';
import type { Profile } from '../trainer/profile.ts';
import type { TrainerIo } from '../wire/patience.ts';
import type { CheckpointRef } from '../wire/trainer-http.ts';
import { type ArchiveCall, fetchArchive } from './fetch-archive.ts';
import { findInPlace, removeBeside } from './shared-folder.ts';
import { removeUnpacked, UNPACK_LIMITS, unpackArchive } from './unpack-archive.ts';
import { prepareWeights } from './weights-folder.ts';

/**
 * How saved sampler weights reach the engine. `'path'`: the engine understands the path the trainer
 * returned (the embedded server, a trainer with its own sampler). `archive`: the weights are downloaded and
 * unpacked below `directory`, which the engine must be able to read. `shared-path`: they are used where the trainer
 * wrote them, below its checkpoint folder, which this process and the engine see as `root`.
 */
export type HandOver = 'path' | ArchiveHandOver | SharedPathHandOver;

export interface ArchiveHandOver {
  readonly kind: 'archive';
  readonly directory: string;
}

export interface SharedPathHandOver {
  readonly kind: 'shared-path';
  readonly root: string;
}

/** Where the engine finds saved sampler weights of an adapter or a whole model, and what lies there. */
export async function handOverWeights(
  handOver: Exclude<HandOver, 'path'>,
  io: TrainerIo,
  profile: Profile,
  ref: CheckpointRef,
  call: ArchiveCall & { readonly content: keyof typeof UNPACK_LIMITS },
): Promise<Omit<SamplerWeights, 'path'>> {
  if (handOver.kind === 'shared-path') return findInPlace(path.resolve(handOver.root), profile, ref);
  const target = toDirectory(handOver.directory, ref);
  await mkdir(path.dirname(target), { recursive: true });
  const { signal, content } = call;
  const { below, found } = await fetchArchive(io, profile, ref, call, (archive) =>
    unpackArchive(archive, target, { limits: UNPACK_LIMITS[content], prepare: prepareWeights, signal }),
  );
  return { location: path.join(target, below), found };
}

/** Removes what was written here for sampler weights; nothing when there is none. The trainer's own files are its own. */
export async function removeHandedOver(
  handOver: Exclude<HandOver, 'path'>,
  profile: Profile,
  ref: CheckpointRef,
): Promise<void> {
  if (handOver.kind === 'shared-path') await removeBeside(path.resolve(handOver.root), profile, ref);
  else await removeUnpacked(toDirectory(handOver.directory, ref));
}

/** Ids may hold colons, which not every file system takes. */
function toDirectory(directory: string, { runId, name }: CheckpointRef): string {
  return path.resolve(directory, `${runId.replaceAll(/[^A-Za-z0-9_-]/g, '_')}_${name}`);
}
