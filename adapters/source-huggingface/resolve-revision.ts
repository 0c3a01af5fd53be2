import { z } from 'zod';
import { SourceError, UsageError } from '../../src/errors.ts';
import type { Hub } from './hub.ts';

/** A state of a set on the hub. */
export interface Revision {
  /** Name of the commit: it never changes what it means. */
  readonly commit: string;
  /** As the set's card says it; null when it says none. */
  readonly licence: string | null;
}

const replySchema = z.object({
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
  const reply = replySchema.safeParse(value);
  if (!reply.success) throw new SourceError(`${what}: the answer names no commit: is this address a hub?`);
  const { sha, cardData, tags } = reply.data;
  return { commit: sha, licence: readLicence(cardData?.license, tags ?? []) };
}

function readLicence(card: string | readonly string[] | null | undefined, tags: readonly string[]): string | null {
  const named = card === null || card === undefined ? [] : [card].flat();
  const all = named.length > 0 ? named : tags.filter((tag) => tag.startsWith('license:')).map((tag) => tag.slice(8));
  return all.length === 0 ? null : all.join(', ').slice(0, 200);
}
