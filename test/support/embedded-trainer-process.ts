import { startCli } from './cli-process.ts';

/** `embedded serve` in a process of its own; disposing ends it. */
export interface EmbeddedServe extends AsyncDisposable {
  readonly url: string;
  /** Ends it and starts it anew at the same address: the models that killed controllers left in it are gone. */
  restart(): Promise<void>;
}

/** Starts it on any free port and resolves once it answers. */
export async function startEmbeddedServe(stateDir: string): Promise<EmbeddedServe> {
  let serving = await serve(stateDir, '0');
  const { url } = serving;
  return {
    url,
    restart: async () => {
      await serving.end();
      serving = await serve(stateDir, new URL(url).port);
    },
    [Symbol.asyncDispose]: () => serving.end(),
  };
}

async function serve(stateDir: string, port: string) {
  const args = ['embedded', 'serve', '--port', port, '--state-dir', stateDir, '--threads', '1', '--json'];
  const { child, result } = startCli(args);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: string) => resolve((JSON.parse(line) as { url: string }).url));
    child.once('close', (code) => reject(new Error(`embedded serve ended with ${code}`)));
  });
  const end = async () => {
    child.kill('SIGINT');
    await result;
  };
  return { url, end };
}
