import type { RunConfig } from '../config/schema.ts';
import { toObject } from '../core/json-object.ts';
import { UsageError } from '../errors.ts';

/** What may change in the configuration of a run when it is resumed, and what would make two runs of one. */

/** One setting that differs; stages are named by their id. */
export interface ConfigChange {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Where it connects, how long it waits, how it is called: nothing that is computed depends on it. */
const CONNECTIONS = [
  /^run\.name$/,
  /^engine\.(?:urls|adminUrls|sessionHeader|tokenizerUrl|placement|maxInFlight|timeoutSeconds|restartPatienceSeconds|apiKeyEnv)$/,
  /^trainer\.(?:url|profile|handover|operationTimeoutSeconds|slotPatienceSeconds|apiKeyEnv|keep)(?:\.|$)/,
  /^stages\.[^.]+\.teacher\.(?:url|kind|maxInFlight|prices|apiKeyEnv)(?:\.|$)/,
  /^stages\.[^.]+\.saveEvery$/,
  /^watchdog\.action$/,
  /^embedded\.threads$/,
  /^trackers(?:\.|$)/,
];

/** Connections, what models are called there, and how much may be taken. */
const MAY_CHANGE = [
  ...CONNECTIONS,
  /^engine\.model$/,
  /^trainer\.baseModel(?:\.|$)/,
  /^stages\.[^.]+\.teacher\.(?:model|maxTokens)(?:\.|$)/,
  /^stages\.[^.]+\.(?:limit|retries|budgetTokens|budgetUsd)$/,
];

/** Why the rest may not, by the beginning of its path; the last one holds for everything else. */
const REASONS: readonly (readonly [path: RegExp, reason: string])[] = [
  [/^run\.seed$/, 'every seed of the run derives from it'],
  [/^stages$|^stages\.[^.]+\.(?:id|kind)$/, 'the stages in the store would not be those of the run'],
  [/^(?:stages\.[^.]+\.(?:problems|data|sets)|eval\.sets)/, 'what is stored was made from them'],
  [/^engine\.kind$/, 'the tokens in the store are those of such a server'],
  [/\.(?:steps|maxSteps|epochs|batchSize|schedule)/, 'the steps in the store were counted and scheduled by it'],
  [/^/, 'what is stored was made under it, and would be mixed with what comes'],
];

/** The settings in which two configurations differ. */
export function listChanges(before: RunConfig, after: RunConfig): ConfigChange[] {
  return compare('', before, after);
}

/** Throws `UsageError` for the first change that may not be made, with the reason. */
export function requireAllowed(changes: readonly ConfigChange[]): void {
  const fixed = changes.find(({ path }) => !MAY_CHANGE.some((pattern) => pattern.test(path)));
  if (fixed === undefined) return;
  const [, reason] = REASONS.find(([pattern]) => pattern.test(fixed.path))!;
  throw new UsageError(
    `${fixed.path} cannot change when a run is resumed: ${reason}; servers, keys, names, limits and budgets can. For anything else start a new run, and end this one with: parallel-r1 runs end RUN`,
  );
}

/** The settings in which two configurations differ and on which depends what is computed: not where their servers are. */
export function listRecipeChanges(before: RunConfig, after: RunConfig): ConfigChange[] {
  return listChanges(before, after).filter(({ path }) => !CONNECTIONS.some((pattern) => pattern.test(path)));
}

/** Whether two configurations compute the same, wherever their servers are. */
export function isSameRecipe(one: RunConfig, other: RunConfig): boolean {
  return listRecipeChanges(one, other).length === 0;
}

/** One line: `engine.model: "a" -> "b"`. */
export function describeChange({ path, before, after }: ConfigChange): string {
  return `${path}: ${show(before)} -> ${show(after)}`;
}

/** Longest value in a line, in characters. */
const MAX_CHARS = 80;

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length <= MAX_CHARS ? text : `${text.slice(0, MAX_CHARS)}…`;
}

function compare(path: string, before: unknown, after: unknown): ConfigChange[] {
  const [own, other] = [toObject(before), toObject(after)];
  if (own !== null && other !== null) {
    const keys = [...new Set([...Object.keys(own), ...Object.keys(other)])];
    return keys.flatMap((key) => compare(path === '' ? key : `${path}.${key}`, own[key], other[key]));
  }
  if (path === 'stages' && Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return before.flatMap((stage, index) => compare(`stages.${toObject(stage)?.id}`, stage, after[index]));
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}
