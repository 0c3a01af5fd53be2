import { EngineError } from '../../src/errors.ts';
import type { HttpWire } from './http-wire.ts';
import { readObject } from './read-object.ts';

/**
 * GET `/health`, then `/version`, which not every server has. A server without a health endpoint (hosted ones)
 * is healthy when it lists its models.
 */
export async function checkHealth(
  wire: HttpWire,
  signal: AbortSignal | undefined,
): Promise<{ readonly version: string | null }> {
  const found = await sendUnlessMissing(wire, '/health', signal);
  if (found === null) await wire.send('GET', '/v1/models', undefined, signal);
  const text = await sendUnlessMissing(wire, '/version', signal);
  return { version: text === null ? null : readVersion(text) };
}

/** Null on 404. */
async function sendUnlessMissing(
  wire: HttpWire,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string | null> {
  try {
    return await wire.send('GET', path, undefined, signal);
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return null;
    throw error;
  }
}

function readVersion(text: string): string | null {
  try {
    const version = readObject(JSON.parse(text))?.version;
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}
