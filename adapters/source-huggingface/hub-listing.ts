import { z } from 'zod';
import { SourceError, UsageError } from '../../src/errors.ts';
import type { Hub } from './hub.ts';

/** What a hub says about a set: the commit that a name stands for, and the files of that commit. */

/** A state of a set on the hub. */
export interface Revision {
  /** Hash of the commit, whose meaning never changes. */
  readonly commit: string;
  /** As the set's card states it; null when it states none. */
  readonly licence: string | null;
}

const revisionSchema = z.object({
  sha: z.string().regex(/^[0-9a-f]{40,64}$/),
  cardData: z.object({ license: z.union([z.string(), z.array(z.string())]).nullish() }).nullish(),
  tags: z.array(z.string()).nullish(),
});

/** Asks which commit a branch, tag or commit name means now. Rejects with `UsageError`, `SourceError`. */
export async function resolveRevision(hub: Hub, id: string, revision: string): Promise<Revision> {
  if (!/^[\w][\w./-]{0,199}$/.test(revision) || revision.includes('..'))
    throw new UsageError(`--revision is ${JSON.stringify(revision)}; a branch, a tag or a commit is expected`);
  const url = new URL(`api/datasets/${id}/revision/${encodeURIComponent(revision)}`, hub.address);
  const what = `data set ${id} at ${revision}`;
  const { value } = await hub.getJson(url, what);
  const reply = revisionSchema.safeParse(value);
  if (!reply.success) throw new SourceError(`${what}: the answer names no commit: is this address a hub?`);
  const { sha, cardData, tags } = reply.data;
  return { commit: sha, licence: readLicence(cardData?.license, tags ?? []) };
}

function readLicence(card: string | readonly string[] | null | undefined, tags: readonly string[]): string | null {
  const named = card === null || card === undefined ? [] : [card].flat();
  const all = named.length > 0 ? named : tags.filter((tag) => tag.startsWith('license:')).map((tag) => tag.slice(8));
  return all.length === 0 ? null : all.join(', ').slice(0, 200);
}

/** A file of a set on the hub. */
export interface HubFile {
  /** Relative, with slashes, without `.` and `..`. */
  readonly path: string;
  readonly bytes: number;
  /** What its content must hash to; null when the hub says nothing. */
  readonly checksum: Checksum | null;
}

/** `sha256`: of the content; `git-blob`: of git's header and the content, SHA-1. Hex. */
export interface Checksum {
  readonly kind: 'sha256' | 'git-blob';
  readonly hex: string;
}

const entrySchema = z.object({
  type: z.string(),
  path: z.string(),
  size: z.number().int().nonnegative().nullish(),
  oid: z.string().nullish(),
  lfs: z.object({ oid: z.string(), size: z.number().int().nonnegative() }).nullish(),
});

const MAX_PAGES = 200;

/** All files of a set at a commit, page by page. Rejects with `SourceError` for an answer that is not a listing, or that names a path outside the set. */
export async function listFiles(hub: Hub, id: string, commit: string): Promise<HubFile[]> {
  const what = `files of ${id}`;
  const files: HubFile[] = [];
  let url: URL | null = new URL(`api/datasets/${id}/tree/${commit}?recursive=true`, hub.address);
  for (let page = 0; url !== null; page += 1) {
    if (page === MAX_PAGES) throw new SourceError(`${what}: the listing does not end`);
    const { value, link }: Awaited<ReturnType<Hub['getJson']>> = await hub.getJson(url, what);
    const entries = z.array(entrySchema).safeParse(value);
    if (!entries.success) throw new SourceError(`${what}: the answer is not a hub's listing of files`);
    for (const entry of entries.data) if (entry.type === 'file') files.push(toFile(entry, what));
    url = findNextPage(link, url, hub);
  }
  return files;
}

function toFile({ path, size, oid, lfs }: z.infer<typeof entrySchema>, what: string): HubFile {
  if (!isInside(path))
    throw new SourceError(
      `${what}: the listing names ${JSON.stringify(path.slice(0, 200))}, which is not a path inside a set`,
    );
  if (lfs != null) return { path, bytes: lfs.size, checksum: readChecksum('sha256', lfs.oid) };
  if (size == null)
    throw new SourceError(`${what}: the listing does not state the size of ${JSON.stringify(path.slice(0, 200))}`);
  return { path, bytes: size, checksum: readChecksum('git-blob', oid) };
}

/** Whether a path stays below where it starts, on any system. */
function isInside(path: string): boolean {
  const parts = path.split('/');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (path === '' || path.length > 1_000 || /[\\:\u0000-\u001f\u007f]/.test(path)) return false;
  return parts.every((part) => part !== '' && part !== '.' && part !== '..');
}

function readChecksum(kind: Checksum['kind'], oid: string | null | undefined): Checksum | null {
  const hex = (oid ?? '').replace(/^sha256:/, '').toLowerCase();
  return new RegExp(`^[0-9a-f]{${kind === 'sha256' ? 64 : 40}}$`).test(hex) ? { kind, hex } : null;
}

/** The `next` of a Link header, if it stays on the hub. */
function findNextPage(link: string | null, from: URL, hub: Hub): URL | null {
  const target = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return null;
  const url = URL.parse(target, from.href);
  if (url === null || url.host !== hub.address.host)
    throw new SourceError('the listing continues on another server, which is not followed');
  url.protocol = hub.address.protocol;
  return url;
}
