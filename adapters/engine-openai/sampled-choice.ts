import { failAt, type Site, wrongShape } from '../../src/edge/http-failure.ts';
import type { Completion } from '../../src/ports/engine.ts';
import { readFinish } from './finish.ts';

/** One choice as it arrived, before anything is known about its types. */
export interface RawSampled {
  /** Where it stands in the answer, for messages. */
  readonly where: string;
  readonly text: unknown;
  readonly ids: unknown;
  readonly logprobs: unknown;
  readonly finish: unknown;
  /** Token id that ended the choice; anything but a number means none was named. */
  readonly stoppedBy: unknown;
  /** The option a server build must know for ids to be there at all. */
  readonly idsOption: string;
  readonly cachedTokens: number | null;
}

/** A completion whose ids and log-probs can be trained on. Throws a final `EngineError`. */
export function checkSampled(site: Site, raw: RawSampled): Completion {
  const { where, text, ids, logprobs, cachedTokens } = raw;
  const finish = readFinish(raw.finish) ?? 'abort';
  // Nobody uses what the server gave up: it need not be whole.
  if (finish === 'abort')
    return { ids: [], text: typeof text === 'string' ? text : '', logprobs: [], finish, cachedTokens };
  if (typeof text !== 'string') throw wrongShape(site, `a string at ${where}.text`, text);
  if (!isTokenIds(ids)) {
    throw wrongShape(site, `token ids at ${where} (needs a server build that knows ${raw.idsOption})`, ids);
  }
  if (!isLogprobs(logprobs)) throw wrongShape(site, `a finite log-prob per token at ${where}`, logprobs);
  if (ids.length !== logprobs.length) {
    throw failAt(site, `${where} has ${ids.length} token ids but ${logprobs.length} log-probs`);
  }
  if (finish === 'stop' && typeof raw.stoppedBy === 'number' && ids.at(-1) !== raw.stoppedBy) {
    throw failAt(
      site,
      `${where} was stopped by token ${raw.stoppedBy}, but the server drops it from the token ids; ` +
        'without its log-prob it cannot be trained on: use a build that keeps stop_token_ids in its output (include_stop_str_in_output)',
    );
  }
  return { ids, text, logprobs, finish, cachedTokens };
}

function isTokenIds(value: unknown): value is number[] {
  if (!Array.isArray(value)) return false;
  for (const id of value) if (!Number.isInteger(id) || id < 0) return false;
  return true;
}

function isLogprobs(value: unknown): value is number[] {
  if (!Array.isArray(value)) return false;
  for (const logprob of value) if (!Number.isFinite(logprob)) return false;
  return true;
}
