/**
 * The pause that a server asks for:
 *  1. retry-after in seconds, with a fraction, as a date; retry-after-ms wins over it
 *  2. resets of limits that are used up: durations, seconds, times since the epoch, dates; the longest counts
 *  3. a limit with something left asks for nothing; nonsense asks for nothing
 *  4. never more than the longest allowed, never less than nothing
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { type AnswerHeaders, readAskedPause } from '../../src/edge/asked-pause.ts';

const NOW_MS = Date.parse('2026-11-28T12:00:00Z');

function check(
  cases: readonly (readonly [headers: AnswerHeaders, pauseMs: number | null])[],
  longestMs?: number,
): void {
  for (const [headers, pauseMs] of cases) {
    assert.equal(readAskedPause(headers, NOW_MS, longestMs), pauseMs, JSON.stringify(headers));
  }
}

test('1: retry-after', () => {
  check([
    [{ 'retry-after': '7' }, 7_000],
    [{ 'retry-after': ' 0.5 ' }, 500],
    [{ 'retry-after': 'Sat, 28 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'retry-after': '2', 'x-ratelimit-reset-requests': '1m' }, 2_000],
  ]);
});

test('2: resets', () => {
  check([
    [{ 'x-ratelimit-reset-requests': '1s' }, 1_000],
    [{ 'x-ratelimit-reset-tokens': '6m0s' }, 360_000],
    [{ 'x-ratelimit-reset-tokens': '20ms', 'x-ratelimit-reset-requests': '1.5s' }, 1_500],
    [{ 'x-ratelimit-reset': '30' }, 30_000],
    [{ 'x-ratelimit-reset': String(NOW_MS / 1000 + 40) }, 40_000],
    [{ 'x-ratelimit-reset': String(NOW_MS + 50_000) }, 50_000],
    [{ 'ratelimit-reset': '12', 'ratelimit-remaining': '0' }, 12_000],
    [{ 'x-ratelimit-reset-requests': '2026-11-28T12:01:00Z' }, 60_000],
  ]);
});

test('3: nothing asked', () => {
  check([
    [{}, null],
    [{ 'x-ratelimit-remaining-requests': '99', 'x-ratelimit-reset-requests': '1h' }, null],
    [
      { 'x-ratelimit-remaining-requests': '99', 'x-ratelimit-reset-requests': '1h', 'x-ratelimit-reset-tokens': '3s' },
      3_000,
    ],
    [{ 'retry-after': 'soon' }, null],
    [{ 'retry-after': '-3' }, null],
    [{ 'x-ratelimit-reset': '1x' }, null],
    [{ 'retry-after': ['1', '2'] }, null],
  ]);
});

test('4: bounds', () => {
  check([[{ 'retry-after': '3600' }, 60_000]], 60_000);
  check([[{ 'retry-after': 'Sat, 28 Nov 2026 11:00:00 GMT' }, 0]]);
});
