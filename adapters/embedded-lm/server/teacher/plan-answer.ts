import { createRng, hashSeed, type Rng } from '../../../../src/core/rng.ts';
import type { AnswerKind, TeacherMix } from './mix.ts';

/** Everything random about one answer, decided before a word is written. */
export interface AnswerPlan {
  readonly kind: AnswerKind;
  readonly hasThinking: boolean;
  /** Tags on lines of their own, as real teachers write them. */
  readonly isAiry: boolean;
  /** How far a wrong answer is off; never 0. */
  readonly slip: number;
}

/** The plan of choice `index` of a request; the same for the same seed, index and operands. */
export function planAnswer(
  mix: TeacherMix,
  request: { readonly seed: number; readonly index: number; readonly operands: readonly number[] },
): AnswerPlan {
  const rng = createRng(hashSeed('teacher', request.seed, request.index, ...request.operands));
  const kind = drawKind(mix, rng);
  return {
    kind,
    hasThinking: kind === 'unclosed_thinking' || rng.next() < closedThinkingShare(mix),
    isAiry: rng.next() < 0.7,
    slip: (1 + rng.nextInt(9)) * (rng.next() < 0.5 ? 1 : 10),
  };
}

function drawKind(mix: TeacherMix, rng: Rng): AnswerKind {
  const entries = Object.entries(mix.kinds) as [AnswerKind, number][];
  let left = rng.next() * entries.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [kind, weight] of entries) {
    left -= weight;
    if (left < 0) return kind;
  }
  return entries[0]![0];
}

/** The chance of a closed section that brings the share of all sections to `thinkingShare`. */
function closedThinkingShare({ kinds, thinkingShare }: TeacherMix): number {
  const total = Object.values(kinds).reduce((sum, weight) => sum + weight, 0);
  const unclosed = kinds.unclosed_thinking / total;
  return unclosed >= 1 ? 0 : Math.max(0, (thinkingShare - unclosed) / (1 - unclosed));
}
