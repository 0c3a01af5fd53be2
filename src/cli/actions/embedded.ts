import { once } from 'node:events';
import { startEmbeddedServer } from '../../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import type { embeddedCommand } from '../commands/surroundings.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJsonLine, printLine, tell } from '../output.ts';

/** `embedded serve`: runs until Ctrl-C, which is how it is meant to end. */
export async function serveEmbedded(args: ArgsOf<typeof embeddedCommand>): Promise<number> {
  const apiKey = process.env.EMBEDDED_API_KEY ?? '';
  const options = {
    host: args.host,
    port: args.port,
    stateDir: args.stateDir,
    seed: args.seed,
    threads: args.threads,
    family: args.family,
    apiKey: apiKey === '' ? null : apiKey,
  };
  const server = await startEmbeddedServer(options).catch((error: unknown) => {
    throw explainStart(error, options);
  });
  using interrupt = listenForInterrupt((message) => tell(args, message));
  if (args.json) printJsonLine({ url: server.url });
  else printLine(server.url);
  const preset = args.family === 'mixed' ? 'embedded-mixed' : 'embedded';
  tell(args, `engine ${server.url}/v1 and trainer ${server.url}; end with Ctrl-C. Use it with:`);
  tell(args, `  parallel-r1 run --preset ${preset} --engine ${server.url}/v1 --trainer ${server.url}`);
  tell(args, `  parallel-r1 generate --preset ${preset} --engine ${server.url}/v1`);
  await once(interrupt.signal, 'abort');
  await server.close();
  return 0;
}

/** An address or a folder that cannot be used is for the user to change; anything else is a bug. */
function explainStart(
  error: unknown,
  { host, port, stateDir }: { host: string; port: number; stateDir: string },
): unknown {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE')
    return new UsageError(`port ${port} of ${host} is taken; give another --port, or 0 for any free one`, {
      cause: error,
    });
  if (syscall === 'listen' || syscall === 'getaddrinfo')
    return new UsageError(`cannot listen on ${host}:${port} (${code}); give another --host or --port`, {
      cause: error,
    });
  if (syscall === 'mkdir') return new UsageError(`--state-dir ${stateDir} cannot be made (${code})`, { cause: error });
  return error;
}
