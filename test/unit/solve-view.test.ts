/**
 * The thought on a terminal:
 *  1. control characters, direction overrides and half surrogates of model text are shown, never obeyed
 *  2. wrapped lines fit, wide characters count double, nothing but blanks is lost
 *  3. rows: trunk calls alone, the paths of one block together, of the next block apart
 *  4. paths stand side by side where there is room, else one below the other; tags and end of sequence are not shown
 *  5. no line is wider than the terminal, whatever the text and its width
 *  6. the live view draws in place: on the screen stands the final tree, once, also when it is higher than the screen
 *  7. without a terminal every segment is written when it is finished
 *  8. a path that was given up says so and counts no token; one that is asked again is written in its own place
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { measureColumns, wrapText } from '../../src/cli/render/wrap-text.ts';
import { createPaint, renderProgress, renderThought } from '../../src/cli/solve/render-thought.ts';
import {
  countThoughtTokens,
  EMPTY_THOUGHT,
  followThought,
  listRows,
  type Thought,
} from '../../src/cli/solve/thought.ts';
import { openLineView, openLiveView } from '../../src/cli/solve/thought-view.ts';
import type { Piece, Segment } from '../../src/core/trajectory.ts';
import { toPlainText } from '../../src/edge/terminal-text.ts';
import type { SegmentEvent } from '../../src/pipeline/rollout/trajectory-calls.ts';

const PAINT = createPaint(false);
const RENDER = { nowMs: 40, paint: PAINT, eosTexts: ['<eos>'] };

/** Words are tokens. */
const piece = (text: string, origin: Piece['origin']): Piece => ({
  ids: text.split(/\s+/).map((_, i) => i),
  text,
  logprobs: null,
  origin,
});

function segment(role: Segment['role'], block: number, path: number, injected: string, sampled: string): Segment {
  const pieces = [...(injected === '' ? [] : [piece(injected, 'injected')]), piece(sampled, 'policy')];
  return { role, block, path, pieces, stop: 'tag', flags: [], seed: 1, weightsVersion: 'w' };
}

const finished = (one: Segment): SegmentEvent[] => {
  const place = { sample: 0, role: one.role, block: one.block, path: one.path };
  return [
    { kind: 'started', ...place },
    { kind: 'finished', ...place, segment: one },
  ];
};

const one = (block: number, first = 'tens 4</Path>', second = 'ones 9</Path>'): SegmentEvent[] => [
  ...finished(segment('main', 0, 0, '', 'split<Parallel>')),
  ...finished(segment('path', block, 1, '<Path>', first)),
  ...finished(segment('path', block, 2, '<Path>', second)),
  ...finished(segment('summary', block, 0, '</Parallel>\n<Summary>', 'both 49</Summary>')),
];

const EVENTS: readonly SegmentEvent[] = [...one(1), ...finished(segment('main', 0, 0, '', 'Final Answer: 49<eos>'))];

const follow = (events: readonly SegmentEvent[]): Thought =>
  events.reduce((thought, event, i) => followThought(thought, event, i), EMPTY_THOUGHT);

function isShown(character: string): boolean {
  const code = character.codePointAt(0)!;
  const isControl = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
  return !isControl && !turns && !(code >= 0xd800 && code < 0xe000);
}

test('1: safe to show', () => {
  assert.equal(toPlainText('a\u001B[2Jb\u0007\u009B1m'), 'a\\x1b[2Jb\\x07\\x9b1m');
  assert.equal(toPlainText('x\u202Ey\u2066z\u2028'), 'x\\u202ey\\u2066z\\u2028');
  assert.equal(toPlainText('a\tb\r\nc\rd\uD800'), 'a  b\nc\\x0dd\\ud800');
  assert.equal(toPlainText('Käse 数 🙂'), 'Käse 数 🙂');
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), (units) => {
      const text = String.fromCharCode(...units);
      for (const character of toPlainText(text)) assert.ok(character === '\n' || isShown(character));
    }),
  );
});

test('2: wrapping', () => {
  assert.deepEqual(wrapText('one two three', 7), ['one two', 'three']);
  assert.deepEqual(wrapText('a\n\nbcdef', 3), ['a', '', 'bcd', 'ef']);
  assert.deepEqual(wrapText('数数数', 4), ['数数', '数']);
  assert.equal(measureColumns('e\u0301🙂'), 3);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 2, max: 30 }), (text, columns) => {
      const plain = toPlainText(text);
      const lines = wrapText(plain, columns);
      for (const line of lines) assert.ok(measureColumns(line) <= columns, JSON.stringify(line));
      const letters = (some: string) => some.replaceAll(/\s/gu, '');
      assert.equal(letters(lines.join('')), letters(plain));
    }),
  );
});

test('3: rows', () => {
  const rows = listRows(follow([...one(1), ...one(2)]));
  assert.deepEqual(
    rows.map((row) => (Array.isArray(row) ? row.length : 1)),
    [1, 2, 1, 1, 2, 1],
  );
  const back = listRows(follow([...one(1).slice(2, 6), ...one(2).slice(2, 6)]));
  assert.equal(back.length, 2, 'blocks without a call between them');
});

test('4: side by side, or below each other', () => {
  const wide = renderThought(follow(EVENTS), { ...RENDER, width: 80 });
  assert.equal(wide[0], '● main 1 token, 1 ms');
  assert.equal(wide[1], '  split');
  assert.match(wide[2]!, /^┌ path 1 {2}2 tokens, 1 ms ─+┬ path 2 {2}2 tokens, 1 ms ─+┐$/);
  assert.match(wide[3]!, /^│ tens 4 +│ ones 9 +│$/);
  assert.match(wide[4]!, /^└─+┴─+┘$/);
  assert.deepEqual(wide.slice(5), [
    '● summary 2 tokens, 1 ms',
    '  both 49',
    '● main 3 tokens, 1 ms',
    '  Final Answer: 49',
  ]);
  const narrow = renderThought(follow(EVENTS), { ...RENDER, width: 40 });
  assert.deepEqual(narrow.slice(2, 6), [
    '├─ path 1 2 tokens, 1 ms',
    '│    tens 4',
    '└─ path 2 2 tokens, 1 ms',
    '     ones 9',
  ]);
  const writing = renderThought(follow(EVENTS.slice(0, 3)), { ...RENDER, width: 80 });
  assert.match(writing[2]!, /path 1 {2}writing, 38 ms/);
});

test('5: no line is too wide', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 200 }),
      fc.string({ maxLength: 200 }),
      fc.integer({ min: 24, max: 160 }),
      fc.integer({ min: 0, max: 1e9 }),
      (first, second, width, nowMs) => {
        const thought = follow([
          ...one(1, first, second),
          { kind: 'started', sample: 0, role: 'main', block: 0, path: 0 },
        ]);
        const render = { ...RENDER, width, nowMs };
        for (const line of [...renderThought(thought, render), renderProgress(thought, render)]) {
          assert.ok(measureColumns(line) <= width, `${measureColumns(line)} of ${width}: ${line}`);
        }
      },
    ),
  );
});

/** Cursor up, clear below, clear line, line feed, a character. */
const STEPS = new RegExp(`${String.fromCharCode(27)}\\[(?:(\\d+)A|(J)|(2K))|(\\n)|([^\\r])`, 'g');

/** What stands on a terminal of so many rows, and above it, after what was written to it. */
function createScreen(columns: number, rows: number) {
  const lines: string[] = [''];
  let at = 0;
  const write = (text: string) => {
    for (const [, up, below, line, feed, character] of text.matchAll(STEPS)) {
      if (up !== undefined) at = Math.max(at - Number(up), lines.length - rows, 0);
      else if (below !== undefined) lines.splice(at, lines.length, '');
      else if (line !== undefined) lines[at] = '';
      else if (feed !== undefined) {
        at += 1;
        lines[at] ??= '';
      } else lines[at] = `${lines[at]}${character}`;
    }
    return true;
  };
  return { stream: { write, columns, rows } as unknown as NodeJS.WriteStream, read: () => lines.slice(0, -1) };
}

test('6: drawn in place', () => {
  for (const rows of [4, 8, 40]) {
    const screen = createScreen(80, rows);
    screen.stream.write('before\n');
    let nowMs = 0;
    const view = openLiveView(screen.stream, { ...RENDER, clock: { monotonic: () => nowMs++ } });
    for (const event of EVENTS) view.accept(event);
    view[Symbol.dispose]();
    const wanted = renderThought(follow(EVENTS), { ...RENDER, width: 80 }).map((line) => line.split(' ')[0]);
    assert.deepEqual(
      screen.read().map((line) => line.split(' ')[0]),
      ['before', ...wanted],
      `${rows} rows`,
    );
  }
});

test('7: lines', () => {
  const lines: string[] = [];
  using view = openLineView((line) => lines.push(line), { ...RENDER, clock: { monotonic: () => 0 } });
  for (const event of EVENTS) view.accept(event);
  assert.deepEqual(lines, [
    'main (1 token, 0 ms)',
    '  split',
    '  path 1 (2 tokens, 0 ms)',
    '    tens 4',
    '  path 2 (2 tokens, 0 ms)',
    '    ones 9',
    'summary (2 tokens, 0 ms)',
    '  both 49',
    'main (3 tokens, 0 ms)',
    '  Final Answer: 49',
  ]);
});

test('8: given up, and asked again', () => {
  const place = { sample: 0, role: 'path', block: 1, path: 2 } as const;
  const begun = one(1).slice(0, -2);
  const gone: Segment = { ...segment('path', 1, 2, '', ''), pieces: [], stop: 'abort' };
  const givenUp = follow([...begun.slice(0, -1), { kind: 'finished', ...place, segment: gone }]);
  const lines = renderThought(givenUp, { ...RENDER, width: 100 }).join('\n');
  assert.match(lines, /path 2 {2}given up, 1 ms/);
  assert.equal(countThoughtTokens(givenUp).total, countThoughtTokens(follow(begun.slice(0, -2))).total);

  const again = follow([...begun, { kind: 'started', ...place }]);
  assert.deepEqual(
    again.nodes.map(({ role, path, segment }) => `${role} ${path} ${segment === null ? 'writing' : 'done'}`),
    ['main 0 done', 'path 1 done', 'path 2 writing'],
  );
});
