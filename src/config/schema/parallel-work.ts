import * as z from 'zod';
import { DEFAULT_WATCHDOG } from '../../core/curriculum.ts';
import { DEFAULT_EFFECTIVE_THRESHOLDS as DEFAULTS } from '../../core/effective/effective-parallelism.ts';
import { fraction, wholeNumber } from './fields.ts';

/** What counts as parallel work, and what is done when a reward is earned without it (docs/effective-parallelism.md). */

const MAX_WORDS = 10_000;

/** Words are words, numbers and single signs of scripts that write without spaces. */
export const effectiveSchema = z.strictObject({
  minWords: wholeNumber(0, MAX_WORDS)
    .default(DEFAULTS.minWords)
    .describe('Fewest visible words of a path without a right calculation'),
  minNewWords: wholeNumber(0, MAX_WORDS)
    .default(DEFAULTS.minNewWords)
    .describe('Words such a path brings that stood neither in the problem nor before the block'),
  maxRestated: fraction()
    .default(DEFAULTS.maxRestated)
    .describe('Share of a path that may stand in the problem or before the block already'),
  minDistance: fraction()
    .default(DEFAULTS.minDistance)
    .describe('Share of a path that no earlier sibling holds; below it is a copy'),
  maxIdlePerPath: z
    .number()
    .min(0)
    .max(64)
    .default(DEFAULTS.maxIdlePerPath)
    .describe('Paths without work, for each with work, before no block counts'),
});

/** Bounds of the watchdog. */
export const watchdogSchema = z.strictObject({
  action: z
    .enum(['off', 'warn', 'stop'])
    .default(DEFAULT_WATCHDOG.action)
    .describe('Warn, or stop the run after the step'),
  window: wholeNumber(1, 10_000).default(DEFAULT_WATCHDOG.window).describe('Steps whose means are compared'),
  minFall: fraction().default(DEFAULT_WATCHDOG.minFall).describe('Share of its highest mean that a figure must lose'),
  minGrowth: fraction()
    .default(DEFAULT_WATCHDOG.minGrowth)
    .describe('What the share of responses with the bonus must gain meanwhile'),
});
