import * as z from 'zod';

/** Building blocks of the configuration schema: bounded numbers, names, addresses, lists with a short form. */

/** Seeds are 31-bit, as the engines take them. */
const MAX_SEED = 2 ** 31 - 1;

/** Longest name of a run, stage or set. */
const MAX_NAME_CHARS = 120;

/** An upper-case word without an underscore is a name up to this length, and looks like a key beyond it. */
const MAX_WORD_CHARS = 16;

/** A whole number from `min` to `max`. */
export function wholeNumber(min: number, max: number) {
  return z.int().min(min).max(max);
}

/** A number of tokens, at least one. */
export function tokenCount() {
  return wholeNumber(1, 1_000_000);
}

/** A share or probability. */
export function fraction() {
  return z.number().min(0).max(1);
}

/** Seed of anything random. */
export function seedNumber() {
  return wholeNumber(0, MAX_SEED);
}

/** Text that is not blank. */
export function nonBlank() {
  return z
    .string()
    .regex(/\S/, { error: 'must not be blank' })
    .max(4096, { error: 'must have at most 4096 characters' });
}

/** A name that also serves in paths and metric keys. */
export function shortName() {
  return z
    .string()
    .regex(/^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u, {
      error: 'must begin with a letter or digit and hold only letters, digits, ".", "_" and "-"',
    })
    .max(MAX_NAME_CHARS, { error: `must have at most ${MAX_NAME_CHARS} characters` });
}

/** Base address of a server. It is stored with the run, and so must not contain a secret. */
export function serverUrl() {
  return z.string().superRefine((text, ctx) => {
    const fault = findUrlFault(text);
    if (fault !== null) ctx.addIssue({ code: 'custom', message: fault });
  });
}

function findUrlFault(text: string): string | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return 'must be a URL such as http://127.0.0.1:8000/v1';
  if (url.username !== '' || url.password !== '') {
    return 'must not hold a user name or password; name an environment variable with apiKeyEnv';
  }
  if (url.search !== '' || url.hash !== '') return 'must end before "?" and "#"';
  return null;
}

/**
 * Name of the environment variable that holds a key; null when the server wants none. What looks
 * like a key itself is refused, without being repeated in the message.
 */
export function apiKeyVariable() {
  return z
    .string()
    .refine(looksLikeVariable, {
      error:
        'is not the name of an environment variable; write its upper-case name (such as OPENAI_API_KEY), never the key itself',
    })
    .nullable()
    .default(null)
    .describe('Name of the environment variable that holds the API key; null: no key');
}

function looksLikeVariable(text: string): boolean {
  if (!/^[A-Z_][A-Z0-9_]{0,63}$/.test(text)) return false;
  return text.includes('_') || text.length <= MAX_WORD_CHARS;
}

/** A list that may be written as a single item. */
export function listOf<T extends z.ZodType>(item: T, description: string) {
  return z
    .preprocess(
      (value) => (Array.isArray(value) || value === undefined ? value : [value]),
      z.array(item).min(1, { error: 'must name at least one' }).describe(description),
    )
    .meta({ shortForm: 'single' });
}
