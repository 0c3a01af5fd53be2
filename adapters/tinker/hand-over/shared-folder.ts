import { copyFile, link, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { TrainerError } from '../../../src/errors.ts';
import type { SamplerWeights } from '../../../src/ports/trainer.ts';
import type { Profile } from '../trainer/profile.ts';
import type { CheckpointRef } from '../wire/trainer-http.ts';
import { ADAPTER_CONFIG, findWeights, readAdapterConfig, writeConfig } from './weights-folder.ts';

/** End of the name of a folder beside the trainer's, for an adapter that the engine would not load as it is. */
const BESIDE = '.for-engine';

/**
 * Saved sampler weights where the trainer wrote them, below `root`. An adapter whose configuration no engine would take is
 * offered from a folder beside, with another configuration and the same tensors; nothing of the trainer's is changed.
 * Throws `TrainerError` where nothing lies there.
 */
export async function findInPlace(
  root: string,
  profile: Profile,
  ref: CheckpointRef,
): Promise<Omit<SamplerWeights, 'path'>> {
  const folder = toFolder(root, profile, ref);
  if (!(await isFolder(folder))) {
    throw new TrainerError(
      `the trainer saved ${ref.name}, but ${folder} is not there: trainer.handover.root must be its checkpoint folder, as this machine sees it`,
    );
  }
  const { below, found } = await findWeights(folder);
  const home = path.join(folder, below);
  if (found.kind === 'model') return { location: home, found };
  const { config, normal } = await readAdapterConfig(home);
  if (isDeepStrictEqual(config, normal)) return { location: home, found };
  return { location: await offerBeside(home, `${folder}${BESIDE}`, normal), found };
}

/** Removes what was written beside; nothing where nothing was. */
export async function removeBeside(root: string, profile: Profile, ref: CheckpointRef): Promise<void> {
  await rm(`${toFolder(root, profile, ref)}${BESIDE}`, { recursive: true, force: true });
}

function toFolder(root: string, { name, folderOf }: Profile, ref: CheckpointRef): string {
  if (folderOf !== null) return path.join(root, folderOf(ref));
  throw new TrainerError(
    `trainer profile ${name} keeps no adapters as folders; use trainer.handover {kind: archive, directory: FOLDER}`,
  );
}

async function isFolder(folder: string): Promise<boolean> {
  return stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

/** Whole under its name, or not there: an engine may look at any time. */
async function offerBeside(from: string, target: string, config: object): Promise<string> {
  const draft = `${target}.part`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === ADAPTER_CONFIG) continue;
    const [source, copy] = [path.join(from, entry.name), path.join(draft, entry.name)];
    // Another file system, or one without hard links.
    await link(source, copy).catch(() => copyFile(source, copy));
  }
  await writeConfig(draft, { ...config });
  await rm(target, { recursive: true, force: true });
  await rename(draft, target);
  return target;
}
