/**
 * Every regular expression in src and adapters is linear, because nearly all are run over text from outside:
 *  1. on texts derived from each pattern, twice the length takes about twice the steps of a backtracking search
 *  2. patterns of the core that are put together at run time stand in places that are known
 *  3. the search counts as the engine matches: same matches on every derived text
 *  4. the derivation finds patterns that are quadratic or worse
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { derivePumps, type Pump, writePump } from '../support/hostile-texts/derive-texts.ts';
import { listPatterns } from '../support/hostile-texts/list-patterns.ts';
import { countSteps, TooManySteps } from '../support/hostile-texts/match-pattern.ts';
import { type Pattern, parsePattern } from '../support/hostile-texts/parse-pattern.ts';

const SRC = new URL('../../src/', import.meta.url);
const CORE = new URL('core/', SRC);
const ADAPTERS = new URL('../../adapters/', import.meta.url);

/** Twice the length may take this many times the steps; quadratic patterns take four times as many. */
const GROWTH = 2.6;

const LIMIT = 3_000_000;

/**
 * Files whose patterns run over text that is cut to a few hundred characters before: the comparisons of the
 * reference implementation keep its own expressions.
 */
const BOUNDED = ['core/verify/reference-strings.ts'];

const patterns = [SRC, ADAPTERS].flatMap(listPatterns);

/** The steepest growth over the derived texts; infinite where a text of 800 characters is too much. */
function measureGrowth(pattern: Pattern, flags: string): { readonly growth: number; readonly pump: Pump | null } {
  let worst: { growth: number; pump: Pump | null } = { growth: 0, pump: null };
  for (const pump of derivePumps(pattern, flags)) {
    try {
      const [once, twice] = [400, 800].map(
        (length) => countSteps(pattern, flags, writePump(pump, length), LIMIT).steps,
      );
      if (twice! / once! > worst.growth) worst = { growth: twice! / once!, pump };
    } catch (error) {
      if (!(error instanceof TooManySteps)) throw error;
      return { growth: Number.POSITIVE_INFINITY, pump };
    }
  }
  return worst;
}

test('1: patterns in the source', () => {
  assert.ok(patterns.length >= 150, `${patterns.length} patterns`);
  const steep = patterns.flatMap(({ place, source, flags }) => {
    const { growth, pump } = measureGrowth(parsePattern(source), flags);
    const isBounded = BOUNDED.some((file) => place.startsWith(`${file}:`));
    return growth <= GROWTH || isBounded
      ? []
      : [`${place} /${source}/${flags}: ${growth.toFixed(1)}, ${JSON.stringify(pump)}`];
  });
  assert.deepEqual(steep, []);
});

/** What each of these joins is a list of words or a name, or the text it runs over is bounded. */
const PUT_TOGETHER = [
  'format/tag-stream.ts',
  'verify/extract/labels.ts',
  'verify/read/choice.ts',
  'verify/read/other-scripts.ts',
  'verify/reference-strings.ts',
  'word-sums/chain.ts',
  'word-sums/check.ts',
  'word-sums/totals.ts',
  'word-sums/wording.ts',
];

test('2: patterns put together at run time', () => {
  const files = readdirSync(CORE, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const found = files.filter((path) => readFileSync(new URL(path, CORE), 'utf8').includes('new RegExp('));
  assert.deepEqual(found.toSorted(), PUT_TOGETHER);
});

test('3: the search and the engine', () => {
  let compared = 0;
  for (const { source, flags, place } of patterns) {
    const pattern = parsePattern(source);
    const global = `${flags.replace(/[gy]/g, '')}g`;
    for (const pump of derivePumps(pattern, flags)) {
      for (const length of [1, 7, 30]) {
        const text = `${pump.after}${writePump(pump, length)} x1 ${pump.piece}`;
        const { matches } = countSteps(pattern, global, text, LIMIT);
        const expected = [...text.matchAll(new RegExp(source, global))].map((m) => [m.index, m.index + m[0].length]);
        assert.deepEqual(matches, expected, `${place} on ${JSON.stringify(text)}`);
        compared += 1;
      }
    }
  }
  assert.ok(compared >= 1_000, `${compared} texts`);
});

test('4: steep patterns', () => {
  const steep = [
    '\\s*\\n\\s*',
    '0+$',
    '(\\p{L}{2,})\\s{1,3}\\$?-?\\d',
    '[.,\\s]+$',
    '(a+)+b',
    '(?:\\s|,)*x',
    '\\s+(?=x)',
    '[^\\n]*:',
  ];
  for (const source of steep) assert.ok(measureGrowth(parsePattern(source), 'u').growth > 3, source);
  const flat = ['^\\s+', '(?<!\\s)\\s+$', '\\d{1,20}', '[^\\n]*', 'a|b|c'];
  for (const source of flat) assert.ok(measureGrowth(parsePattern(source), 'u').growth <= GROWTH, source);
});
