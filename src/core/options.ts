import { findNearestName } from './nearest-name.ts';

/** Options as callers without types pass them: an unknown, missing or impossible one is a fault, never a silent default. */

/** What an option must be; `?` marks one that may be left out. */
export type CallerOption =
  | `${'text' | 'object' | 'list' | 'function' | 'boolean' | 'number'}${'' | '?'}`
  | readonly string[];

/**
 * What is wrong with the options a function was called with, in one line that names the function, the option and what
 * is known; null when nothing is. A list of texts means one of them, and may be left out.
 */
export function findOptionFault(
  caller: string,
  given: unknown,
  known: Readonly<Record<string, CallerOption>>,
): string | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return `${caller}: options are an object with ${Object.keys(known).join(', ')}`;
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    const nearest = findNearestName(unknown, Object.keys(known));
    const hint = nearest === null ? `known: ${Object.keys(known).join(', ')}` : `did you mean ${nearest}?`;
    return `${caller}: there is no option ${JSON.stringify(unknown)}; ${hint}`;
  }
  for (const [name, wanted] of Object.entries(known)) {
    const fault = findValueFault((given as Readonly<Record<string, unknown>>)[name], wanted);
    if (fault !== null) return `${caller}: ${name} ${fault}`;
  }
  return null;
}

function findValueFault(value: unknown, wanted: CallerOption): string | null {
  if (typeof wanted !== 'string') {
    if (value === undefined || wanted.some((one) => one === value)) return null;
    return `must be one of ${wanted.join(', ')}`;
  }
  const kind = wanted.replace('?', '');
  if (value === undefined || value === null) return wanted.endsWith('?') ? null : 'is missing';
  const is = Array.isArray(value) ? 'list' : typeof value === 'string' ? 'text' : typeof value;
  // A function with the required methods will do as well: `Date` is a clock.
  const fits = is === kind || (kind === 'object' && is === 'function');
  return fits ? null : `must be ${KINDS[kind]!}`;
}

const KINDS: Readonly<Record<string, string>> = {
  text: 'text',
  object: 'an object',
  list: 'a list',
  function: 'a function',
  boolean: 'true or false',
  number: 'a number',
};
