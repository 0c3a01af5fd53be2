import { z } from 'zod';
import { SourceError } from '../../src/errors.ts';
import type { Hub } from './hub.ts';

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

/** All files of a set at a commit, page by page. Rejects with `SourceError` for a listing that is none or names a path outside. */
export async function listFiles(hub: Hub, id: string, commit: string): Promise<HubFile[]> {
  const what = `files of ${id}`;
  const files: HubFile[] = [];
  let url: URL | null = new URL(`api/datasets/${id}/tree/${commit}?recursive=true`, hub.address);
  for (let page = 0; url !== null; page += 1) {
    if (page === MAX_PAGES) throw new SourceError(`${what}: the listing does not end`);
    const { value, headers }: Awaited<ReturnType<Hub['getJson']>> = await hub.getJson(url, what);
    const entries = z.array(entrySchema).safeParse(value);
    if (!entries.success) throw new SourceError(`${what}: the listing is not the one of a hub`);
    for (const entry of entries.data) if (entry.type === 'file') files.push(toFile(entry, what));
    url = findNextPage(headers.link, url, hub);
  }
  return files;
}

function toFile({ path, size, oid, lfs }: z.infer<typeof entrySchema>, what: string): HubFile {
  if (!isInside(path))
    throw new SourceError(
      `${what}: the listing names ${JSON.stringify(path.slice(0, 200))}, which is no path inside a set`,
    );
  if (lfs != null) return { path, bytes: lfs.size, checksum: readChecksum('sha256', lfs.oid) };
  if (size == null)
    throw new SourceError(`${what}: the listing tells no size of ${JSON.stringify(path.slice(0, 200))}`);
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
function findNextPage(link: string | undefined, from: URL, hub: Hub): URL | null {
  const target = /<([^<>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return null;
  const url = URL.parse(target, from.href);
  if (url === null || url.host !== hub.address.host)
    throw new SourceError('the listing goes on at another server, which is not followed');
  url.protocol = hub.address.protocol;
  return url;
}
