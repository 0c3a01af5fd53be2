import { TrainerError } from '../../../src/errors.ts';
import { PROFILES, type Profile } from './profile.ts';

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
 * Tells which trainer this is as far as that shows without training a throw-away model. Throws
 * `TrainerError` asking for `trainer.profile` when it does not show. Source: the protocol description, "Reduction".
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
  throw new TrainerError(`what kind of trainer ${url} is cannot be told; set trainer.profile to one of ${known}`);
}
