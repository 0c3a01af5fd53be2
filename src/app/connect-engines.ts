import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createTinkerEngine } from '../../adapters/tinker/engine/create-tinker-engine.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ColdStartStage } from '../core/curriculum.ts';
import { listTeacherUrls } from '../core/curriculum.ts';
import { createRng, hashSeed } from '../core/rng.ts';
import { UsageError } from '../errors.ts';
import type { Teacher } from '../pipeline/context.ts';
import { type CallPolicy, createCallPolicy } from '../pipeline/engine/calls.ts';
import { createEngineFleet, describeChange } from '../pipeline/engine/fleet/create-engine-fleet.ts';
import { createRoutedEngine } from '../pipeline/engine/fleet/create-routed-engine.ts';
import type { EndpointStatus, Engine } from '../ports/engine.ts';
import type { Reporter } from '../ports/reporter.ts';
import { systemClock } from './system-clock.ts';

/** How the engines of a run are connected, the student's and the teachers', and what bounds the calls to each. */

/** Calls in flight per remote server until it is known how many it can take. */
const START_PER_ENDPOINT = 128;

/** An engine with the policy of the calls to it. */
export type ConnectedEngine = Pick<Teacher, 'engine' | 'calls'>;

/** One server: its dialect, its key, and the setting that names the key. */
type Endpoint = Pick<RunConfig['engine'], 'kind' | 'apiKeyEnv'> & { readonly keySetting: string };

/**
 * The engine of the configuration; `url` is that of the embedded server this run started, if it did. `isPatient`: whether a
 * server that does not answer is waited for.
 */
export function connectStudent(
  config: RunConfig,
  url: string | null,
  reporter: Reporter,
  isPatient: boolean,
): ConnectedEngine {
  const { urls, adminUrls, maxInFlight } = config.engine;
  // A server that was started for this run is the only one: there is nothing to balance, and it does not come back.
  const engine =
    url === null
      ? gather(
          config,
          urls.map((one) => openStudentEndpoint(config, one)),
          reporter,
        )
      : openStudentEndpoint(config, url);
  const routed = adminUrls.length === 0 ? engine : routeTo(engine, config, adminUrls, reporter);
  const endpoints = Math.max(urls.length, adminUrls.length);
  return {
    engine: routed,
    calls: createPolicy(config, routed, { ...config.engine, endpoints, maxInFlight, isPatient, reporter }),
  };
}

/** The servers behind a router, which weights are loaded into one by one. */
function routeTo(router: Engine, config: RunConfig, urls: readonly string[], reporter: Reporter): Engine {
  const onRestored = (version: string) =>
    reporter.warn(`a server behind ${router.url} was restarted; all of engine.adminUrls have weights ${version} again`);
  return createRoutedEngine({ router, replicas: urls.map((url) => openStudentEndpoint(config, url)), onRestored });
}

/**
 * Who answers in each cold-start stage: `own` where the caller passed an engine in, otherwise the servers the stage
 * names, otherwise the student's engine. `keep` is handed whatever was opened.
 */
export function connectTeachers(
  config: RunConfig,
  student: ConnectedEngine,
  own: Engine | null,
  reporter: Reporter,
  keep: (engine: Engine) => void,
): ReadonlyMap<ColdStartStage, ConnectedEngine> {
  const connect = ({ id, teacher }: ColdStartStage): ConnectedEngine => {
    const { kind = 'openai', apiKeyEnv } = teacher;
    const urls = listTeacherUrls(teacher);
    const maxInFlight = teacher.maxInFlight ?? config.engine.maxInFlight;
    if (own !== null)
      return { engine: own, calls: createPolicy(config, own, { kind, endpoints: 1, maxInFlight, reporter }) };
    if (urls.length === 0) return student;
    const engine = gather(
      config,
      urls.map((url) => openEndpoint(config, { kind, apiKeyEnv, keySetting: `stages.${id}.teacher.apiKeyEnv` }, url)),
      reporter,
    );
    keep(engine);
    return { engine, calls: createPolicy(config, engine, { kind, endpoints: urls.length, maxInFlight, reporter }) };
  };
  const stages = config.stages.filter((stage) => stage.kind === 'cold-start');
  return new Map(stages.map((stage) => [stage, connect(stage)]));
}

function openStudentEndpoint(config: RunConfig, url: string): Engine {
  const { kind, model, tokenizerUrl, apiKeyEnv } = config.engine;
  const keySetting = 'engine.apiKeyEnv';
  if (kind !== 'tinker') return openEndpoint(config, { kind, apiKeyEnv, keySetting }, url);
  if (tokenizerUrl === null) throw new UsageError('engine.kind tinker needs engine.tokenizerUrl');
  // This is another server, which must not see the engine's key.
  const tokenizer = openEndpoint(
    config,
    { kind: 'vllm', apiKeyEnv: null, keySetting: 'engine.tokenizerUrl' },
    tokenizerUrl,
  );
  const limits = { ...readLimits(config), ...readApiKey(apiKeyEnv) };
  return createTinkerEngine({ url, ...limits, model, tokenizer, clock: systemClock });
}

function openEndpoint(config: RunConfig, { kind, apiKeyEnv, keySetting }: Endpoint, url: string): Engine {
  if (kind === 'tinker') throw new UsageError(`${url}: the Tinker API samples for the student only`);
  const key = { keyVariable: apiKeyEnv, keySetting };
  return createOpenAiEngine({ kind, url, ...key, ...readLimits(config), ...readApiKey(apiKeyEnv) });
}

function readLimits({ engine }: RunConfig) {
  const { timeoutSeconds, eosTokens, sessionHeader } = engine;
  return { timeoutMs: timeoutSeconds * 1000, eosTexts: eosTokens, sessionHeader };
}

/** Several servers as one engine, which reports the ones that go down and come back. */
function gather({ engine }: RunConfig, engines: readonly Engine[], reporter: Reporter): Engine {
  const onChange = (endpoint: EndpointStatus, all: readonly EndpointStatus[]) => {
    const line = describeChange(endpoint, all);
    if (endpoint.isUp) reporter.info(line);
    else reporter.warn(line);
  };
  return createEngineFleet({ engines, placement: engine.placement, clock: systemClock, onChange });
}

/** What decides how many calls an engine gets. */
interface CallPlaces {
  readonly kind: RunConfig['engine']['kind'];
  readonly endpoints: number;
  readonly maxInFlight: number;
  /** Whether a server that does not answer is waited for; missing: it is. */
  readonly isPatient?: boolean;
  /** Is told when it is. */
  readonly reporter?: Pick<Reporter, 'warn'> | undefined;
}

/** What bounds the calls to an engine and repeats them. */
export function createPolicy(
  { run, engine: { timeoutSeconds, restartPatienceSeconds, urls } }: RunConfig,
  { readLoad, url }: Engine,
  { kind, endpoints, maxInFlight, isPatient = true, reporter }: CallPlaces,
): CallPolicy {
  const isEmbedded = kind === 'embedded';
  // An embedded server that was started for the run will not come back; one with an address may be restarting.
  const comesBack = isPatient && !(isEmbedded && urls.length === 0);
  return createCallPolicy({
    maxInFlight,
    // The capacity of the embedded server is known; that of a remote one shows with time.
    startInFlight: isEmbedded ? maxInFlight : START_PER_ENDPOINT * Math.max(1, endpoints),
    tries: comesBack ? 8 : 2,
    absencePatienceMs: comesBack ? restartPatienceSeconds * 1000 : 0,
    onAbsence: ({ message }) =>
      reporter?.warn(
        `${message}; waiting up to ${restartPatienceSeconds} s for ${url} (engine.restartPatienceSeconds)`,
      ),
    firstPauseMs: 250,
    maxPauseMs: 30_000,
    deadlineMs: timeoutSeconds * 1000,
    rng: createRng(hashSeed(run.seed, 'pauses')),
    ...(readLoad === undefined ? {} : { readLoad }),
    clock: systemClock,
  });
}

/** The key that an environment variable holds; no key for null. Keys come from the environment only, and are never shown. */
export function readApiKey(name: string | null): { apiKey?: string } {
  if (name === null) return {};
  const apiKey = process.env[name];
  if (apiKey === undefined || apiKey === '')
    throw new UsageError(`environment variable ${name} is not set; the configuration names it as an API key`);
  // A header holds no line break or other control character; one at an end comes from a file or a shell, and is no part.
  const key = apiKey.trim();
  if (key === '' || !/^[\x20-\x7e]+$/.test(key)) {
    throw new UsageError(
      `environment variable ${name} holds no key: it is blank, or has a line break or another character that no key has; set it again`,
    );
  }
  return { apiKey: key };
}
