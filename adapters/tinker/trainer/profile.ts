import type { AdamSettings, LossSpec } from '../../../src/core/datum.ts';
import { TrainerError } from '../../../src/errors.ts';
import type { CheckpointRef } from '../wire/trainer-http.ts';

/** What one request may hold. */
export interface ChunkLimits {
  readonly maxDatums: number;
  /** Estimated bytes of the body, before compression. */
  readonly maxBytes: number;
}

/** How one kind of trainer differs from the others, as observed on the servers themselves or read in their source. */
export interface Profile {
  readonly name: ProfileName;
  /** Codec of passes; everything else is JSON everywhere. */
  readonly codec: 'json' | 'protobuf';
  /**
   * `sum`: the loss is what the port says. `sequence-mean`: every sequence is divided by the sum of its
   * weights and the sequences since the last optimizer step are averaged; `toSequenceMeanDatum` undoes both.
   */
  readonly reduction: 'sum' | 'sequence-mean';
  /** RL losses carry `weights` too, as the 0/1 mask; the others refuse or ignore them there. */
  readonly sendsMask: boolean;
  /** Losses that do what the port says. */
  readonly losses: readonly LossSpec['kind'][];
  /** Corrects for the sampler's log-probs where they come beside old ones of its own. */
  readonly takesRolloutLogprobs: boolean;
  /**
   * Who keeps the order of operations: the server, by their numbers; or the client, which sends a step only once the
   * passes before it are done, and passes only once the step is.
   */
  readonly order: 'server' | 'client';
  /**
   * What a repeated number answers after a lost reply: the future of the first submission, or a sequence
   * conflict "expected k+1, got k" that tells the first one was executed. `none`: it would be executed twice.
   */
  readonly replay: 'same-future' | 'sequence-conflict' | 'none';
  /** Settings the server takes from its own configuration, or not at all. */
  readonly ignoredAdam: readonly (keyof AdamSettings)[];
  /** Holds settings of the optimizer in the precision of the weights: in bfloat16 a beta of .999 is 1, and the first step divides by zero. */
  readonly roundsAdam: boolean;
  /** What it trains: adapters, all weights (rank 0), or either. */
  readonly trains: 'adapters' | 'all-weights' | 'either';
  /** What becomes of a model's checkpoints when it is unloaded: they stay, or nobody finds them again. */
  readonly unloading: 'keeps-checkpoints' | 'forgets-checkpoints' | 'not-served';
  /** Restarted, it gives models back with the weights of their last checkpoint and goes on counting, as if nothing happened. */
  readonly restoresModels: boolean;
  /** What a run needs of the server's own configuration and the server does not show; told once, before anything is trained. */
  readonly unshownNeed: string | null;
  /** How a checkpoint is named in the archive route. */
  readonly archiveId: 'prefixed' | 'bare';
  /** Whether checkpoints are named `tinker://<run>/<kind>/<name>`, with routes to list and delete them, or by paths of its own. */
  readonly checkpointPaths: 'canonical' | 'own';
  /** Where an adapter lies below the server's checkpoint folder; null where none lies there as plain files. */
  readonly folderOf: ((ref: CheckpointRef) => string) | null;
  /** What one request may hold where the server does not say. */
  readonly chunks: ChunkLimits;
  /** Tries while the server cannot be reached; null: as long as the operation may take. */
  readonly connectionTries: number | null;
}

export type ProfileName = 'hosted' | 'skyrl-jax' | 'skyrl-train' | 'tuft' | 'verl' | 'embedded';

const CLASSIC: readonly LossSpec['kind'][] = ['cross_entropy', 'importance_sampling', 'ppo', 'cispo'];

const PLAIN: Omit<Profile, 'name'> = {
  codec: 'protobuf',
  reduction: 'sum',
  sendsMask: false,
  losses: CLASSIC,
  takesRolloutLogprobs: false,
  order: 'server',
  replay: 'same-future',
  ignoredAdam: [],
  roundsAdam: false,
  trains: 'adapters',
  unloading: 'keeps-checkpoints',
  restoresModels: false,
  unshownNeed: null,
  archiveId: 'prefixed',
  checkpointPaths: 'canonical',
  folderOf: null,
  chunks: { maxDatums: 1024, maxBytes: 5_000_000 },
  connectionTries: null,
};

const SKYRL: Omit<Profile, 'name'> = {
  ...PLAIN,
  sendsMask: true,
  archiveId: 'bare',
  // Its scheduler asks its database for passes and for steps one after the other: a pass and a step that both arrive in
  // between are seen in the wrong order, and the step is applied to no gradient (0.4.0; 2 of 394 steps measured).
  order: 'client',
  // It merges what waits into one batch anyway, and takes bodies of a gigabyte.
  chunks: { maxDatums: 4096, maxBytes: 64_000_000 },
};

/** Every profile by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  hosted: { ...PLAIN, name: 'hosted', losses: [...CLASSIC, 'gspo', 'dro'] },
  'skyrl-jax': {
    ...SKYRL,
    name: 'skyrl-jax',
    reduction: 'sequence-mean',
    ignoredAdam: ['clipNorm'],
    roundsAdam: true,
  },
  'skyrl-train': {
    ...SKYRL,
    name: 'skyrl-train',
    // It passes cispo's thresholds on under names that its loss does not read.
    losses: ['cross_entropy', 'importance_sampling', 'ppo', 'gspo', 'dppo'],
    takesRolloutLogprobs: true,
    ignoredAdam: ['beta1', 'beta2', 'eps', 'weightDecay', 'clipNorm'],
    trains: 'either',
  },
  tuft: {
    ...PLAIN,
    name: 'tuft',
    losses: [...CLASSIC, 'dro'],
    replay: 'sequence-conflict',
    unloading: 'forgets-checkpoints',
    restoresModels: true,
    unshownNeed:
      'TuFT keeps what a run saved over a restart of its own only with persistence (mode FILE or REDIS) in its configuration; without it the run cannot be resumed then',
    folderOf: ({ runId, name }) => `${runId}/${name}/adapter`,
  },
  verl: {
    ...PLAIN,
    name: 'verl',
    codec: 'json',
    sendsMask: true,
    // Its importance sampling cuts ratios off at 2.
    losses: ['cross_entropy', 'ppo', 'cispo', 'dro'],
    replay: 'none',
    ignoredAdam: ['clipNorm'],
    trains: 'all-weights',
    unloading: 'not-served',
    checkpointPaths: 'own',
  },
  // An embedded server that is gone stays gone; on loopback its JSON is as fast as protobuf and easier to look at.
  embedded: {
    ...PLAIN,
    name: 'embedded',
    codec: 'json',
    trains: 'either',
    folderOf: ({ runId, kind, name }) => `${runId}/${kind}/${name}`,
    connectionTries: 3,
  },
};

/** What a server shows before a model exists. */
export interface ServerSigns {
  readonly url: string;
  /** What its health check says of itself. */
  readonly health: string | null;
  readonly modelNames: readonly string[];
  /** Keys of the `client/config` answer. */
  readonly configKeys: readonly string[];
  /** HTTP status of `create_session`. */
  readonly sessionStatus: number;
}

const EMBEDDED_MODEL = 'embedded-base';
const HOSTED_DOMAIN = /(^|\.)thinkingmachines\.(dev|ai)$/;

/**
 * The profiles that a server may have, as far as it shows without a model; more than one where the back ends of a server
 * differ only in what they answer to a pass (`tellBackEnd`). Throws `TrainerError` asking for `trainer.profile` for a
 * server that it does not know.
 */
export function detectProfiles({
  url,
  health,
  modelNames,
  configKeys,
  sessionStatus,
}: ServerSigns): readonly Profile[] {
  if (modelNames.includes(EMBEDDED_MODEL)) return [PROFILES.embedded];
  if (HOSTED_DOMAIN.test(new URL(url).hostname)) return [PROFILES.hosted];
  if (sessionStatus === 201) return [PROFILES.tuft];
  if (health === 'ready') return [PROFILES.verl];
  if (configKeys.length === 1 && configKeys[0] === 'pjwt_auth_enabled') {
    return [PROFILES['skyrl-jax'], PROFILES['skyrl-train']];
  }
  throw new TrainerError(
    `cannot tell what kind of trainer ${url} is; set trainer.profile to one of ${Object.keys(PROFILES).join(', ')}`,
  );
}

/** SkyRL's JAX back end answers a forward pass with the loss of every position too; its other ones with log-probs alone. */
export function tellBackEnd(fields: readonly string[]): Profile {
  return PROFILES[fields.includes('elementwise_loss') ? 'skyrl-jax' : 'skyrl-train'];
}
