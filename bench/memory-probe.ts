/**
 * Preloaded into a process that a soak watches (`node --expose-gc --import`): answers each message on the channel to
 * its parent with what the process holds after a full collection. The channel keeps no finished process alive.
 */
import { isMainThread } from 'node:worker_threads';

/** What a watched process tells about itself. Bytes after a collection, and counts. */
export interface HeldByProcess {
  readonly heapUsed: number;
  /** Memory outside the heap that belongs to its objects: buffers. */
  readonly external: number;
  /** Timers that keep the process alive. */
  readonly timers: number;
  /** All that keeps it alive: sockets, files, timers, threads. */
  readonly resources: number;
}

// Worker threads load this file too.
if (isMainThread && process.channel != null) {
  process.on('message', () => process.send?.(readHeld()));
  process.channel.unref();
}

function readHeld(): HeldByProcess {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  const resources = process.getActiveResourcesInfo();
  return {
    heapUsed,
    external,
    timers: resources.filter((kind) => kind === 'Timeout' || kind === 'Immediate').length,
    resources: resources.length,
  };
}
