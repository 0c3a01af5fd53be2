import type { WireAnswer } from '../../../src/edge/http-wire.ts';
import { showAddress } from '../../../src/edge/server-address.ts';
import { cleanServerText } from '../../../src/edge/server-text.ts';
import { repeatCall } from '../../../src/edge/waiting.ts';
import { TrainerError } from '../../../src/errors.ts';
import type { Profile } from '../trainer/profile.ts';
import { type Deadline, findTinkerCause, type TrainerIo, toPolicy } from '../wire/patience.ts';
import { type CheckpointRef, parseFields, toCheckpointsRoute } from '../wire/trainer-http.ts';
import { archiveUrlSchema } from '../wire/wire-schemas.ts';

export interface ArchiveCall {
  readonly deadline: Deadline;
  readonly signal?: AbortSignal | undefined;
}

/** Answers with a server error, or downloads that broke off, before giving up. */
const BROKEN_TRIES = 6;

/**
 * Downloads a checkpoint's archive and answers what `read` makes of it. The server may redirect to itself, or to any https
 * address (a signed one of an object store), which is not sent the key, or name such an address as JSON. It packs the
 * archive on the first request and refuses until it is there; that is waited for, and a download that breaks off begins
 * anew. Rejects with `TrainerError`, what `read` throws, or the signal's reason.
 */
export function fetchArchive<T>(
  io: TrainerIo,
  profile: Profile,
  ref: CheckpointRef,
  { deadline, signal }: ArchiveCall,
  read: (archive: AsyncIterable<Buffer>) => Promise<T>,
): Promise<T> {
  const id = profile.archiveId === 'bare' ? ref.name : `${ref.kind}/${ref.name}`;
  const start = `${toCheckpointsRoute(ref.runId)}/${id}/archive`;
  const what = `downloading the archive of ${ref.name}`;
  return repeatCall(async () => read((await openArchive(io, start, what, signal)).chunks()), {
    policy: toPolicy(io, BROKEN_TRIES, Number.POSITIVE_INFINITY),
    clock: io.clock,
    signal,
    causeOf: (error) => findTinkerCause(error, true),
    isOver: () => deadline.isOver,
    onRepeat: ({ cause }) => io.tally.add(cause),
  });
}

async function openArchive(io: TrainerIo, start: string, what: string, signal?: AbortSignal): Promise<WireAnswer> {
  const { origin } = new URL(io.http.url);
  const next = (to: string | null, from: URL) => readLink(to ?? '', from, origin, what);
  const answer = await io.http.download(start, what, next, signal);
  if (answer.contentType !== 'application/json') return answer;
  const { url } = parseFields(archiveUrlSchema, await answer.json(), answer.site);
  const archive = await io.http.download(readLink(url, new URL(io.http.url), origin, what), what, next, signal);
  if (archive.contentType !== 'application/json') return archive;
  archive.letGo();
  throw new TrainerError(`${archive.site.at}: the link to the archive leads to another link`);
}

function readLink(location: string, from: URL, origin: string, what: string): URL {
  const url = location !== '' && URL.canParse(location, from.href) ? new URL(location, from.href) : null;
  if (url !== null && (url.origin === origin || url.protocol === 'https:')) return url;
  const shown = url === null ? cleanServerText(location) : showAddress(url);
  throw new TrainerError(
    `${what} was redirected to ${JSON.stringify(shown)}, which is neither the trainer nor an https address; if engine and trainer share a disk use trainer.handover: path`,
  );
}
