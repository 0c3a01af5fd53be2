/**
 * The format check on token ids:
 *  1. offsets are token indices, and the report names its source
 *  2. a tag typed out of ordinary tokens is text
 *  3. end-of-sequence ids at the end are dropped; before other tokens they are text
 *  4. the gap is told by its ids, blank paths by the ids that are blank
 *  5. ids and text agree on responses made of plain tokens and tags, however both are cut
 *  6. the table of the text check gives the same codes on ids, in every mode
 *  7. the lints that need letters are not among those of ids; those that do not can be promoted
 *  8. an invalid prefix is found at the token that makes it so
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { checkFormat, checkIdsFormat, createFormatChecker } from '../../src/core/format/format-checker.ts';
import type { FormatMode, FormatReport } from '../../src/core/format/format-report.ts';
import { findTags } from '../../src/core/format/tag-stream.ts';
import { TAGS, type TagIds } from '../../src/core/grammar.ts';
import { arbitraryCut, BLOCK, cutInto } from '../support/format-texts.ts';

const IDS: TagIds = {
  parallelOpen: 0,
  parallelClose: 1,
  pathOpen: 2,
  pathClose: 3,
  summaryOpen: 4,
  summaryClose: 5,
  gap: [6],
  eos: [7, 8],
};

/** Text per id: the tags, the gap, two ends of sequence, then plain tokens. */
const TEXTS = [...TAGS, '\n', '<|im_end|>', '<|end|>', ' ', '\n\n', 'a', 'b', '4', '.', '<', 'Path', '>'];
const isBlank = (id: number) => (TEXTS[id] ?? 'x').trim() === '';

/** One id per tag and per character. */
function encode(text: string): number[] {
  const ids: number[] = [];
  let from = 0;
  const plain = (part: string) => [...part].map((character) => TEXTS.indexOf(character));
  for (const { tag, at, end } of findTags(text)) {
    ids.push(...plain(text.slice(from, at)), TEXTS.indexOf(tag));
    from = end;
  }
  ids.push(...plain(text.slice(from)));
  assert.ok(!ids.includes(-1), text);
  return ids;
}

const MODES = ['strict', 'reference', 'algorithm1'] as const;
const codesOf = (ids: readonly number[], mode: FormatMode = 'strict') =>
  checkIdsFormat(ids, mode, IDS, { isBlank }).violations.map(({ code }) => code);

const GOOD = encode('<Parallel><Path>a</Path><Path>b</Path></Parallel>\n<Summary>4</Summary>');

test('1: token indices', () => {
  const report = checkIdsFormat([11, ...GOOD, 3], 'strict', IDS);
  assert.equal(report.source, 'ids');
  assert.deepEqual(report.violations, [{ code: 'stray_close', at: GOOD.length + 1 }]);
  const [block] = report.blocks;
  assert.deepEqual(
    [block!.open, block!.paths, block!.close, block!.summary],
    [
      1,
      [
        [3, 4],
        [6, 7],
      ],
      8,
      [11, 12],
    ],
  );
});

test('2: typed-out tags', () => {
  const typed = [15, 16, 17];
  assert.equal(typed.map((id) => TEXTS[id]).join(''), '<Path>');
  assert.deepEqual(codesOf([...typed, ...GOOD]), []);
  assert.deepEqual(codesOf([0, ...typed, 11, 3, 1, 6, 4, 11, 5]), ['text_in_block', 'stray_close', 'too_few_paths']);
  assert.equal(checkFormat([...typed, ...GOOD].map((id) => TEXTS[id]).join(''), 'strict').valid, false);
});

test('3: end of sequence', () => {
  assert.deepEqual(codesOf([...GOOD, 7]), []);
  assert.deepEqual(codesOf([...GOOD.slice(0, -4), 7]), ['missing_summary']);
  assert.deepEqual(codesOf([...GOOD.slice(0, 8), 8, 7, 6, ...GOOD.slice(9)]), ['text_before_summary']);
  assert.deepEqual(codesOf([0, 2, 7, 3, 2, 8, 3, 1, 6, 4, 7, 5]), []);
});

test('4: gap and blanks', () => {
  const lintsOf = (ids: readonly number[]) =>
    checkIdsFormat(ids, 'strict', IDS, { isBlank }).lints.map(({ code }) => code);
  const gapAt = GOOD.indexOf(6);
  assert.deepEqual(lintsOf(GOOD), []);
  assert.deepEqual(lintsOf(GOOD.toSpliced(gapAt, 1)), ['noncanonical_space']);
  assert.deepEqual(lintsOf(GOOD.toSpliced(gapAt, 1, 10)), ['noncanonical_space']);
  const twoIds = { ...IDS, gap: [6, 9] };
  const spread = GOOD.toSpliced(gapAt + 1, 0, 9);
  assert.deepEqual(checkIdsFormat(spread, 'strict', twoIds).lints, []);
  assert.equal(checkIdsFormat(GOOD, 'strict', twoIds).lints.length, 1);
  const blankPath = [0, 2, 10, 3, 2, 11, 3, 1, 6, 4, 11, 5];
  assert.deepEqual(codesOf(blankPath), ['empty_path']);
  assert.deepEqual(checkIdsFormat(blankPath, 'strict', IDS).violations, []);
});

/** The report in the words of the ids: offsets mapped, the lints that ids can see. */
function toIdReport(report: FormatReport, ids: readonly number[]): FormatReport {
  const indexAt = new Map<number, number>();
  let at = 0;
  ids.forEach((id, index) => {
    indexAt.set(at, index);
    at += TEXTS[id]!.length;
  });
  indexAt.set(at, ids.length);
  const map = (offset: number) => indexAt.get(offset)!;
  const mapRange = ([from, to]: readonly [number, number]) => [map(from), map(to)] as const;
  const shared = new Set<string>(['no_block', 'noncanonical_space']);
  return {
    ...report,
    source: 'ids',
    violations: report.violations.map(({ code, at: offset }) => ({ code, at: map(offset) })),
    lints: report.lints
      .filter(({ code }) => shared.has(code))
      .map(({ code, at: offset }) => ({ code, at: map(offset) })),
    blocks: report.blocks.map(({ open, paths, close, summary }) => ({
      open: map(open),
      paths: paths.map(mapRange),
      close: map(close),
      summary: mapRange(summary),
    })),
  };
}

test('5: ids and text agree', () => {
  const plain = fc.integer({ min: 0, max: 14 }).filter((id) => !IDS.eos.includes(id));
  const ids = fc
    .array(
      fc.oneof(
        plain.map((id) => [id]),
        fc.constantFrom(GOOD, GOOD.slice(0, 6), GOOD.slice(0, 9), GOOD.slice(6)),
      ),
    )
    .map((parts) => parts.flat());
  fc.assert(
    fc.property(ids, arbitraryCut, fc.constantFrom(...MODES), (response, cut, mode) => {
      // Of the ids that hold line feeds only the gap's own are known as such.
      const text = response.map((id) => (TEXTS[id] === '\n\n' ? '  ' : TEXTS[id])).join('');
      const checker = createFormatChecker({ mode, source: { kind: 'ids', tags: IDS, isBlank } });
      const pushed = cutInto(response, cut).flatMap((chunk) => checker.push(chunk));
      const report = checker.finish();
      assert.deepEqual(report, toIdReport(checkFormat(text, mode), response));
      assert.deepEqual(report.violations.slice(0, pushed.length), pushed);
    }),
    { numRuns: 2000, seed: 13 },
  );
});

const P = '<Parallel><Path>a</Path><Path>b</Path></Parallel>';

test('6: rows of the table', () => {
  const texts = [
    ...['', 'ab', P, `${P}a${P}\n<Summary>4</Summary>`, `${P}a<Summary>4</Summary>`, '<Summary>4</Summary>'],
    ...[
      '<Parallel><Path>a</Path>a<Path>b</Path></Parallel>\n<Summary>4</Summary>',
      `${P}\n<Summary>4`,
      '<Path>a</Path>',
    ],
    ...[
      '<Parallel><Path>a</Path><Path>a</Path></Parallel>\n<Summary>4</Summary>',
      '<Parallel></Parallel>',
      '</Parallel>',
    ],
  ];
  for (const text of texts) {
    for (const mode of MODES) {
      const fromText = checkFormat(text, mode).violations.map(({ code }) => code);
      assert.deepEqual(codesOf(encode(text), mode), fromText, `${mode} ${text}`);
    }
  }
});

test('7: lints', () => {
  const report = checkIdsFormat(encode('ab'), 'strict', IDS);
  assert.deepEqual(report.lints, [{ code: 'no_block', at: 0 }]);
  const promoted = checkIdsFormat(encode('ab'), 'strict', IDS, { promote: ['no_block'] });
  assert.deepEqual(promoted.violations, [{ code: 'no_block', at: 0 }]);
  const inPrompt = checkIdsFormat(GOOD, 'strict', IDS, { prompt: [11, 2], tagInPrompt: true });
  assert.deepEqual(inPrompt.violations, [{ code: 'tag_in_prompt', at: 1 }]);
  assert.equal(checkIdsFormat(GOOD, 'strict', IDS, { prompt: [15, 16, 17], tagInPrompt: true }).valid, true);
  assert.equal(checkFormat(BLOCK, 'strict').lints[0]?.code, 'no_final_answer');
});

test('8: the token to stop at', () => {
  const checker = createFormatChecker({ mode: 'strict', source: { kind: 'ids', tags: IDS } });
  const ids = [...GOOD.slice(0, 9), 11, 12, 13];
  assert.deepEqual(checker.push(ids), []);
  assert.equal(checker.invalidPrefix, 10);
  const nested = createFormatChecker({ mode: 'strict', source: { kind: 'ids', tags: IDS } });
  assert.deepEqual(nested.push([11, 0, 2, 11, 0, 12]), [{ code: 'nested_block', at: 4 }]);
  assert.equal(nested.invalidPrefix, 5);
});
