import { statfsSync } from 'node:fs';
import { type ModelName, type Rig, RigError, SERVER_NAMES, type ServerName, type TrainerName } from './rig.ts';
import {
  bringUp,
  endServer,
  findFreePort,
  findServer,
  isHealthy,
  listServers,
  type RunningServer,
} from './running-servers.ts';
import { SERVER_KINDS, type ServerChoice, urlOf } from './servers.ts';
import { listSetUp, requireSetUp } from './set-up.ts';
import { tell } from './tell.ts';

/** Two servers that work together: vLLM samples, the other one trains, both hold the same model. */

export interface PairChoice {
  readonly trainer: TrainerName;
  readonly model: ModelName;
}

export interface Pair {
  readonly engine: RunningServer;
  readonly trainer: RunningServer;
}

/** Ports as asked for; null for a free one. */
export interface PairPorts {
  readonly vllm: number | null;
  readonly trainer: number | null;
}

const ANY_PORTS: PairPorts = { vllm: null, trainer: null };

/** `up`: starts what does not run yet, and says where everything is. */
export async function pairUp(rig: Rig, choice: PairChoice, ports: PairPorts, signal: AbortSignal): Promise<void> {
  const { started, pair } = await startMissing(rig, choice, ports, signal);
  for (const server of [pair.engine, pair.trainer]) {
    const word = started.includes(server) ? 'runs' : 'runs already';
    tell(`${SERVER_KINDS[server.name].title} ${word} at ${urlOf(server)} with ${server.model}; log: ${server.logFile}`);
  }
  tell('next: npm run live -- doctor, npm run live -- curriculum; npm run live -- down ends them');
}

/** A pair for the time of a command: servers that ran before stay, those started for it are ended with it. */
export async function borrowPair(rig: Rig, choice: PairChoice, signal: AbortSignal): Promise<Pair & AsyncDisposable> {
  const { started, pair } = await startMissing(rig, choice, ANY_PORTS, signal);
  return {
    ...pair,
    // Read anew: a server that was killed meanwhile has been started again as another process.
    [Symbol.asyncDispose]: async () => {
      const running = started.flatMap(({ name }) => findServer(rig, name) ?? []);
      await Promise.all(running.map((server) => endServer(rig, server)));
    },
  };
}

/** The pair that runs; rejects in one line when it does not, or not with that model. */
export function findPair(rig: Rig, { trainer, model }: PairChoice): Pair {
  const [engine, training] = (['vllm', trainer] as const).map((name) => {
    const server = findServer(rig, name);
    if (server === null)
      throw new RigError(`${name} does not run: npm run live -- up --trainer ${trainer} --model ${model}`);
    checkModel(server, model);
    return server;
  });
  return { engine: engine!, trainer: training! };
}

async function startMissing(
  rig: Rig,
  { trainer, model }: PairChoice,
  ports: PairPorts,
  signal: AbortSignal,
): Promise<{ started: readonly RunningServer[]; pair: Pair }> {
  const names: readonly ServerName[] = ['vllm', trainer];
  requireSetUp(rig, [...names, model]);
  const choices: ServerChoice[] = [];
  for (const name of names) {
    const present = findServer(rig, name);
    if (present !== null) checkModel(present, model);
    else {
      const asked = name === 'vllm' ? ports.vllm : ports.trainer;
      choices.push({ name, model, port: asked ?? (await findFreePort(choices.map(({ port }) => port))) });
    }
  }
  const started = await bringUp(rig, choices, signal);
  const serverOf = (name: ServerName) => started.find((server) => server.name === name) ?? findServer(rig, name)!;
  return { started, pair: { engine: serverOf('vllm'), trainer: serverOf(trainer) } };
}

function checkModel({ name, model }: RunningServer, wanted: ModelName): void {
  if (model !== wanted)
    throw new RigError(`${name} runs with ${model}, not with ${wanted}: npm run live -- down ${name}`);
}

/** `down`: ends the servers named, or all. */
export async function shutDown(rig: Rig, names: readonly ServerName[]): Promise<void> {
  const chosen = names.length === 0 ? SERVER_NAMES : names;
  const running = chosen.flatMap((name) => findServer(rig, name) ?? []);
  if (running.length === 0) return tell(`nothing runs${names.length === 0 ? '' : ` of ${names.join(', ')}`}`);
  await Promise.all(running.map((server) => endServer(rig, server)));
}

/** `status`: a table of what is set up and what runs, to stdout. */
export async function printStatus(rig: Rig): Promise<void> {
  const lines = [`rig      ${rig.root}`];
  for (const { id, title, isDone } of listSetUp(rig))
    lines.push(`${id.padEnd(8)} ${isDone ? 'set up ' : 'missing'}  ${title}`);
  for (const server of listServers(rig)) {
    const state = (await isHealthy(server)) ? 'answers' : 'does not answer';
    lines.push(
      `${server.name.padEnd(8)} ${state} at ${urlOf(server)}, model ${server.model}, process ${server.process.pid}, log ${server.logFile}`,
    );
  }
  if (listServers(rig).length === 0) lines.push('no server runs');
  const room = rig.root;
  try {
    const { bavail, bsize } = statfsSync(room);
    lines.push(`disk     ${((bavail * bsize) / 1e9).toFixed(0)} GB free`);
  } catch {
    lines.push(`disk     ${room} is not there yet: npm run live -- setup`);
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
