import { makeRational, type Rational } from './rational.ts';

/**
 * A stand-in for the value of a function that is only named (`f(x+1)`, `a_{n-1}`): a number that depends on the
 * name and the arguments alone, of either sign, so that equal names with equal arguments have equal values and
 * others by chance only. `keys` are the arguments' values, written out.
 */
export function valueOfOpaque(name: string, keys: readonly string[]): Rational {
  const text = `${name}(${keys.join(',')})`;
  const [num, den] = [hashText(text, 2166136261), hashText(text, 40389)];
  const size = 97n * BigInt((num % 20_011) + 1) + 1n;
  return makeRational(num & 0x40000000 ? -size : size, BigInt(97 * ((den % 13) + 1)))!;
}

/** A hash of 31 bits. */
export function hashText(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 15), 2246822507);
  hash = Math.imul(hash ^ (hash >>> 13), 3266489909);
  return (hash ^ (hash >>> 16)) & 0x7fffffff;
}
