/**
 * The live rig: real servers of other projects on this machine, without a GPU. `npm run live -- COMMAND`; `--help` lists
 * the commands. docs/live-rig.md tells what they do.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runComparison, runCurriculum, runDoctor } from './curriculum.ts';
import { runKills, VICTIMS } from './kills.ts';
import { renewLocks } from './locks.ts';
import { pairUp, printStatus, shutDown } from './pair.ts';
import { locateRig, MODEL_NAMES, RigError, readName, SERVER_NAMES, TRAINER_NAMES } from './rig.ts';
import { setUp } from './set-up.ts';
import { tell } from './tell.ts';

const HELP = `npm run live -- COMMAND

  setup       make environments and models: says what is missing and how large it is, then does it
                --only A,B  these steps   --dry-run  say it only   --python PATH  a Python 3.12
  up          start vLLM and a trainer on 127.0.0.1 and wait until both answer
                --trainer skyrl|tuft   --model qwen3|smollm2   --engine-port N   --trainer-port N
  status      what is set up, what runs and where
  down        end what runs, or the servers named: down vllm
  doctor      parallel-r1 doctor on the servers that run
  curriculum  supervised training, then RL, to the end; called again it goes on where it stopped
                --trainer, --model as for up   --name NAME  another run   --quick  a few steps
  compare     parallel against sequential thinking: two runs of 40 RL steps, and their paired difference
                --trainer, --model as for up   --name NAME   --quick
  kills       as curriculum, while controller, vLLM and trainer are killed again and again
                --victims A,B  whom, all three   --each N  kills of each, 5   --seed N  1
  faults      servers on 127.0.0.1 that fail in one way each, and what the program says; needs no set-up
  lock        resolve the pins of all environments anew, for who changes a version

The rig is in PARALLEL_R1_LIVE, or else in ~/.cache/parallel-r1-live.`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h', default: false },
  only: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  python: { type: 'string' },
  trainer: { type: 'string', default: 'skyrl' },
  model: { type: 'string', default: 'qwen3' },
  'engine-port': { type: 'string' },
  'trainer-port': { type: 'string' },
  name: { type: 'string' },
  quick: { type: 'boolean', default: false },
  victims: { type: 'string', default: VICTIMS.join(',') },
  each: { type: 'string', default: '5' },
  seed: { type: 'string', default: '1' },
} as const;

/** Options that each command takes beside --help. */
const COMMANDS: Readonly<Record<string, readonly (keyof typeof OPTIONS)[]>> = {
  setup: ['only', 'dry-run', 'python'],
  up: ['trainer', 'model', 'engine-port', 'trainer-port'],
  status: [],
  down: [],
  doctor: ['trainer', 'model'],
  curriculum: ['trainer', 'model', 'name', 'quick'],
  compare: ['trainer', 'model', 'name', 'quick'],
  kills: ['trainer', 'model', 'name', 'quick', 'victims', 'each', 'seed'],
  faults: [],
  lock: ['python'],
};

async function run(words: readonly string[], signal: AbortSignal): Promise<number> {
  const { values, positionals, tokens } = parseWords(words);
  const [command, ...rest] = positionals;
  if (values.help || command === undefined) {
    process.stdout.write(`${HELP}\n`);
    return command === undefined && !values.help ? 2 : 0;
  }
  const allowed = COMMANDS[command];
  if (allowed === undefined)
    throw new RigError(`there is no command ${command}; there are ${Object.keys(COMMANDS).join(', ')}`, 2);
  for (const token of tokens) {
    const isKnown = token.kind !== 'option' || allowed.some((name) => name === token.name);
    if (!isKnown)
      throw new RigError(
        `${command} takes no --${token.name}; it takes ${allowed.map((name) => `--${name}`).join(', ') || 'no option'}`,
        2,
      );
  }
  if (rest.length > 0 && command !== 'down')
    throw new RigError(`${command} takes no ${rest.join(' ')}; see npm run live -- --help`, 2);

  const rig = locateRig(process.env);
  const pair = {
    trainer: readName(values.trainer, TRAINER_NAMES, '--trainer'),
    model: readName(values.model, MODEL_NAMES, '--model'),
  };
  const training = { rig, pair, isQuick: values.quick, signal };
  switch (command) {
    case 'setup':
      await setUp(rig, {
        only: values.only?.split(',') ?? null,
        dryRun: values['dry-run'],
        python: values.python,
        signal,
      });
      return 0;
    case 'up':
      await pairUp(
        rig,
        pair,
        { vllm: readPort(values['engine-port']), trainer: readPort(values['trainer-port']) },
        signal,
      );
      return 0;
    case 'status':
      await printStatus(rig);
      return 0;
    case 'down':
      await shutDown(
        rig,
        rest.map((name) => readName(name, SERVER_NAMES, 'the server')),
      );
      return 0;
    case 'doctor':
      return runDoctor(rig, pair, signal);
    case 'curriculum':
      return runCurriculum({ ...training, name: readRunName(values.name ?? `${pair.trainer}-${pair.model}`) });
    case 'compare':
      return runComparison({
        ...training,
        name: readRunName(values.name ?? ['compare', pair.trainer, pair.model].join('-')),
      });
    case 'kills': {
      const named = values.victims.split(',').map((name) => readName(name, VICTIMS, '--victims'));
      const plan = {
        victims: VICTIMS.filter((victim) => named.includes(victim)),
        each: readCount(values.each, '--each'),
        seed: readCount(values.seed, '--seed'),
      };
      const whom = plan.victims.length === VICTIMS.length ? [] : plan.victims;
      const name = values.name ?? ['kills', pair.trainer, pair.model, ...whom, plan.seed].join('-');
      return runKills({ ...training, name: readRunName(name) }, plan);
    }
    case 'faults':
      return runFaultMenu();
    default:
      await renewLocks(rig, values.python, signal);
      return 0;
  }
}

/** The menu is among the tests, which print for each fault what the program said. */
function runFaultMenu(): number {
  const runTests = fileURLToPath(new URL('../test.js', import.meta.url));
  return spawnSync(process.execPath, [runTests, 'test/e2e/faults'], { stdio: 'inherit' }).status ?? 1;
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options: OPTIONS, allowPositionals: true, tokens: true });
  } catch (error) {
    throw new RigError((error as Error).message.split('\n')[0]!, 2);
  }
}

function readPort(value: string | undefined): number | null {
  if (value === undefined) return null;
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535)
    throw new RigError(`${JSON.stringify(value)} is no port; give a number from 1 to 65535, or none`, 2);
  return port;
}

function readCount(value: string, what: string): number {
  if (!/^\d{1,6}$/.test(value))
    throw new RigError(`${what} is ${JSON.stringify(value)}; give a whole number up to 999999`, 2);
  return Number(value);
}

/** A run's name is a folder's too. */
function readRunName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,40}$/.test(name))
    throw new RigError(`--name is ${JSON.stringify(name)}; give letters a to z, digits and hyphens`, 2);
  return name;
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (!interrupt.signal.aborted) tell('\nending what was started');
    interrupt.abort();
  });
}
try {
  process.exitCode = await run(process.argv.slice(2), interrupt.signal);
} catch (error) {
  if (interrupt.signal.aborted) process.exitCode = 130;
  else if (error instanceof RigError) {
    tell(`live: ${error.message}`);
    process.exitCode = error.exitCode;
  } else throw error;
}
