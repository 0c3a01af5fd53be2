import * as z from 'zod';
import { ENGINE_KINDS, type EngineKind } from '../../core/engine-kinds.ts';
import { WORD_FAMILIES, type WordFamilyName } from '../../core/word-sums/word-problem.ts';
import { apiKeyVariable, nonBlank, seedNumber, serverUrl, wholeNumber } from './fields.ts';

/** The servers a run talks to: inference server, trainer, embedded process. Secrets are named, never held. */

/** A day: longer than any one call. */
const MAX_SECONDS = 86_400;

/** Addresses of servers; one alone may stand without a list. */
const serverUrls = () =>
  z
    .preprocess(
      (value) => (typeof value === 'string' ? [value] : value),
      z
        .array(serverUrl())
        .max(64)
        .refine((urls) => new Set(urls).size === urls.length, { error: 'must not name a server twice' }),
    )
    .meta({ shortForm: 'single' })
    .prefault([]);

/** What `engine` holds. */
export const engineSchema = z.strictObject({
  kind: z
    .enum(Object.keys(ENGINE_KINDS) as [EngineKind, ...EngineKind[]])
    .default('vllm')
    .describe(
      'Dialect of the inference server; tinker: sampling by the Tinker API; openai: any server with /v1/completions; embedded: the tiny model of this package',
    ),
  urls: serverUrls().describe('Base URLs of servers that serve the same model; empty: start the embedded one'),
  adminUrls: serverUrls().describe(
    'Where urls name a router: base URL of every server behind it, for loading weights and for health; empty: urls are the servers themselves',
  ),
  sessionHeader: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/, { error: 'must be the name of an HTTP header: letters, digits and "-"' })
    .nullable()
    .default('X-Session-ID')
    .describe(
      'Header that is equal for all calls of one group of attempts, so that a router can send them where their prefix is; null: none',
    ),
  tokenizerUrl: serverUrl()
    .nullable()
    .default(null)
    .describe(
      'Base URL of a server with /tokenize and /detokenize of vLLM that serves the same model; for kind tinker only',
    ),
  placement: z
    .enum(['sticky', 'spread'])
    .default('sticky')
    .describe('With several URLs, where a call goes: to the server that holds its prefix, or to the least busy one'),
  model: nonBlank().describe('Name of the model as the server knows it'),
  maxInFlight: wholeNumber(1, 65_536)
    .default(512)
    .describe('Most calls under way at once, all servers together; fewer while they are busy'),
  eosTokens: z
    .array(z.string().min(1, { error: 'must not be empty' }))
    .min(1, { error: 'must name at least one' })
    .max(16)
    .default(['<|im_end|>', '<|endoftext|>'])
    .describe('Texts of the tokens that end a sequence; any that is not a single token of the tokenizer is left out'),
  timeoutSeconds: z.number().min(1).max(MAX_SECONDS).default(600).describe('Longest one call may take'),
  restartPatienceSeconds: z
    .number()
    .min(0)
    .max(MAX_SECONDS)
    .default(600)
    .describe('How long a server that answers nobody is waited for: it may be restarting; 0: a few tries'),
  apiKeyEnv: apiKeyVariable(),
});

const archiveHandOver = z.strictObject({
  kind: z.literal('archive'),
  directory: nonBlank().describe(
    'Folder both this process and the engine can read; relative to the configuration file',
  ),
});

const sharedPathHandOver = z.strictObject({
  kind: z.literal('shared-path'),
  root: nonBlank().describe(
    "The trainer's checkpoint folder, as this process and the engine see it; relative to the configuration file",
  ),
});

const handOver = z.union([z.literal('path'), archiveHandOver, sharedPathHandOver], {
  error: 'must be path, {kind: archive, directory: FOLDER}, or {kind: shared-path, root: FOLDER}',
});

/** What `trainer` holds. */
export const trainerSchema = z.strictObject({
  url: serverUrl().nullable().default(null).describe('Base URL of a Tinker-API trainer; null: the embedded one'),
  profile: z
    .enum(['auto', 'hosted', 'skyrl-jax', 'skyrl-train', 'tuft', 'verl', 'embedded'])
    .default('auto')
    .describe('Whose dialect the trainer speaks'),
  handover: handOver
    .default('path')
    .describe(
      'How new weights reach the engine: by a path both know, as an archive unpacked into a shared folder, or in place, below a checkpoint folder of the trainer that is shared',
    ),
  operationTimeoutSeconds: z.number().min(1).max(MAX_SECONDS).default(3600).describe('Longest one operation may take'),
  slotPatienceSeconds: z
    .number()
    .min(0)
    .max(MAX_SECONDS)
    .default(600)
    .describe('How long a trainer that has no room for another model is waited for'),
  apiKeyEnv: apiKeyVariable(),
  baseModel: nonBlank().nullable().default(null).describe('Model to train; null: engine.model'),
  keep: wholeNumber(1, 1000)
    .default(1)
    .describe(
      'Newest saved states of each stage, and newest weights for sampling, that are kept; older ones are deleted',
    ),
  lora: z
    .preprocess(
      (value) => (value === 'none' ? { rank: 0 } : value),
      z.strictObject({
        rank: wholeNumber(0, 4096).default(32).describe('Rank of the adapter; 0: all weights, where offered'),
      }),
    )
    .meta({ shortForm: 'string' })
    .prefault({})
    .describe('Adapter that is trained; none: all weights of the model, where the trainer offers it'),
});

/** What `embedded` holds; only runs with the embedded server use it. */
export const embeddedSchema = z.strictObject({
  family: z
    .enum(Object.keys(WORD_FAMILIES) as [WordFamilyName, ...WordFamilyName[]])
    .default('word-sums')
    .describe('Which problems the model and its teacher know; mixed: totals, chain and check too'),
  threads: wholeNumber(1, 64).default(2).describe('Worker threads; they change no result'),
  modelSeed: seedNumber().nullable().default(null).describe('Seed of the random initial weights; null: run.seed'),
});
