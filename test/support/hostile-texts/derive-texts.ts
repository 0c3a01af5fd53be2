import type { Pattern } from './parse-pattern.ts';

/** A text that is to be repeated: `before`, then `piece` any number of times, then `after`. */
export interface Pump {
  readonly before: string;
  readonly piece: string;
  readonly after: string;
}

/** Writes a pump of about `length` characters. */
export function writePump({ before, piece, after }: Pump, length: number): string {
  return before + piece.repeat(Math.ceil(length / piece.length)) + after;
}

/** Characters from which samples are taken; none beyond the basic plane. */
const POOL = [
  ...'aAbxeinoTFPSW01579 \t\n.,;:!?\'"()[]{}|<>/\\$^_&%#@~`+-*=',
  ...[
    'é',
    'ß',
    'Ω',
    '中',
    '答',
    '案',
    'ا',
    'अ',
    '−',
    '–',
    '×',
    '÷',
    '½',
    '²',
    '⁵',
    '°',
    '√',
    '∞',
    '≤',
    '∪',
    '€',
    '\u00a0',
    '\u2028',
    '\u200b',
    '：',
    '８',
    '\0',
  ],
];

/** Characters a class matches: the first few of the pool, and one far into it. */
function sampleCharacters(source: string, flags: string): string[] {
  const one = new RegExp(`^(?:${source})$`, flags.replace(/[gyd]/g, ''));
  const fitting = POOL.filter((character) => one.test(character));
  return [...new Set([...fitting.slice(0, 2), ...fitting.slice(-1)])];
}

/** Texts that a pattern matches: a shortest one, and some that repeat or choose otherwise. */
function listSamples(pattern: Pattern, flags: string): string[] {
  switch (pattern.is) {
    case 'char':
      return sampleCharacters(pattern.source, flags);
    case 'group':
      return listSamples(pattern.of, flags);
    case 'choice':
      return pattern.options.flatMap((option) => listSamples(option, flags).slice(0, 1)).slice(0, 6);
    case 'repeat': {
      const inner = listSamples(pattern.of, flags);
      const times = Math.max(pattern.min, 1);
      const repeated = inner.map((text) => text.repeat(Math.min(times, 4)));
      return pattern.min === 0 ? ['', ...repeated] : repeated;
    }
    case 'sequence': {
      const parts = pattern.parts.map((part) => listSamples(part, flags));
      const shortest = parts.map((samples) => samples[0] ?? '').join('');
      const longest = parts.map((samples) => samples.at(-1) ?? '').join('');
      return [...new Set([shortest, longest])];
    }
    default:
      return [''];
  }
}

/** A piece that a pattern can take over and over, with what leads up to it. */
interface Pumped {
  readonly before: string;
  readonly piece: string;
  /** Characters that the repetition does not take: where it has to give back what it took. */
  readonly misfits: readonly string[];
}

/** The first characters of the pool, of both cases and a digit among them, that a repeated class does not match. */
function listMisfits(repeated: Pattern, flags: string): string[] {
  if (repeated.is === 'group') return listMisfits(repeated.of, flags);
  if (repeated.is !== 'char') return [];
  const one = new RegExp(`^(?:${repeated.source})$`, flags.replace(/[gyd]/g, ''));
  return POOL.filter((character) => !one.test(character)).slice(0, 2);
}

function listPumped(pattern: Pattern, before: string, flags: string): Pumped[] {
  switch (pattern.is) {
    case 'group':
    case 'look':
      return listPumped(pattern.of, before, flags);
    case 'choice':
      return pattern.options.flatMap((option) => listPumped(option, before, flags));
    case 'sequence': {
      const found: Pumped[] = [];
      let lead = before;
      for (const part of pattern.parts) {
        found.push(...listPumped(part, lead, flags));
        lead += listSamples(part, flags)[0] ?? '';
      }
      return found;
    }
    case 'repeat': {
      const inner = listPumped(pattern.of, before, flags);
      if (pattern.max < 8) return inner;
      const pieces = listSamples(pattern.of, flags).filter((piece) => piece !== '');
      const misfits = listMisfits(pattern.of, flags);
      return [...inner, ...pieces.map((piece) => ({ before, piece, misfits }))];
    }
    default:
      return [];
  }
}

/**
 * Long texts that are hard on a pattern: every piece that it can repeat, behind what leads up to it and alone, ended
 * by what fits nothing, by what the repetition does not take, by what stands before, and by nothing at all.
 */
export function derivePumps(pattern: Pattern, flags: string): Pump[] {
  const pumps = new Map<string, Pump>();
  for (const { before, piece, misfits } of listPumped(pattern, '', flags)) {
    for (const lead of new Set([before, ''])) {
      for (const after of ['', '\0', `${piece[0]!.toUpperCase()}!`, ...misfits]) {
        const pump = { before: lead, piece, after };
        pumps.set(JSON.stringify(pump), pump);
      }
    }
  }
  return [...pumps.values()];
}
