import { startCli } from './cli-process.ts';

/** `embedded serve` in a process of its own; disposing ends it. */
export interface EmbeddedServe extends AsyncDisposable {
  readonly url: string;
  /** Ends it and starts it anew at the same address: the models that killed controllers left in it are gone. */
  restart(): Promise<void>;
  /** The same by SIGKILL, at whatever it is doing. */
  killAndRestart(): Promise<void>;
}

/** Starts it on any free port and resolves once it answers. */
export async function startEmbeddedServe(stateDir: string): Promise<EmbeddedServe> {
  let serving = await serve(stateDir, '0');
  const { url } = serving;
  const restartBy = async (signal: NodeJS.Signals) => {
    await serving.end(signal);
    serving = await serve(stateDir, new URL(url).port);
  };
  return {
    url,
    restart: () => restartBy('SIGINT'),
    killAndRestart: () => restartBy('SIGKILL'),
    [Symbol.asyncDispose]: () => serving.end('SIGINT'),
  };
}

async function serve(stateDir: string, port: string) {
  const args = ['embedded', 'serve', '--port', port, '--state-dir', stateDir, '--threads', '1', '--json'];
  const { child, result } = startCli(args);
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: string) => resolve((JSON.parse(line) as { url: string }).url));
    child.once('close', (code) => reject(new Error(`embedded serve ended with ${code}`)));
  });
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    await result;
  };
  return { url, end };
}
