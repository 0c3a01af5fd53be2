import type { ServerResponse } from 'node:http';

/** How often the data is looked at while somebody watches. */
const LOOK_MS = 1_000;
/** A line that says nothing keeps a connection open. */
const IDLE_LOOKS = 15;

/** Server-sent events: tells those who watch that the data changed. What changed they ask for themselves. */
export interface EventStream extends Disposable {
  /** Takes over a response until its reader goes. */
  readonly join: (response: ServerResponse) => void;
}

/** Opens the stream; `version` is asked only while somebody watches. */
export function openEventStream(version: () => number): EventStream {
  const watchers = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | null = null;
  let last = 0;
  let idle = 0;
  const look = () => {
    const now = version();
    idle = now === last ? idle + 1 : 0;
    if (now === last && idle < IDLE_LOOKS) return;
    const line = now === last ? ': nothing new\n\n' : `data: ${now}\n\n`;
    if (idle >= IDLE_LOOKS) idle = 0;
    last = now;
    for (const watcher of watchers) watcher.write(line);
  };
  const stop = () => {
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  return {
    join: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(': watching\n\n');
      if (timer === null) {
        last = version();
        timer = setInterval(look, LOOK_MS);
      }
      watchers.add(response);
      response.on('close', () => {
        watchers.delete(response);
        if (watchers.size === 0) stop();
      });
    },
    [Symbol.dispose]: () => {
      stop();
      for (const watcher of watchers) watcher.end();
      watchers.clear();
    },
  };
}
