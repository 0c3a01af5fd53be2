import type { AdamSettings } from '../../../src/core/datum.ts';
import { TrainerError } from '../../../src/errors.ts';

export type ProfileName = 'hosted' | 'skyrl-jax' | 'skyrl-train' | 'tuft' | 'embedded';

/** How one kind of trainer differs from the others, as observed on the servers themselves. */
export interface Profile {
  readonly name: ProfileName;
  /** Codec of passes; everything else is JSON everywhere. */
  readonly codec: 'json' | 'protobuf';
  /**
   * `sum`: the loss is what the port says. `sequence-mean`: every sequence is divided by the sum of its
   * weights and the sequences since the last optimiser step are averaged; `toSequenceMeanDatum` undoes both.
   */
  readonly reduction: 'sum' | 'sequence-mean';
  /** RL losses carry `weights` too, as the 0/1 mask; the others refuse or ignore them there. */
  readonly sendsMask: boolean;
  /** Losses that do not do what the port says. */
  readonly refusedLosses: readonly string[];
  /**
   * What a repeated number answers after a lost reply: the future of the first submission, or a sequence
   * conflict "expected k+1, got k" that tells the first one was executed.
   */
  readonly replay: 'same-future' | 'sequence-conflict';
  /** Settings the server takes from its own configuration, or not at all. */
  readonly ignoredAdam: readonly (keyof AdamSettings)[];
  /** How a checkpoint is named in the archive route. */
  readonly archiveId: 'prefixed' | 'bare';
  /** Tries while the server cannot be reached; null: as long as the operation may take. */
  readonly connectionTries: number | null;
}

const SUM: Omit<Profile, 'name'> = {
  codec: 'protobuf',
  reduction: 'sum',
  sendsMask: false,
  refusedLosses: [],
  replay: 'same-future',
  ignoredAdam: [],
  archiveId: 'prefixed',
  connectionTries: null,
};

/** Every profile by name. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  hosted: { ...SUM, name: 'hosted' },
  'skyrl-jax': {
    ...SUM,
    name: 'skyrl-jax',
    reduction: 'sequence-mean',
    sendsMask: true,
    ignoredAdam: ['clipNorm'],
    archiveId: 'bare',
  },
  'skyrl-train': {
    ...SUM,
    name: 'skyrl-train',
    sendsMask: true,
    // It passes cispo's thresholds on under names that its loss does not read.
    refusedLosses: ['cispo'],
    ignoredAdam: ['beta1', 'beta2', 'eps', 'weightDecay', 'clipNorm'],
    archiveId: 'bare',
  },
  tuft: { ...SUM, name: 'tuft', replay: 'sequence-conflict' },
  // An embedded server that is gone stays gone; on loopback its JSON is as fast as protobuf and easier to look at.
  embedded: { ...SUM, name: 'embedded', codec: 'json', connectionTries: 3 },
};

/** What a server shows before a model exists. */
export interface ServerSigns {
  readonly url: string;
  readonly modelNames: readonly string[];
  /** Keys of the `client/config` answer. */
  readonly configKeys: readonly string[];
  /** HTTP status of `create_session`. */
  readonly sessionStatus: number;
}

const EMBEDDED_MODEL = 'embedded-base';
const HOSTED_DOMAIN = /(^|\.)thinkingmachines\.(dev|ai)$/;

/**
 * Works out which trainer this is, as far as possible without training a throw-away model. Throws
 * `TrainerError` asking for `trainer.profile` when it cannot.
 */
export function detectProfile({ url, modelNames, configKeys, sessionStatus }: ServerSigns): Profile {
  if (modelNames.includes(EMBEDDED_MODEL)) return PROFILES.embedded;
  if (HOSTED_DOMAIN.test(new URL(url).hostname)) return PROFILES.hosted;
  if (sessionStatus === 201) return PROFILES.tuft;
  if (configKeys.length === 1 && configKeys[0] === 'pjwt_auth_enabled') {
    throw new TrainerError(
      `trainer ${url} looks like SkyRL, and its back ends differ in how they reduce the loss; set trainer.profile to skyrl-jax or skyrl-train`,
    );
  }
  const known = Object.keys(PROFILES).join(', ');
  throw new TrainerError(`cannot tell what kind of trainer ${url} is; set trainer.profile to one of ${known}`);
}
