import { TrainerError } from '../../../src/errors.ts';

/** What servers say that does not tell a user what to do, and what to do. */
const KNOWN: readonly { readonly says: RegExp; readonly advice: string }[] = [
  {
    says: /checkpoint path should be absolute/i,
    advice: 'start SkyRL with an absolute --checkpoints-base',
  },
  {
    says: /lora rank \d{1,9} must be between/i,
    advice: 'set trainer.lora.rank to one of these, or raise max_lora_rank at the server',
  },
  {
    says: /lora signature mismatch/i,
    advice: 'all models of this server have the rank of its first one: set trainer.lora.rank to that, or restart it',
  },
  {
    says: /expected application\/x-protobuf|requires a application\/x-protobuf/i,
    advice: 'this server takes no JSON: set trainer.profile to what it is',
  },
];

/** No two servers say in the same words that they have no slot for another model. */
const NO_SLOT =
  /maximum number of lora adapters|already has a 'policy' model|\d{1,9} models (?:exist|are open)|preallocated fsdp lora slots/i;

/** Whether the server refused a model because it holds as many as it can. */
export function isWithoutSlot(error: unknown): error is TrainerError {
  return error instanceof TrainerError && (error.status === 429 || NO_SLOT.test(error.message));
}

/** The same failure with what to do about it, where that is known. */
export function addAdvice(error: unknown): unknown {
  if (!(error instanceof TrainerError)) return error;
  const advice = KNOWN.find(({ says }) => says.test(error.message))?.advice;
  if (advice === undefined || error.message.endsWith(advice)) return error;
  const { retryable, status, retryAfterMs, timedOut, unsent } = error;
  const facts = { cause: error, retryable, status, retryAfterMs, timedOut, unsent };
  return new TrainerError(`${error.message}; ${advice}`, facts);
}
