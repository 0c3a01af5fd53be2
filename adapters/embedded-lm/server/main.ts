/**
 * Process entry of the embedded server. Prints one JSON line `{"url":"http://127.0.0.1:PORT"}` on
 * stdout when ready; everything else goes to stderr. Ends on SIGINT and SIGTERM and, with
 * `--parent-watch`, when its stdin closes, so that it does not outlive a parent that was killed. An
 * API key comes from EMBEDDED_API_KEY, never from the command line, which others can read.
 */
import { parseArgs } from 'node:util';
import { WORD_FAMILIES, type WordFamilyName } from '../../../src/core/word-sums/word-problem.ts';
import { startEmbeddedServer } from './serve-embedded-lm.ts';

const USAGE = 'usage: main --state-dir DIR [--port N] [--seed N] [--threads N] [--family NAME] [--parent-watch]';

function readArguments() {
  const { values } = parseArgs({
    options: {
      port: { type: 'string', default: '0' },
      'state-dir': { type: 'string' },
      seed: { type: 'string', default: '0' },
      threads: { type: 'string', default: '2' },
      family: { type: 'string', default: 'word-sums' },
      'parent-watch': { type: 'boolean', default: false },
    },
  });
  if (values['state-dir'] === undefined) throw new Error(`--state-dir is missing; ${USAGE}`);
  return {
    port: readCount('--port', values.port, 65_535),
    stateDir: values['state-dir'],
    seed: readCount('--seed', values.seed, 2 ** 31 - 1),
    threads: readCount('--threads', values.threads, 64),
    family: readFamily(values.family),
    isWatched: values['parent-watch'],
  };
}

function readFamily(name: string): WordFamilyName {
  if (Object.hasOwn(WORD_FAMILIES, name)) return name as WordFamilyName;
  throw new Error(`--family is ${name}; known: ${Object.keys(WORD_FAMILIES).join(', ')}; ${USAGE}`);
}

function readCount(flag: string, text: string, max: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value <= max)) throw new Error(`${flag} is ${text}; it must be a whole number up to ${max}; ${USAGE}`);
  return value;
}

async function main(): Promise<void> {
  const { isWatched, ...options } = readArguments();
  const apiKey = process.env.EMBEDDED_API_KEY ?? null;
  // Watched from the start: the parent may be gone before the server is ready.
  if (isWatched) endWithParent();
  const server = await startEmbeddedServer({ ...options, apiKey: apiKey === '' ? null : apiKey });
  process.stdout.write(`${JSON.stringify({ url: server.url })}\n`);
  const stop = () => {
    void server.close().then(() => process.exit(0));
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
}

/** A parent that dies, by any signal, closes the pipe. Checkpoints are renamed into place, so a hard end loses none. */
function endWithParent(): void {
  process.stdin.on('error', () => process.exit(0));
  process.stdin.on('close', () => process.exit(0));
  process.stdin.resume();
}

main().catch((error: unknown) => {
  process.stderr.write(`embedded server: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
