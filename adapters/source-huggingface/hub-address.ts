import { isLoopback, showAddress } from '../../src/edge/server-address.ts';
import { SourceError, UsageError } from '../../src/errors.ts';

/** The hub that is asked unless another is named. */
export const DEFAULT_HUB = 'https://huggingface.co';

/** Reads the address of a hub or of a mirror. Throws `UsageError`. */
export function parseHubAddress(text: string): URL {
  let url: URL;
  try {
    url = new URL(text.endsWith('/') ? text : `${text}/`);
  } catch (error) {
    throw new UsageError(`the hub's address ${JSON.stringify(text)} is not a URL`, { cause: error });
  }
  // A password in an address ends up in messages and manifests.
  if (url.username !== '' || url.password !== '')
    throw new UsageError("the hub's address holds a user or password: remove it; the token comes from HF_TOKEN");
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) {
    url.search = '';
    url.hash = '';
    return url;
  }
  throw new UsageError(`the hub's address ${url.origin} must be https (http is for this machine only)`);
}

/**
 * Checks where a redirect leads. A hub may redirect to other servers (its storage), but only over http or https, and to
 * this machine only if the hub itself runs here. Throws `SourceError`.
 */
export function followRedirect(location: string | null, from: URL, hub: URL): URL {
  let url: URL;
  try {
    url = new URL(location ?? '', from);
  } catch (error) {
    throw new SourceError(`${showAddress(from)} redirects to an invalid URL`, { cause: error });
  }
  if (location === null) throw new SourceError(`${showAddress(from)} redirects without saying where`);
  const local = isLoopback(url);
  const allowed =
    url.protocol === 'https:' ? !local || isLoopback(hub) : url.protocol === 'http:' && local && isLoopback(hub);
  if (allowed) return url;
  throw new SourceError(`${showAddress(from)} redirects to ${showAddress(url)}, which is not followed`);
}
