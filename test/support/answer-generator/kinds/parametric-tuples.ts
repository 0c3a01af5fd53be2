import type { Rng } from '../../../../src/core/rng.ts';
import { type AnswerKind, type SampledKind, sampleKind } from '../answer-kind.ts';
import { between, betweenExcept, isRare, pick } from '../draw.ts';
import { tex } from '../spelling.ts';

/** One entry: `k t + c`. */
interface Entry {
  readonly k: number;
  readonly c: number;
}

/** `(2t, 3t + 1)` for all `t` of a set. */
interface Parametric {
  readonly entries: readonly Entry[];
  readonly name: string;
  readonly domain: string;
}

const NAMES: Readonly<Record<string, readonly string[]>> = { Z: ['k', 'm', 'n'], R: ['t', 's', 'u'] };

function showEntry({ k, c }: Entry, name: string): string {
  const head = k === 1 ? name : k === -1 ? `-${name}` : `${k}${name}`;
  return c === 0 ? head : `${head} ${c < 0 ? '-' : '+'} ${Math.abs(c)}`;
}

const showTuple = (entries: readonly Entry[], name: string): string =>
  `(${entries.map((one) => showEntry(one, name)).join(', ')})`;

const inDomain = (name: string, domain: string, rng: Rng): string =>
  pick(rng, [
    `, ${name} \\in \\mathbb{${domain}}`,
    `,\\ ${name} \\in \\mathbb{${domain}}`,
    `, \\quad ${name} \\in \\mathbb ${domain}`,
    domain === 'Z' ? `\\text{ for integers } ${name}` : `\\text{ for all real } ${name}`,
  ]);

const otherName = ({ name, domain }: Parametric, rng: Rng): string =>
  pick(
    rng,
    NAMES[domain]!.filter((one) => one !== name),
  );

/** One entry changed. */
function change(entries: readonly Entry[], rng: Rng, to: (entry: Entry) => Entry): readonly Entry[] {
  const at = rng.nextInt(entries.length);
  return entries.with(at, to(entries[at]!));
}

const parametric: AnswerKind<Parametric> = {
  name: 'tuple with a parameter',
  shape: 'collection',
  weight: 20,
  draw: (rng) => {
    const domain = pick(rng, ['Z', 'R']);
    const entry = (): Entry => ({ k: betweenExcept(rng, -6, 6, [0]), c: isRare(rng, 2) ? 0 : between(rng, -9, 9) });
    const first: Entry = isRare(rng, 2) ? { k: 1, c: 0 } : { k: between(rng, 2, 6), c: 0 };
    const second = { ...entry(), k: betweenExcept(rng, -6, 6, [0, first.k, -first.k]) };
    const entries = isRare(rng, 3) ? [first, second, entry()] : [first, second];
    return { entries, domain, name: pick(rng, NAMES[domain]!) };
  },
  gold: ({ entries, name, domain }) => `${showTuple(entries, name)}, ${name} \\in \\mathbb{${domain}}`,
  rewrites: {
    same: ({ entries, name, domain }, rng) => tex(`${showTuple(entries, name)}${inDomain(name, domain, rng)}`),
    'domain left out': ({ entries, name }) => tex(showTuple(entries, name)),
    'parameter renamed': (value, rng) => {
      const name = otherName(value, rng);
      return tex(`${showTuple(value.entries, name)}${inDomain(name, value.domain, rng)}`);
    },
    'named tuple': ({ entries, name, domain }, rng) =>
      tex(
        `(${['x', 'y', 'z'].slice(0, entries.length).join(', ')}) = ${showTuple(entries, name)}${inDomain(name, domain, rng)}`,
      ),
    'terms exchanged': ({ entries, name }) =>
      tex(
        `(${entries.map(({ k, c }) => (c === 0 ? showEntry({ k, c }, name) : `${c} ${k < 0 ? '-' : '+'} ${showEntry({ k: Math.abs(k), c: 0 }, name)}`)).join(', ')})`,
      ),
  },
  misses: {
    'two parameters': (value, rng) => {
      const other = otherName(value, rng);
      const shown = value.entries.map((one, k) => showEntry(one, k === 0 ? value.name : other));
      return tex(`(${shown.join(', ')}), ${value.name}, ${other} \\in \\mathbb{${value.domain}}`);
    },
    'two parameters, no domain': (value, rng) => {
      const other = otherName(value, rng);
      return tex(`(${value.entries.map((one, k) => showEntry(one, k === 0 ? other : value.name)).join(', ')})`);
    },
    shifted: ({ entries, name, domain }, rng) => {
      const by = betweenExcept(rng, -3, 3, [0]);
      return tex(
        `${showTuple(
          change(entries, rng, ({ k, c }) => ({ k, c: c + by })),
          name,
        )}${inDomain(name, domain, rng)}`,
      );
    },
    'factor changed': ({ entries, name, domain }, rng) =>
      tex(
        `${showTuple(
          change(entries, rng, ({ k, c }) => ({ k: k === -1 ? 2 : k + 1, c })),
          name,
        )}${inDomain(name, domain, rng)}`,
      ),
    'renamed and shifted': (value, rng) => {
      const name = otherName(value, rng);
      const entries = change(value.entries, rng, ({ k, c }) => ({ k, c: c + 1 }));
      return tex(`${showTuple(entries, name)}${inDomain(name, value.domain, rng)}`);
    },
    'domain changed': ({ entries, name, domain }, rng) =>
      tex(
        `${showTuple(entries, name)}, ${name} \\in \\mathbb{${pick(
          rng,
          ['Z', 'R', 'N', 'Q'].filter((one) => one !== domain),
        )}}`,
      ),
    'domain changed in words': ({ entries, name, domain }) =>
      tex(
        `${showTuple(entries, name)} ${domain === 'Z' ? `\\text{ for all real } ${name}` : `\\text{ for all integers } ${name}`}`,
      ),
    'entries exchanged': ({ entries, name, domain }, rng) =>
      tex(`${showTuple([entries[1]!, entries[0]!, ...entries.slice(2)], name)}${inDomain(name, domain, rng)}`),
    'at one place': ({ entries }, rng) => {
      const at = between(rng, 1, 5);
      return tex(`(${entries.map(({ k, c }) => k * at + c).join(', ')})`);
    },
    'names exchanged': ({ entries, name, domain }, rng) =>
      tex(`(y, x${entries.length === 3 ? ', z' : ''}) = ${showTuple(entries, name)}${inDomain(name, domain, rng)}`),
    'one entry a number': ({ entries, name }, rng) =>
      tex(`(${[String(between(rng, 0, 9)), ...entries.slice(1).map((one) => showEntry(one, name))].join(', ')})`),
  },
};

/** Tuples that depend on a letter that may be any number of a set. */
export const PARAMETRIC_TUPLES: readonly SampledKind[] = [sampleKind(parametric)];
