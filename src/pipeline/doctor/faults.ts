import { OutsideError, ParallelR1Error, SourceError, UsageError } from '../../errors.ts';
import { TokenizerFault } from '../engine/tokenizer.ts';

/**
 * What may be wrong with a server, and what to do about each: the one place where doctor's findings get their remedy. A
 * fault is told by the type of its error, by its status, or by the words of the servers that were tried.
 */

/** Every kind of fault that doctor tells. */
export type FaultKind = ServerFaultKind | OwnFaultKind;

/** Of a server. */
type ServerFaultKind = keyof typeof REMEDIES;

/** Of a recipe or a store, which no server is to blame for. */
export type OwnFaultKind = keyof typeof OWN_REMEDIES;

/** The server that is examined, and the keys of the configuration that name it: what remedies speak of. */
export interface Subject {
  readonly area: 'engine' | 'teacher' | 'trainer';
  /** What is expected to answer there: `vllm server`. */
  readonly expected: string;
  /** Key of its address, of the name of its model, of the variable that holds its API key. */
  readonly urlKey: string;
  readonly modelKey: string;
  readonly apiKeyEnvKey: string;
  /** How the model is named on the command line: `--model NAME`. */
  readonly modelFlag: string;
  /** The environment variable that holds its API key; null where none is named. */
  readonly variable: string | null;
  /** Keys that ask for room in its context. */
  readonly roomKeys: string;
}

const REMEDIES = {
  key_missing: ({ variable, apiKeyEnvKey }) =>
    `put the key into ${variable} (export ${variable}=...), or take ${apiKeyEnvKey} out`,
  key_refused: ({ variable, apiKeyEnvKey }) =>
    variable === null
      ? `the server wants a key: put it into an environment variable and name that one (--set ${apiKeyEnvKey}=VARIABLE)`
      : `correct the key in the environment variable ${variable}, which ${apiKeyEnvKey} names`,
  unreachable: ({ area, urlKey }) => `start the ${area}, or correct ${urlKey}`,
  silent: ({ urlKey }) => `look whether the server is stuck or overloaded (its log), or correct ${urlKey}`,
  broken: () => "look into the server's log: it failed by itself, and whatever asks for the same would fail too",
  busy: () => 'try again when the server has less to do',
  no_such_route: ({ expected, urlKey }) => `correct ${urlKey}: nothing there answers as a ${expected} does`,
  not_the_protocol: ({ expected, urlKey }) => `correct ${urlKey}: what answers there is no ${expected}`,
  refused: () => 'change what the server names; a run would be refused in the same way',
  model_unknown: ({ modelKey, modelFlag }) =>
    `set ${modelKey} (${modelFlag}) to a name that the server lists, letter by letter`,
  model_not_named: ({ modelFlag }) => `name the one that is meant: ${modelFlag}`,
  no_model: () => 'start the server with the model that it is to serve',
  context_too_short: ({ roomKeys }) => `lower ${roomKeys}, or serve a longer context (vLLM: --max-model-len)`,
  endpoint_down: ({ urlKey }) => `start it, or take it out of ${urlKey}`,
  tag_split: () =>
    'add the six tags as special tokens (README, "Preparing a model") and restart the server with that tokenizer',
  tags_share_id: () => 'add the six tags as special tokens of their own (README, "Preparing a model")',
  tags_alike: () =>
    'initialise the rows of the tags (README, "Preparing a model"), in the model that engine and trainer load',
  tags_between_pieces: () =>
    'give each a direction of its own (README, "Preparing a model") in the model that engine and trainer load, before anything is trained on it',
  no_eos_token: () => 'set engine.eosTokens to the end-of-sequence tokens of this model',
  no_tokenizer: () => 'use a server with /tokenize and /detokenize (vLLM 0.10 or newer)',
  tags_hidden: () => 'serve with skip_special_tokens off',
  no_token_ids: () => 'use a server that returns token ids and log-probs (vLLM 0.10 or newer)',
  no_completions: () => 'use a server with a completion endpoint for text (/v1/completions, or /generate of TGI)',
  text_server: () =>
    'solve a question and see whether it forks; TGI keeps special tokens, vLLM and SGLang do under their own engine.kind',
  stops_ignored: () => 'use a server that heeds stop_token_ids',
  cache_off: () =>
    'switch prefix caching on (vLLM: --enable-prefix-caching): without it every path computes its prefix anew',
  cache_untold: () => 'vLLM tells with --enable-prompt-tokens-details',
  cache_unclear: () => 'see in the log of the server whether prefix caching is on',
  tags_stripped: () =>
    'serve the teacher without stripping special tokens: skip_special_tokens off, or a model whose tags are plain text',
  problems_unreadable: () => 'name problems that can be read: --problems FILE',
  trainer_not_recognised: () => 'say what it is: --set trainer.profile=NAME',
  rank_refused: () => 'set trainer.lora.rank to one that the server takes',
  no_slot: () => "end what holds a model there, or raise the server's limit",
  no_logprobs: () => 'use a trainer that returns log-probs: mismatch/mean cannot be measured with this one',
} as const satisfies Readonly<Record<string, (subject: Subject) => string>>;

const OWN_REMEDIES = {
  cannot_train: 'stages sft and rl are refused; generate, solve and eval work',
  layout_mismatch: 'set training.layout to exact',
  labels_missing: 'give rollout.pathLabels a label for each path, or none at all',
  join_mismatch: 'set rollout.join to all, or watch for what it says',
  recipe: 'correct what it names',
  store_unusable: 'give another --db FILE',
} as const satisfies Readonly<Record<string, string>>;

/** What to do about a fault of this server. */
export function findRemedy(kind: FaultKind, subject: Subject): string {
  return isOwn(kind) ? OWN_REMEDIES[kind] : REMEDIES[kind](subject);
}

/** What to do about a fault of a recipe or a store. */
export function findOwnRemedy(kind: OwnFaultKind): string {
  return OWN_REMEDIES[kind];
}

function isOwn(kind: FaultKind): kind is OwnFaultKind {
  return Object.hasOwn(OWN_REMEDIES, kind);
}

/** A fault that doctor itself has seen. */
export class Fault extends ParallelR1Error {
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string) {
    super(message);
    this.kind = kind;
  }
}

/** Faults that a status or a type does not tell, by what servers say: vLLM 0.32, SGLang, TGI, SkyRL 0.4, TuFT 0.2. */
const WORDS: readonly { readonly kind: FaultKind; readonly says: RegExp }[] = [
  {
    kind: 'context_too_short',
    says: /maximum context length|maximum model length|context length is only|the model's context length|cannot be greater than max_(?:model_len|total_tokens)|tokens`? \+ `?max_new_tokens/i,
  },
  {
    kind: 'model_unknown',
    says: /\bmodel\b.{1,200}? does not exist|unknown model|no model or adapter|engine is configured for|server is pinned to/i,
  },
  { kind: 'no_slot', says: /no slot got free|has no slot/i },
  { kind: 'rank_refused', says: /lora rank|lora signature mismatch|max_lora_rank/i },
  { kind: 'trainer_not_recognised', says: /cannot tell what kind of trainer/i },
];

/** The kind of fault that a refusal tells in words; null for other words. */
export function readWords(said: string): FaultKind | null {
  return WORDS.find(({ says }) => says.test(said))?.kind ?? null;
}

/** The kind of fault behind an error that a look at a server ended with. */
export function readFault(error: ParallelR1Error): FaultKind {
  if (error instanceof Fault || error instanceof TokenizerFault) return error.kind;
  if (error instanceof SourceError || error instanceof UsageError) return 'problems_unreadable';
  const outside = findOutside(error);
  return outside === null ? 'recipe' : readOutsideFault(outside);
}

function findOutside(error: unknown): OutsideError | null {
  let current = error;
  // A policy that gave up wraps what it gave up on.
  for (let depth = 0; depth < 4 && current instanceof Error; depth += 1) {
    if (current instanceof OutsideError) return current;
    current = current.cause;
  }
  return null;
}

function readOutsideFault({ status, message, timedOut, unsent, retryable }: OutsideError): FaultKind {
  if (status === 401 || status === 403) return 'key_refused';
  const told = readWords(message);
  if (told !== null) return told;
  if (timedOut) return 'silent';
  if (status === null) return unsent || retryable ? 'unreachable' : 'not_the_protocol';
  if (status === 404 || status === 405) return 'no_such_route';
  if (status === 429 || status === 503) return 'busy';
  return status >= 500 ? 'broken' : 'refused';
}
