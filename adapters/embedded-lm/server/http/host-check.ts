import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { HttpFailure } from './failure.ts';

/**
 * A check of the `Host` header for a server on a loopback address: a web page whose name was rebound to
 * 127.0.0.1 counts as this origin for the browser, but its requests carry the page's name.
 */
export function createHostCheck(boundTo: string): (request: IncomingMessage) => void {
  if (!isLoopback(boundTo)) return () => {};
  return (request) => {
    const name = readName(request.headers.host ?? '');
    if (!isLoopback(name)) throw new HttpFailure(403, `Forbidden: host ${name.slice(0, 60)} is not this machine`);
  };
}

/** The host without its port and brackets. */
function readName(host: string): string {
  return /^\[(.*)\](?::\d+)?$/.exec(host)?.[1] ?? host.replace(/:\d+$/, '');
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));
}
