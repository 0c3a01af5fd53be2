import type { Problem } from '../../src/core/problem.ts';
import type { Piece, Segment, Trajectory } from '../../src/core/trajectory.ts';
import type { AttemptRecord } from '../../src/ports/run-store/attempts.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import type { RunRecord, StageRecord } from '../../src/ports/run-store/runs.ts';

/** Records to put into a run store; every one may be overridden field by field. */

export function sampleRun(over: Partial<RunRecord> = {}): RunRecord {
  return {
    id: 'run-1',
    name: 'sample',
    preset: null,
    seed: 7,
    configJson: '{"run":{"seed":7}}',
    configHash: 'c0ffee',
    softwareVersion: '0.0.0-test',
    status: 'running',
    message: null,
    createdAtMs: 1_000,
    updatedAtMs: 1_000,
    ...over,
  };
}

export function sampleStage(over: Partial<StageRecord> = {}): StageRecord {
  return { index: 0, id: 'rl-easy', kind: 'rl', status: 'pending', stateJson: '{}', ...over };
}

export function sampleProblem(over: Partial<Problem> = {}): Problem {
  return { id: 'p1', source: 'sums', text: 'What is 2 + 2?', answer: '4', ...over };
}

export function sampleAttempt(over: Partial<AttemptRecord> = {}): AttemptRecord {
  const { extracted = '4' } = over;
  return {
    problem: sampleProblem(),
    sample: 0,
    status: 'accepted',
    code: null,
    seed: 11,
    raw: 'raw text',
    reasoning: null,
    target: 'target text',
    verdict: { verdict: 'correct', rule: 'text-equal', reason: null, extracted, verifier: 'math/1' },
    extracted,
    promptTokens: 12,
    completionTokens: 34,
    promptHash: 'template',
    ...over,
  };
}

/** A policy piece of `tokens` tokens whose log-probs are float32 values, as inference servers give them. */
export function samplePiece(tokens: number, first = 100): Piece {
  const ids = Array.from({ length: tokens }, (_, i) => first + ((i * 7919) % 150_000));
  const logprobs = ids.map((id) => Math.fround(-Math.exp(-((id % 97) / 12))));
  return { ids, text: ids.map((id) => ` w${id % 613}`).join(''), logprobs, origin: 'policy' };
}

const INJECTED_PATH: Piece = { ids: [90_001], text: '<Path>', logprobs: null, origin: 'injected' };

/** main, two paths, summary, main: `tokens` policy tokens each. */
export function sampleTrajectory(tokens: number, first = 100): Trajectory {
  const segment = (over: Partial<Segment>): Segment => ({
    role: 'main',
    block: 0,
    path: 0,
    pieces: [samplePiece(tokens, first)],
    stop: 'tag',
    flags: [],
    seed: 1,
    weightsVersion: 'w1',
    ...over,
  });
  return {
    promptIds: [5, 6, 7, 8],
    segments: [
      segment({}),
      segment({ role: 'path', block: 1, path: 1, pieces: [INJECTED_PATH, samplePiece(tokens, first + 1)] }),
      segment({
        role: 'path',
        block: 1,
        path: 2,
        pieces: [INJECTED_PATH, samplePiece(tokens, first + 2)],
        flags: ['path_cut'],
      }),
      segment({ role: 'summary', block: 1 }),
      segment({ stop: 'eos' }),
    ],
    end: 'eos',
  };
}

export function sampleRollout(over: Partial<RolloutRecord> = {}): RolloutRecord {
  return {
    stageIndex: 0,
    purpose: 'train',
    step: 1,
    group: 0,
    sample: 0,
    problem: sampleProblem(),
    set: null,
    trajectory: sampleTrajectory(3),
    failure: null,
    weightsVersion: 'w1',
    verdict: { verdict: 'correct', rule: 'text-equal', reason: null, extracted: '4', verifier: 'math/1' },
    formatMode: 'strict',
    formatValid: true,
    formatCode: null,
    reward: {
      value: 1.2,
      mode: 'tiered',
      correct: true,
      blocksInText: 1,
      blocksExecuted: 1,
      blocksEffective: 1,
      formatValid: true,
    },
    durationMs: 12.5,
    ...over,
  };
}
