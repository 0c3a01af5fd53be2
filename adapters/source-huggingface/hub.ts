import { type RetryCounts, type RetryPolicy, RetryTally } from '../../src/core/retry.ts';
import { HttpWire, type WireAnswer } from '../../src/edge/http-wire.ts';
import { type Repetition, repeatCall } from '../../src/edge/waiting.ts';
import { SourceError } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import { followRedirect, parseHubAddress } from './hub-address.ts';

const CONNECT_TIMEOUT_MS = 15_000;
const REPLY_TIMEOUT_MS = 60_000;

/** Larger than any page of a listing; bounds what a server can make this process hold. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;

/** Six tries in a row without progress; a hub that asks for more than ten minutes is not waited for: the user is told instead. */
const POLICY: RetryPolicy = { firstPauseMs: 500, maxPauseMs: 30_000, tries: 6, longestAskedMs: 10 * 60_000 };

/** What repeating needs: time, a way to stop, and who is told of pauses. */
export interface Patience {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
}

export interface HubOptions {
  readonly address: string;
  /** Sent to the hub itself, and to no server it redirects to. Never stored, never shown. */
  readonly token: string | null;
  readonly patience: Patience;
}

/** A connection to a hub. Everything rejects with `SourceError`, or the signal's reason. */
export interface Hub extends AsyncDisposable {
  readonly address: URL;
  readonly patience: Patience;
  /** A JSON document, with the headers it came with. Repeats. */
  getJson(url: URL, what: string): Promise<{ readonly value: unknown; readonly link: string | null }>;
  /** The body of a file from a byte on (206, or 200 for all of it; 416 when there is none). Tries once. */
  openFile(url: URL, fromByte: number, what: string): Promise<WireAnswer>;
  /** Runs `call` until it succeeds. `progress`: a number that grows while tries make headway. */
  repeat<T>(call: () => Promise<T>, progress?: () => number): Promise<T>;
  /** Requests that were sent again, by cause. */
  retries(): RetryCounts;
}

/** Opens a connection; it must be closed. Throws `UsageError` for a bad address. */
export function openHub({ address, token, patience }: HubOptions): Hub {
  const hub = parseHubAddress(address);
  if (token !== null && /[^\x21-\x7e]/.test(token))
    throw new SourceError('HF_TOKEN holds characters that no token has');
  const wire = new HttpWire({
    Failure: SourceError,
    silenceMs: REPLY_TIMEOUT_MS,
    connectMs: CONNECT_TIMEOUT_MS,
    maxBytes: MAX_JSON_BYTES,
    secrets: token === null ? [] : [token],
    shapeAdvice: 'is this address a hub?',
    describeStatus,
    now: () => patience.clock.now(),
  });
  const credentials: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const get = (url: URL, what: string, headers: Readonly<Record<string, string>>, statuses: readonly number[]) => {
    const call = {
      at: `${hub.host}: ${what}`,
      url,
      method: 'GET' as const,
      // Ranges and sizes are those of the file itself, so no compression on the way is wanted.
      headers: { 'accept-encoding': 'identity', 'user-agent': 'parallel-r1', ...headers },
      signal: patience.signal,
      accepts: (status: number) => statuses.includes(status),
    };
    return wire.follow(call, credentials, (location, from) => followRedirect(location, from, hub));
  };
  const tally = new RetryTally();
  const { clock, signal, tell } = patience;
  const onRepeat = ({ cause, error, pauseMs }: Repetition) => {
    tally.add(cause);
    tell(`${(error as Error).message}; again in ${Math.ceil(pauseMs / 1_000)} s`);
  };
  const repeat: Hub['repeat'] = (call, progress) =>
    repeatCall(call, { policy: POLICY, clock, signal, onRepeat, ...(progress === undefined ? {} : { progress }) });
  return {
    address: hub,
    patience,
    getJson: (url, what) =>
      repeat(async () => {
        const answer = await get(url, what, { accept: 'application/json' }, [200]);
        return { value: await answer.json(), link: answer.header('link') };
      }),
    openFile: (url, fromByte, what) =>
      get(url, what, fromByte > 0 ? { range: `bytes=${fromByte}-` } : {}, [200, 206, 416]),
    repeat,
    retries: () => tally.byCause(),
    [Symbol.asyncDispose]: () => wire.close(),
  };
}

/** What an error status means to the user. */
function describeStatus(status: number, said: string): string {
  if (status === 401 || status === 403)
    return `refused (${status}): the set is gated, private or does not exist; HF_TOKEN must hold a token that may read it`;
  if (status === 404) return 'not found (404): check the id and the revision';
  if (status === 429) return 'too many requests (429): try again later';
  return `the hub answered ${status}: ${said}`;
}
