import { mkdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describeRetries, type RetryCounts } from '../../src/core/retry.ts';
import { WholeFile } from '../../src/edge/whole-file.ts';
import { SourceError } from '../../src/errors.ts';
import { downloadFile, type LocalFile } from './download-file.ts';
import { type Hub, openHub, type Patience } from './hub.ts';
import { listFiles, resolveRevision } from './hub-listing.ts';
import { type PullPlan, type PullWish, planPull } from './plan-pull.ts';
import { selectFiles } from './select-files.ts';
import { type WrittenProblems, writeProblems } from './write-problems.ts';

export interface PullOptions extends PullWish {
  /** Branch, tag or commit. */
  readonly revision: string;
  /** Folder the set is written into; it is made when missing. */
  readonly folder: string;
  /** Keeps repeated problems and those with several answers, as the source has them. */
  readonly keepDuplicates: boolean;
  readonly address: string;
  readonly token: string | null;
  readonly patience: Patience;
}

/** What was written. */
export interface Pulled {
  readonly file: string;
  readonly manifestFile: string;
  readonly manifest: PullManifest;
  /** Requests that were sent again, by cause. Not part of the manifest: the same set pulled twice gives the same manifest. */
  readonly retries: RetryCounts;
}

/** The manifest beside a pulled set: where it came from and what was left out. It holds no times and no secrets. */
export interface PullManifest extends WrittenProblems {
  readonly name: string;
  readonly source: {
    readonly hub: string;
    readonly id: string;
    readonly subset: string | null;
    readonly split: string | null;
    /** As asked for; `commit` is what it meant. */
    readonly revision: string;
    readonly commit: string;
    readonly files: readonly PulledFile[];
  };
  /** As the set's card states it; null when it states none. */
  readonly licence: string | null;
  readonly keptDuplicates: boolean;
}

export interface PulledFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether the hub gave a checksum to compare with. */
  readonly checked: boolean;
}

/**
 * Brings a problem set from a hub as `NAME.jsonl` with `NAME.manifest.json`. Whole files of the set
 * are kept in `.partial` until the set is written, so that an interrupted pull goes on where it
 * stopped. Rejects with `UsageError` for a request that cannot be met, `SourceError` for faults of the hub.
 */
export async function pullDataset(options: PullOptions): Promise<Pulled> {
  const plan = planPull(options);
  await using hub = openHub(options);
  const { commit, licence } = await resolveRevision(hub, plan.id, options.revision);
  const partial = join(options.folder, '.partial');
  makeFolder(partial);
  const files = await downloadAll(hub, plan, commit, partial);
  const file = join(options.folder, `${plan.name}.jsonl`);
  const temporary = join(partial, `${plan.name}.rows-${process.pid}`);
  const { signal, tell } = options.patience;
  tell(`reading ${files.length === 1 ? files[0]!.path : `${files.length} files`}`);
  const { name, columns } = plan;
  const { keepDuplicates } = options;
  const written = await writeProblems(files, { name, columns, keepDuplicates, signal, out: file, temporary });
  const manifest: PullManifest = {
    name: plan.name,
    source: {
      ...{ hub: hub.address.origin, id: plan.id, subset: plan.subset, split: plan.split },
      ...{ revision: options.revision, commit },
      files: files.map(({ path, bytes, sha256, checked }) => ({ path, bytes, sha256, checked })),
    },
    licence,
    keptDuplicates: keepDuplicates,
    ...written,
  };
  const manifestFile = join(options.folder, `${plan.name}.manifest.json`);
  writeManifest(manifest, manifestFile, partial);
  removeDownloads(files, partial);
  const retries = hub.retries();
  const repeated = describeRetries(retries);
  if (repeated !== '') tell(`requests repeated: ${repeated}`);
  return { file, manifestFile, manifest, retries };
}

async function downloadAll(hub: Hub, plan: PullPlan, commit: string, folder: string): Promise<LocalFile[]> {
  const wanted = selectFiles(await listFiles(hub, plan.id, commit), plan);
  const files: LocalFile[] = [];
  for (const remote of wanted) {
    hub.patience.tell(`fetching ${remote.path} (${Math.ceil(remote.bytes / 1_000)} kB)`);
    files.push(await downloadFile(hub, remote, { id: plan.id, commit }, folder));
  }
  return files;
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new SourceError(`${folder} cannot be made (${(error as NodeJS.ErrnoException).code})`, { cause: error });
  }
}

function writeManifest(manifest: PullManifest, file: string, partial: string): void {
  using target = new WholeFile(file, join(partial, `${manifest.name}.manifest-${process.pid}`));
  target.write(`${JSON.stringify(manifest, null, 2)}\n`);
  target.finish();
}

function removeDownloads(files: readonly LocalFile[], folder: string): void {
  for (const { file } of files) rmSync(file, { force: true });
  try {
    rmdirSync(folder);
  } catch {
    // Another pull has something in it.
  }
}
