import { mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { stringify } from 'yaml';
import type { ModelName, Rig, ServerName } from './rig.ts';

/** How each server is started on the loopback, and where it says that it is well. */

/** What is started: one model on one port. */
export interface ServerChoice {
  readonly name: ServerName;
  readonly model: ModelName;
  readonly port: number;
}

/** A process to be started. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface ServerKind {
  readonly title: string;
  /** Answers 200 once the server takes requests. */
  readonly healthPath: string;
  /** What stands behind host and port in the URL that the controller is given. */
  readonly urlPath: string;
  /** What the command line of a process begins with that spins while others of the server compute. */
  readonly spinning?: string;
  /** Writes what the server reads when it starts. */
  prepare(rig: Rig, choice: ServerChoice): Launch;
}

/** Positions a request may take: more than any recipe of the rig asks for, and what the models have at least. */
const MAX_POSITIONS = 1024;
/** Highest rank of an adapter that SkyRL and TuFT take. */
const MAX_RANK = 32;
/** What vLLM takes. On a CPU it copies an adapter of this size for every token of a batch, whatever the rank of the adapter is. */
const MAX_SERVED_RANK = 16;
/** Fewer than the default of 32: each takes memory, and a run that leaves models behind meets the bound soon. */
const MAX_MODELS = 4;

/** The key that TuFT is started with and clients send: it wants one, and it listens to this machine only. */
export const TUFT_KEY = 'tml-live-rig';

/**
 * Two threads that sleep while they wait: on a machine that does other things too, threads that spin at the end of every
 * parallel loop take seven times as much time for the same sums.
 */
export const THREADS = { OMP_NUM_THREADS: '2', OMP_WAIT_POLICY: 'passive', KMP_BLOCKTIME: '0' };

/** What keeps every server from asking outside. */
const ENVIRONMENT = {
  ...THREADS,
  HF_HUB_OFFLINE: '1',
  DO_NOT_TRACK: '1',
  PYTHONSAFEPATH: '1',
  PYTHONUNBUFFERED: '1',
  PYTHONDONTWRITEBYTECODE: '',
};

export const SERVER_KINDS: Readonly<Record<ServerName, ServerKind>> = {
  vllm: {
    title: 'vLLM 0.32.0',
    healthPath: '/health',
    urlPath: '/v1',
    // It waits for its worker in a loop, and there is no setting that makes it sleep meanwhile.
    spinning: 'VLLM::EngineCore',
    prepare: (rig, { model, port }) => ({
      command: rig.pythonOf('vllm'),
      args: [
        ...['-m', 'vllm.entrypoints.openai.api_server', '--model', rig.modelFolder(model)],
        ...['--host', '127.0.0.1', '--port', String(port), '--generation-config', 'vllm'],
        ...['--enable-lora', '--max-lora-rank', String(MAX_SERVED_RANK), '--max-loras', '2', '--max-cpu-loras', '4'],
        ...['--enable-prompt-tokens-details', '--enforce-eager', '--dtype', 'float32'],
        ...['--max-model-len', String(MAX_POSITIONS)],
        // The prefix cache holds whole blocks; the 128 tokens of the default on a CPU are more than most prompts have.
        ...['--block-size', '32'],
        // A seeded request whose prompt is cut into chunks ends the engine of this version on a CPU.
        ...['--no-enable-chunked-prefill', '--max-num-batched-tokens', '8192'],
      ],
      env: {
        ...ENVIRONMENT,
        VLLM_CPU_KVCACHE_SPACE: '1',
        VLLM_NO_USAGE_STATS: '1',
        VLLM_ALLOW_RUNTIME_LORA_UPDATING: 'True',
        // Bound to one core each, its threads would wait for whatever else runs there.
        VLLM_CPU_OMP_THREADS_BIND: 'nobind',
      },
    }),
  },
  skyrl: {
    title: 'SkyRL 0.4.0, JAX',
    healthPath: '/api/v1/healthz',
    urlPath: '',
    prepare(rig, { model, port }) {
      const state = rig.at('state', `skyrl-${model}`);
      mkdirSync(state, { recursive: true });
      const environment = rig.at('envs', 'skyrl');
      return {
        // It reads its own start command back to start its engine the same way, which must be by `uv run`.
        command: rig.at('envs', 'skyrl', 'bin', 'uv'),
        args: [
          ...['run', '--no-project', '-m', 'skyrl.tinker.api', '--host', '127.0.0.1', '--port', String(port)],
          ...['--base-model', rig.modelFolder(model), '--backend', 'jax'],
          ...[
            '--backend-config',
            JSON.stringify({ max_lora_adapters: MAX_MODELS, max_lora_rank: MAX_RANK, train_micro_batch_size: 8 }),
          ],
          ...['--checkpoints-base', `${state}/checkpoints`, '--database-url', `sqlite:///${state}/skyrl.db`],
        ],
        env: {
          ...ENVIRONMENT,
          JAX_PLATFORMS: 'cpu',
          // Each shape of a batch is compiled once for good and not once per start.
          JAX_COMPILATION_CACHE_DIR: rig.at('cache', 'jax'),
          JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0.5',
          UV_OFFLINE: '1',
          VIRTUAL_ENV: environment,
          PATH: `${environment}/bin${delimiter}${process.env.PATH ?? ''}`,
        },
      };
    },
  },
  tuft: {
    title: 'TuFT 0.2.2',
    healthPath: '/api/v1/healthz',
    urlPath: '',
    prepare(rig, { model, port }) {
      const state = rig.at('state', `tuft-${model}`);
      const config = `${state}/tuft.yaml`;
      mkdirSync(dirname(config), { recursive: true });
      writeFileSync(config, stringify(configureTuft(rig, model, state)));
      const environment = rig.at('envs', 'tuft');
      return {
        command: `${environment}/bin/tuft`,
        args: ['launch', '--host', '127.0.0.1', '--port', String(port), '--config', config],
        env: {
          ...ENVIRONMENT,
          TUFT_HOME: state,
          RAY_USAGE_STATS_ENABLED: '0',
          // Ray is told of graphics cards that are not there: TuFT reserves one for each model.
          RAY_OVERRIDE_RESOURCES: JSON.stringify({ CPU: 2, GPU: 2 }),
          // Without a cluster Ray listens on the loopback alone; the name says what it was made for.
          RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER: '0',
          // A socket's path has 107 characters at most, and Ray puts 60 behind this folder.
          RAY_TMPDIR: rig.at('ray'),
          PATH: `${environment}/bin${delimiter}${process.env.PATH ?? ''}`,
        },
      };
    },
  },
};

/** Where TuFT keeps what it saves: a folder of weights for each checkpoint. */
export function tuftCheckpoints(rig: Rig, model: ModelName): string {
  return rig.at('state', `tuft-${model}`, 'checkpoints');
}

/** Without persistence a restarted TuFT knows no run. */
function configureTuft(rig: Rig, model: ModelName, state: string): object {
  const folder = rig.modelFolder(model);
  return {
    checkpoint_dir: tuftCheckpoints(rig, model),
    supported_models: [
      {
        model_name: folder,
        model_path: folder,
        max_model_len: MAX_POSITIONS,
        max_lora_rank: MAX_RANK,
        capabilities: ['training'],
      },
    ],
    authorized_users: { [TUFT_KEY]: 'local-user' },
    persistence: { mode: 'FILE', file_path: `${state}/state.json` },
  };
}

/** Base URL of a server, as the controller is given it. */
export function urlOf({ name, port }: Pick<ServerChoice, 'name' | 'port'>): string {
  return `http://127.0.0.1:${port}${SERVER_KINDS[name].urlPath}`;
}
