import type { Trajectory } from '../trajectory.ts';
import { type BlockText, listBlockTexts } from './block-texts.ts';
import { listTrueSteps } from './true-steps.ts';
import { countShingles, isContent, isNumber, listUnits, measureContainment } from './visible-text.ts';

/**
 * Effective parallelism: how many of the paths a model opened did work that the answer needed. A reward that counts tags
 * is earned by anything between tags; this one looks at what stands there. It reads text only, knows no reference
 * answer, and every threshold has its reason beside it.
 */

/** What a path must be to count. The values are those of the presets for real models. */
export interface EffectiveThresholds {
  /** Visible words and numbers of a path without a calculation: less is a label, not a step of reasoning. */
  readonly minWords: number;
  /** Words or numbers a path brings that stood neither in the problem nor before the block: less is a repetition. */
  readonly minNewWords: number;
  /** Share of a path's runs of three units that may stand in the problem or the main text before it already. */
  readonly maxRestated: number;
  /** Share of a path's runs of three units that no earlier sibling has: below it, it is the sibling again. */
  readonly minDistance: number;
  /** Executed paths that do not count, for each that does, before the response earns no bonus: padding must not pay. */
  readonly maxIdlePerPath: number;
}

/** Measured on 341 real traces and the embedded teacher's (docs/effective-parallelism.md). */
export const DEFAULT_EFFECTIVE_THRESHOLDS: EffectiveThresholds = {
  minWords: 8,
  minNewWords: 3,
  maxRestated: 0.8,
  minDistance: 0.3,
  maxIdlePerPath: 1,
};

/** Why a path does not count; null: it does. */
export type IdleReason =
  /** Nothing visible, or too little of it. */
  | 'no_work'
  /** What stood in the problem or the main text already. */
  | 'restated'
  /** An earlier sibling again. */
  | 'copy'
  /** It takes nothing from what was known, or hands nothing on to what follows. */
  | 'no_bearing'
  /** It states an answer that is not the response's. */
  | 'other_answer'
  /** The response states no answer after the block. */
  | 'after_answer';

export interface PathMeasure {
  /** Visible words and numbers. */
  readonly units: number;
  /** Share of its runs of three units that no earlier sibling has, 0 to 1; 1 for the first. */
  readonly distance: number;
  readonly idle: IdleReason | null;
  /** The last number in it, which paths that agree share; null: none. */
  readonly value: string | null;
}

export interface EffectiveParallelism {
  /** Per executed block, its paths in order. */
  readonly blocks: readonly (readonly PathMeasure[])[];
  /** Blocks with at least two paths that count. */
  readonly effectiveBlocks: number;
  /** Paths that count, in all blocks. */
  readonly effectivePaths: number;
  /** All executed paths. */
  readonly paths: number;
  /** What a reward may count: the effective blocks, or 0 when idle paths outweigh them (`maxIdlePerPath`). */
  readonly earning: number;
}

/** What was asked, and the value that the response ends with; null when it states none. */
export interface EffectiveContext {
  readonly problem: string;
  readonly answer: string | null;
}

/** Measures the blocks of one response. Linear in its text but for siblings, which are compared pairwise. */
export function measureEffectiveParallelism(
  blocks: readonly BlockText[],
  context: EffectiveContext,
  thresholds: EffectiveThresholds = DEFAULT_EFFECTIVE_THRESHOLDS,
): EffectiveParallelism {
  const measured = blocks.map((block) => measureBlock(block, context, thresholds));
  const counts = measured.map((paths) => paths.filter(({ idle }) => idle === null).length);
  const effectiveBlocks = counts.filter((count) => count >= 2).length;
  const effectivePaths = counts.reduce((sum, count) => sum + count, 0);
  const paths = measured.reduce((sum, { length }) => sum + length, 0);
  const isPadded = paths - effectivePaths > thresholds.maxIdlePerPath * effectivePaths;
  return { blocks: measured, effectiveBlocks, effectivePaths, paths, earning: isPadded ? 0 : effectiveBlocks };
}

/** Reward and metrics of a step ask about the same trajectories: what was measured last of each. */
const lastMeasured = new WeakMap<Trajectory, { readonly asked: string; readonly measured: EffectiveParallelism }>();

/** Measures what a trajectory executed; tags that were typed out of ordinary tokens opened no block and count for nothing. */
export function measureTrajectory(
  trajectory: Trajectory,
  context: EffectiveContext,
  thresholds: EffectiveThresholds = DEFAULT_EFFECTIVE_THRESHOLDS,
): EffectiveParallelism {
  const asked = JSON.stringify([context.problem, context.answer, thresholds]);
  const last = lastMeasured.get(trajectory);
  if (last?.asked === asked) return last.measured;
  const measured = measureEffectiveParallelism(listBlockTexts(trajectory), context, thresholds);
  lastMeasured.set(trajectory, { asked, measured });
  return measured;
}

/** More siblings are measured against the first so many only, and do not count: nobody needs them. */
const MAX_PATHS = 8;

const RUN = 3;

function measureBlock(block: BlockText, context: EffectiveContext, thresholds: EffectiveThresholds): PathMeasure[] {
  const known = listUnits(`${context.problem}\n${block.before}`);
  const scene: Scene = {
    knownRuns: countShingles(known, RUN),
    known: new Set(known),
    digits: known.filter(isNumber).join(' '),
    later: new Set(listUnits(`${block.summary}\n${block.after}`).map(stripScale)),
    answer: context.answer === null ? null : listUnits(context.answer).join(' '),
    isAnswered: statesAnswer(block.after),
    thresholds,
  };
  const earlier: ReadonlyMap<string, number>[] = [];
  return block.paths.map((text, index) => {
    const units = listUnits(text);
    const runs = countShingles(units, RUN);
    const distance = 1 - earlier.reduce((most, other) => Math.max(most, shareRuns(runs, other)), 0);
    if (index < MAX_PATHS) earlier.push(runs);
    const isExtra = index >= MAX_PATHS;
    const idle = isExtra ? 'copy' : judgePath(text, units, runs, distance, scene);
    return { units: units.length, distance, idle, value: units.findLast(isNumber) ?? null };
  });
}

/** What stands around the paths of one block. */
interface Scene {
  readonly knownRuns: ReadonlyMap<string, number>;
  readonly known: ReadonlySet<string>;
  /** All numbers known before, as one text: digits of a number may be worked on one by one. */
  readonly digits: string;
  /** Units of summary and what follows; numbers without their zeros at the end. */
  readonly later: ReadonlySet<string>;
  readonly answer: string | null;
  readonly isAnswered: boolean;
  readonly thresholds: EffectiveThresholds;
}

function judgePath(
  text: string,
  units: readonly string[],
  runs: ReadonlyMap<string, number>,
  distance: number,
  scene: Scene,
): IdleReason | null {
  const { thresholds, known } = scene;
  if (!scene.isAnswered) return 'after_answer';
  const steps = listTrueSteps(text);
  const content = new Set(units.filter(isContent));
  const fresh = [...content].filter((unit) => !known.has(unit));
  if (steps.length === 0 && (units.length < thresholds.minWords || content.size < thresholds.minWords / 2))
    return 'no_work';
  if (steps.length === 0 && fresh.length < thresholds.minNewWords) return 'restated';
  if (measureContainment(runs, scene.knownRuns) > thresholds.maxRestated) return 'restated';
  if (distance < thresholds.minDistance) return 'copy';
  const stated = findStatedAnswer(text);
  if (stated !== null && scene.answer !== null && !isSameValue(stated, scene.answer)) return 'other_answer';
  if (!takesUp(content, steps, scene) || !handsOn(content, steps, scene)) return 'no_bearing';
  return null;
}

/** Whether a path starts from something known: an operand of the problem or the main text, or two of their words. */
function takesUp(
  content: ReadonlySet<string>,
  steps: ReturnType<typeof listTrueSteps>,
  { known, digits }: Scene,
): boolean {
  if (steps.some(({ operands }) => operands.some((value) => digits.includes(String(value))))) return true;
  const shared = [...content].filter((unit) => known.has(unit));
  return shared.length >= 2;
}

/** Whether something a path found is used: a result, or else a number or three words that were not known before it. */
function handsOn(
  content: ReadonlySet<string>,
  steps: ReturnType<typeof listTrueSteps>,
  { later, known }: Scene,
): boolean {
  if (steps.some(({ result }) => later.has(stripScale(String(result))))) return true;
  const fresh = [...content].filter((unit) => later.has(stripScale(unit)));
  return fresh.some(isNumber) || fresh.filter((unit) => !known.has(unit)).length >= 3;
}

/** 90 and 9 tens are one finding: numbers are compared without the zeros at their end. */
function stripScale(unit: string): string {
  if (!/^\d+$/.test(unit) || unit === '0') return unit;
  let end = unit.length;
  while (end > 0 && unit[end - 1] === '0') end -= 1;
  return unit.slice(0, end);
}

/** The share of the shorter of two siblings that the longer one holds too: a copy stays one when filler is added. */
function shareRuns(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  const count = (runs: ReadonlyMap<string, number>) => [...runs.values()].reduce((sum, value) => sum + value, 0);
  return count(a) <= count(b) ? measureContainment(a, b) : measureContainment(b, a);
}

const ANSWER_LABEL = 'final answer:';

/** Whether a text after the last block states an answer on a line of its own or in a box. */
function statesAnswer(text: string): boolean {
  const lower = text.toLowerCase();
  return (
    lower.includes(ANSWER_LABEL) || lower.includes('\\boxed{') || lower.includes('answer is') || lower.includes('####')
  );
}

/** What a path states as the final answer; null when it states none. */
function findStatedAnswer(text: string): string | null {
  const lower = text.toLowerCase();
  for (const label of [ANSWER_LABEL, 'the answer is', '\\boxed{']) {
    const at = lower.lastIndexOf(label);
    if (at >= 0) return text.slice(at + label.length, at + label.length + 80).split('\n')[0]!;
  }
  return null;
}

/** Whether the first value of a statement is the answer. */
function isSameValue(stated: string, answer: string): boolean {
  const units = listUnits(stated);
  return units.join(' ').startsWith(answer) || units.slice(0, answer.split(' ').length).join(' ') === answer;
}
