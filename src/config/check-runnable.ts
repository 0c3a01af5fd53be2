import type { ProblemsRef } from '../core/curriculum.ts';
import { describeLack, ENGINE_KINDS } from '../core/engine-kinds.ts';
import { toProblemKind } from '../core/word-sums/generate.ts';
import { WORD_FAMILIES } from '../core/word-sums/word-problem.ts';
import type { ConfigFault } from './explain-issues.ts';
import type { RunConfig } from './schema.ts';

/**
 * What a valid configuration still lacks before it can run: an engine that can do what its stages need; the addresses of
 * engine, tokenizer, trainer and teacher, which no preset can know; rewards that are not built in. `own` is what the
 * program that starts the run passes in. Empty when nothing is missing.
 */
export function checkRunnable(config: RunConfig, own: OwnParts = {}): ConfigFault[] {
  const unable = checkAbilities(config);
  // Everything else depends on the engine, which has to be another one.
  if (unable.length > 0) return unable;
  return [
    ...(own.engine === undefined ? [...checkEngine(config), ...checkTokenizer(config), ...checkRouter(config)] : []),
    ...checkTrainer(config, own),
    ...(own.engine === undefined && own.trainer === undefined ? checkHandOver(config) : []),
    ...(own.teacher === undefined ? checkTeachers(config) : []),
    ...checkRewards(config, own),
    ...checkFamily(config, own),
  ];
}

/** Parts of a run that stand in for what its configuration would connect; only their presence counts here. */
export interface OwnParts {
  readonly engine?: unknown;
  readonly trainer?: unknown;
  readonly teacher?: unknown;
  readonly rewards?: Readonly<Record<string, unknown>>;
}

/** What is trained must be the model's own tokens, with the log-probs they were sampled with. */
function checkAbilities({ engine, stages }: RunConfig): ConfigFault[] {
  const training = stages.filter(({ kind }) => kind === 'sft' || kind === 'rl').map(({ id }) => id);
  if (training.length === 0 || ENGINE_KINDS[engine.kind].tokenIds) return [];
  const need = `, which ${training.length === 1 ? 'stage' : 'stages'} ${training.join(', ')} ${training.length === 1 ? 'needs' : 'need'}`;
  return [{ path: ['engine', 'kind'], message: `${engine.kind} ${describeLack('tokenIds', need)}` }];
}

function checkEngine({ engine }: RunConfig): ConfigFault[] {
  if (engine.kind === 'embedded' || engine.urls.length > 0) return [];
  const message = `is empty: give the URL of the ${engine.kind} server that serves ${engine.model} (--engine URL), or use --preset embedded`;
  return [{ path: ['engine', 'urls'], message }];
}

/** The Tinker API has no tokenizer. */
function checkTokenizer({ engine }: RunConfig): ConfigFault[] {
  const { kind, tokenizerUrl = null, model } = engine;
  if ((kind === 'tinker') === (tokenizerUrl !== null)) return [];
  const message =
    kind === 'tinker'
      ? `is missing: the Tinker API has no tokenizer; give the URL of a server with vLLM's /tokenize that serves ${model} (--set engine.tokenizerUrl=URL)`
      : `is for engine.kind tinker only: ${kind} has a tokenizer of its own`;
  return [{ path: ['engine', 'tokenizerUrl'], message }];
}

/** Weights are loaded into servers by their own routes, which neither a router nor the Tinker API has. */
function checkRouter({ engine, trainer }: RunConfig): ConfigFault[] {
  const path = ['engine', 'adminUrls'];
  if (engine.adminUrls.length === 0) return [];
  if (engine.urls.length === 0) return [{ path, message: 'names servers, and engine.urls no router in front of them' }];
  if (!ENGINE_KINDS[engine.kind].loadWeights || engine.kind === 'tinker') {
    return [{ path, message: `is for servers that load weights; ${engine.kind} has no routes for that` }];
  }
  if (trainer.lora.rank > 0) return [];
  const message =
    'does not go with trainer.lora none: whole weights have no name that a router could ask for; name the servers in engine.urls';
  return [{ path, message }];
}

/** The embedded trainer trains the embedded model only, and only the server that trains it can serve it. */
function checkTrainer(config: RunConfig, own: OwnParts): ConfigFault[] {
  const { engine, trainer } = config;
  const isEmbeddedHere = own.engine === undefined && engine.kind === 'embedded' && engine.urls.length === 0;
  const isEmbeddedTrainer = own.trainer === undefined && trainer.url === null;
  if (!needsTrainer(config) || isEmbeddedTrainer === isEmbeddedHere) return [];
  const message = isEmbeddedTrainer
    ? 'is missing: give the URL of the Tinker-API trainer that trains the model of this engine (--trainer URL)'
    : 'is set, but the engine is the embedded one, which this trainer does not train: name the engine too (--engine URL), or leave the trainer out';
  return [{ path: ['trainer', 'url'], message }];
}

/** The Tinker API knows weights only by their sampler path. */
function checkHandOver(config: RunConfig): ConfigFault[] {
  if (config.engine.kind !== 'tinker' || !needsTrainer(config) || config.trainer.handover === 'path') return [];
  const message = 'must be path for engine.kind tinker, which samples from the path that the trainer returns';
  return [{ path: ['trainer', 'handover'], message }];
}

/** The run's own engine serves the student, so another model needs a server of its own. */
function checkTeachers({ engine, stages }: RunConfig): ConfigFault[] {
  if (engine.kind === 'embedded') return [];
  return stages.flatMap((stage, index): ConfigFault[] => {
    if (stage.kind !== 'cold-start' || stage.teacher.url !== null || stage.teacher.model === engine.model) return [];
    const message = `is missing: give the URL that serves ${stage.teacher.model} (--set stages.${stage.id}.teacher.url=URL), or set teacher.model to ${engine.model}`;
    return [{ path: ['stages', index, 'teacher', 'url'], message }];
  });
}

/** A reward of the caller's own is a function, which a configuration file cannot hold. */
function checkRewards({ stages }: RunConfig, { rewards = {} }: OwnParts): ConfigFault[] {
  return stages.flatMap((stage, index): ConfigFault[] => {
    if (stage.kind !== 'rl' || stage.reward.kind !== 'own' || Object.hasOwn(rewards, stage.reward.name)) return [];
    const { name } = stage.reward;
    const message = `"${name}" is not a built-in reward: the program that starts the run has to pass it in as parts.rewards`;
    return [{ path: ['stages', index, 'reward', 'name'], message }];
  });
}

/** The embedded model started here has tokens for the problems of its family only, and its teacher writes the labels of that family. */
function checkFamily(config: RunConfig, own: OwnParts): ConfigFault[] {
  const { engine, embedded, rollout, stages } = config;
  if (own.engine !== undefined || engine.kind !== 'embedded' || engine.urls.length > 0) return [];
  const { kinds, labels } = WORD_FAMILIES[embedded.family];
  const known: readonly string[] = kinds;
  const isForeign = (ref: ProblemsRef) =>
    ref.kind === 'word-sums' && typeof ref.level === 'string' && !known.includes(toProblemKind(ref.level));
  const foreign = listProblems(config).find(([, refs]) => refs.some(isForeign));
  const faults: ConfigFault[] = [];
  if (foreign !== undefined) {
    const [path, refs] = foreign;
    const { level } = refs.find(isForeign) as Extract<ProblemsRef, { kind: 'word-sums' }>;
    const message = `asks for level ${level}, which the embedded model of family ${embedded.family} does not know: use --preset embedded-mixed`;
    faults.push({ path, message });
  }
  const hasTaught = stages.some((stage) => stage.kind === 'cold-start' && stage.teacher.url === null);
  const isLabelled = hasTaught && own.teacher === undefined && rollout.mode === 'parallel';
  if (isLabelled && rollout.pathLabels !== null && rollout.pathLabels.join() !== labels.join()) {
    const message = `is [${rollout.pathLabels.join(', ')}], but the embedded teacher of family ${embedded.family} begins paths with ${labels.join(' and ')}`;
    faults.push({ path: ['rollout', 'pathLabels'], message });
  }
  return faults;
}

/** A list of problems of a configuration, and the path of its key. */
type PlacedProblems = readonly [path: PropertyKey[], refs: readonly ProblemsRef[]];

function listProblems({ stages, eval: { sets } }: RunConfig): PlacedProblems[] {
  return [...stages.flatMap((stage, i) => listOfStage(stage, ['stages', i])), ...listOf(sets, ['eval', 'sets'])];
}

function listOfStage(stage: RunConfig['stages'][number], path: PropertyKey[]): PlacedProblems[] {
  switch (stage.kind) {
    case 'cold-start':
      return [[[...path, 'problems'], stage.problems]];
    case 'sft':
      return listOf(stage.until?.targets ?? [], [...path, 'until', 'targets']);
    case 'rl':
      return [
        [[...path, 'problems'], stage.problems],
        [[...path, 'gate', 'problems'], stage.gate?.problems ?? []],
      ];
    case 'eval':
      return listOf(stage.sets, [...path, 'sets']);
  }
}

function listOf(
  items: readonly { readonly problems: readonly ProblemsRef[] }[],
  path: PropertyKey[],
): PlacedProblems[] {
  return items.map(({ problems }, i) => [[...path, i, 'problems'], problems]);
}

/**
 * Whether a stage trains, or evaluates weights that a trainer hands over. Cold-start data come from an engine
 * alone. A server is evaluated as it is where it takes no weights, and where nothing trains and no trainer is named.
 */
export function needsTrainer({ engine, trainer, stages }: Pick<RunConfig, 'engine' | 'trainer' | 'stages'>): boolean {
  if (stages.some(({ kind }) => kind === 'sft' || kind === 'rl')) return true;
  const isServerAlone = engine.urls.length > 0 && trainer.url === null;
  return ENGINE_KINDS[engine.kind].loadWeights && !isServerAlone && stages.some(({ kind }) => kind === 'eval');
}
