import { DEFAULT_SHAPE } from '../model/contract.ts';
import { openEmbeddedLm } from '../model/open-embedded-lm.ts';
import { type EmbeddedServer, type ServeOptions, serveEmbeddedLm } from './serve-embedded-lm.ts';

export interface EmbeddedServerOptions extends ServeOptions {
  /** Worker threads of the transformer; they change no result. */
  readonly threads: number;
}

/** Starts the tiny engine and trainer: opens the transformer and serves it. Rejects when the port or the state directory cannot be had. */
export async function startEmbeddedServer(options: EmbeddedServerOptions): Promise<EmbeddedServer> {
  return serveEmbeddedLm(await openEmbeddedLm({ shape: DEFAULT_SHAPE, threads: options.threads }), options);
}
