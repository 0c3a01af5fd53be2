import { once } from 'node:events';
import { startEmbeddedServer } from '../../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { UsageError } from '../../errors.ts';
import type { GlobalArgs } from '../define-command.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJsonLine, printLine, tell } from '../output.ts';
import { readWholeNumber } from '../whole-number.ts';

interface ServeArgs extends GlobalArgs {
  readonly host: string | undefined;
  readonly port: string | undefined;
  readonly stateDir: string | undefined;
  readonly threads: string | undefined;
  readonly seed: string | undefined;
}

/** `embedded serve`: runs until Ctrl-C, which is how it is meant to end. */
export async function serveEmbedded(args: ServeArgs): Promise<number> {
  const apiKey = process.env.EMBEDDED_API_KEY ?? '';
  const options = {
    host: args.host!,
    port: readWholeNumber('port', args.port!, 0, 65_535),
    stateDir: args.stateDir!,
    seed: readWholeNumber('seed', args.seed!, 0, 2 ** 31 - 1),
    threads: readWholeNumber('threads', args.threads!, 1, 64),
    apiKey: apiKey === '' ? null : apiKey,
  };
  const server = await startEmbeddedServer(options).catch((error: unknown) => {
    throw explainStart(error, options);
  });
  using interrupt = listenForInterrupt((message) => tell(args, message));
  if (args.json) printJsonLine({ url: server.url });
  else printLine(server.url);
  tell(args, `engine ${server.url}/v1 and trainer ${server.url}; end with Ctrl-C. Use it with:`);
  tell(args, `  parallel-r1 run --preset embedded --engine ${server.url}/v1 --trainer ${server.url}`);
  await once(interrupt.signal, 'abort');
  await server.close();
  return 0;
}

/** A place that cannot be listened at or written to is the user's to put right; anything else is a bug. */
function explainStart(
  error: unknown,
  { host, port, stateDir }: { host: string; port: number; stateDir: string },
): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new UsageError(`port ${port} of ${host} is taken; give another --port, 0 for any free one`, {
      cause: error,
    });
  if (syscall === 'listen' || syscall === 'getaddrinfo')
    return new UsageError(`${host}:${port} cannot be listened at (${code})`, { cause: error });
  if (syscall === 'mkdir') return new UsageError(`--state-dir ${stateDir} cannot be made (${code})`, { cause: error });
  return error;
}
