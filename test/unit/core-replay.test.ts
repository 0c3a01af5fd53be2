/**
 * Stored trajectories under other policies:
 *  1. the worked example: join all T 3,800 D 3,000; join first T 3,600 D 2,800, its outcome unknown
 *  2. the join computes the other paths and the tags again: 1,001 + 3 + r tokens as emitted, 801 + 3 + r longest first
 *  3. time is calls, computed prompt tokens and decoded tokens; without a cache every prompt is computed whole
 *  4. joining all, as stored, changes nothing of any trajectory: T, D, and the outcome
 *  5. any quorum, width and budget: what a token-by-token simulation finds
 *  6. an earlier join is never later and never costs more; longest first never takes longer than as emitted; a cache never costs
 *  7. the outcome is known exactly where no path is left out, cut or moved, and none more is waited for
 *  8. the tally: means, speed-ups by both names, and accuracy as a range over what is known
 *  9. no rollouts: no division by zero
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { DEFAULT_LATENCY_MODEL, type LatencyModel } from '../../src/core/replay/latency-model.ts';
import { ReplayTally } from '../../src/core/replay/replay-tally.ts';
import { type ReplayPolicy, replayInOneStream, replayTrajectory } from '../../src/core/replay/replay-trajectory.ts';
import { countGeneratedTokens, type Segment, type Trajectory } from '../../src/core/trajectory.ts';
import { computeTrajectoryFigures } from '../../src/core/trajectory-figures.ts';
import { arbitraryTrajectory, type SegmentShape, shapeTrajectory } from '../support/core-trajectories.ts';

const ALL: ReplayPolicy = { join: { kind: 'all' }, order: 'emitted', width: null, pathBudget: null };
const FIRST: ReplayPolicy = { ...ALL, join: { kind: 'first' } };
const LONGEST: ReplayPolicy = { ...ALL, order: 'longest-first' };

/** Time is decoded tokens and nothing else. */
const TOKENS_ONLY: LatencyModel = { decodeMs: 1, prefillPerSecond: Number.POSITIVE_INFINITY, callMs: 0, cacheBlock: 1 };
/** A cache without block borders. */
const SMOOTH: LatencyModel = { ...DEFAULT_LATENCY_MODEL, cacheBlock: 1 };

function shape(role: Segment['role'], path: number, injected: number, tokens: number): SegmentShape {
  const pieces = [{ origin: 'injected', tokens: injected } as const, { origin: 'policy', tokens } as const];
  return { role, block: role === 'main' ? 0 : 1, path, pieces };
}

const WORKED = shapeTrajectory(100, [
  shape('main', 0, 0, 1500),
  shape('path', 1, 1, 800),
  shape('path', 2, 1, 1000),
  shape('summary', 0, 3, 200),
  shape('main', 0, 0, 300),
]);

test('1: the worked example', () => {
  const all = replayTrajectory(WORKED, ALL, DEFAULT_LATENCY_MODEL);
  assert.equal(all.totalTokens, 3800);
  assert.equal(all.criticalTokens, 3000);
  assert.equal(all.isUnchanged, true);
  const first = replayTrajectory(WORKED, FIRST, DEFAULT_LATENCY_MODEL);
  assert.equal(first.totalTokens, 3600);
  assert.equal(first.criticalTokens, 2800);
  assert.equal(first.isUnchanged, false);
  const stream = replayInOneStream(WORKED, DEFAULT_LATENCY_MODEL);
  assert.equal(stream.totalTokens, 3800);
  assert.equal(stream.criticalTokens, 3800);
});

test('2: what a join computes again', () => {
  const only = (path: number, order: ReplayPolicy['order']) => {
    const { prefillTokens } = replayTrajectory(WORKED, { ...ALL, order }, SMOOTH);
    // Prompt, then one token and the opener per fork, then the join, then one token for the tail.
    return prefillTokens - 100 - (1 + 1) - path - 3 - 1 - 1;
  };
  assert.equal(only(1001, 'emitted'), 0);
  assert.equal(only(801, 'longest-first'), 0);
});

test('3: time', () => {
  const all = replayTrajectory(WORKED, ALL, DEFAULT_LATENCY_MODEL);
  assert.equal(all.latencyMs.toFixed(6), (4 * 10 + all.prefillTokens / 10 + 3000 * 15.43).toFixed(6));
  const bare = replayTrajectory(WORKED, ALL, { ...DEFAULT_LATENCY_MODEL, cacheBlock: null });
  assert.equal(bare.prefillTokens, 100 + 1601 + (1600 + 1802 + 3) + (1600 + 1802 + 203));
  const plain = shapeTrajectory(100, [shape('main', 0, 0, 10)]);
  const replay = replayTrajectory(plain, ALL, DEFAULT_LATENCY_MODEL);
  assert.equal(replay.latencyMs, 10 + 10 + 154.3);
  assert.deepEqual(replay, replayInOneStream(plain, DEFAULT_LATENCY_MODEL));
});

test('4: as stored', () => {
  fc.assert(
    fc.property(arbitraryTrajectory, (trajectory) => {
      const replay = replayTrajectory(trajectory, ALL, DEFAULT_LATENCY_MODEL);
      const { joinedTokens, criticalTokens } = computeTrajectoryFigures(trajectory);
      assert.equal(replay.totalTokens, joinedTokens);
      assert.equal(replay.criticalTokens, criticalTokens);
      assert.equal(replay.isUnchanged, true);
    }),
  );
});

/** Runs the blocks one decoded token at a time. */
function simulate(trajectory: Trajectory, policy: ReplayPolicy): { total: number; critical: number } {
  let [total, critical] = [0, 0];
  const blocks = new Map<number, number[]>();
  for (const segment of trajectory.segments) {
    const tokens = countGeneratedTokens(segment);
    if (segment.role === 'path') blocks.set(segment.block, [...(blocks.get(segment.block) ?? []), tokens]);
    else [total, critical] = [total + tokens, critical + tokens];
  }
  for (const stored of blocks.values()) {
    const goals = stored.slice(0, policy.width ?? 99).map((tokens) => Math.min(tokens, policy.pathBudget ?? 99));
    const wanted = policy.join.kind === 'all' ? 99 : policy.join.kind === 'first' ? 1 : policy.join.count;
    const done = () => goals.filter((goal) => goal <= tick).length;
    let tick = 0;
    while (done() < Math.min(wanted, goals.length)) tick += 1;
    critical += tick;
    for (const goal of goals) total += Math.min(goal, tick);
  }
  return { total, critical };
}

const arbitraryPolicy: fc.Arbitrary<ReplayPolicy> = fc.record({
  join: fc.oneof(
    fc.constantFrom<ReplayPolicy['join']>({ kind: 'all' }, { kind: 'first' }),
    fc.record({ kind: fc.constant('quorum' as const), count: fc.integer({ min: 1, max: 5 }) }),
  ),
  order: fc.constantFrom('emitted' as const, 'longest-first' as const),
  width: fc.option(fc.integer({ min: 1, max: 5 })),
  pathBudget: fc.option(fc.integer({ min: 1, max: 6 })),
});

test('5: any policy', () => {
  fc.assert(
    fc.property(arbitraryTrajectory, arbitraryPolicy, (trajectory, policy) => {
      const replay = replayTrajectory(trajectory, policy, TOKENS_ONLY);
      const { total, critical } = simulate(trajectory, policy);
      assert.equal(replay.totalTokens, total);
      assert.equal(replay.criticalTokens, critical);
      assert.equal(replay.latencyMs, critical);
    }),
  );
});

test('6: order of policies', () => {
  fc.assert(
    fc.property(arbitraryTrajectory, arbitraryPolicy, fc.integer({ min: 1, max: 4 }), (trajectory, policy, count) => {
      const join = (q: number): ReplayPolicy => ({ ...policy, join: { kind: 'quorum', count: q } });
      const early = replayTrajectory(trajectory, join(count), SMOOTH);
      const late = replayTrajectory(trajectory, join(count + 1), SMOOTH);
      assert.ok(early.latencyMs <= late.latencyMs + 1e-6);
      assert.ok(early.totalTokens <= late.totalTokens);
      const emitted = replayTrajectory(trajectory, { ...policy, order: 'emitted' }, SMOOTH);
      const longest = replayTrajectory(trajectory, { ...policy, order: 'longest-first' }, SMOOTH);
      assert.ok(longest.latencyMs <= emitted.latencyMs + 1e-6);
      const bare = replayTrajectory(trajectory, policy, { ...SMOOTH, cacheBlock: null });
      assert.ok(replayTrajectory(trajectory, policy, SMOOTH).prefillTokens <= bare.prefillTokens);
    }),
  );
});

test('7: when the outcome is known', () => {
  const known = (policy: Partial<ReplayPolicy>) =>
    replayTrajectory(WORKED, { ...ALL, ...policy }, DEFAULT_LATENCY_MODEL).isUnchanged;
  assert.equal(known({ join: { kind: 'quorum', count: 2 }, width: 2, pathBudget: 1000 }), true);
  assert.equal(known({ width: 1 }), false);
  assert.equal(known({ pathBudget: 999 }), false);
  assert.equal(known({ order: 'longest-first' }), false);
  const sorted = shapeTrajectory(3, [
    shape('main', 0, 0, 1),
    shape('path', 1, 1, 5),
    shape('path', 2, 1, 5),
    shape('summary', 0, 3, 1),
  ]);
  assert.equal(replayTrajectory(sorted, LONGEST, SMOOTH).isUnchanged, true);
  assert.equal(replayTrajectory(sorted, FIRST, SMOOTH).isUnchanged, true, 'both end at the same token');
  // Stored by a quorum of two, longest first: of the third path nothing is known.
  const [main, first, second, summary, end] = WORKED.segments;
  const third = { ...first!, path: 3, pieces: [], stop: 'abort' } as const;
  const early = { ...WORKED, segments: [main!, second!, first!, third, summary!, end!] };
  const knownEarly = (policy: Partial<ReplayPolicy>) =>
    replayTrajectory(early, { ...LONGEST, ...policy }, DEFAULT_LATENCY_MODEL).isUnchanged;
  const quorum = (count: number) => ({ join: { kind: 'quorum', count } }) as const;
  assert.equal(knownEarly(quorum(2)), true);
  assert.equal(knownEarly({ ...quorum(2), order: 'emitted' }), false, 'path 2 stands first');
  for (const policy of [{}, quorum(3), quorum(1), { ...quorum(2), width: 2 }]) assert.equal(knownEarly(policy), false);
  assert.equal(replayTrajectory(early, LONGEST, SMOOTH).totalTokens, 3800);
});

test('8: the tally', () => {
  const plain = shapeTrajectory(100, [shape('main', 0, 0, 100)]);
  const tally = new ReplayTally(FIRST, TOKENS_ONLY);
  tally.add(WORKED, true);
  tally.add(plain, true);
  tally.add(plain, false);
  const { accuracy, ...figures } = tally.summarize();
  assert.equal(figures.rollouts, 3);
  assert.equal(figures.meanTotalTokens, 3800 / 3);
  assert.equal(figures.meanLatencyTokens, 1000);
  assert.equal(figures.speedUpOfMeans, 4000 / 3000);
  assert.equal(figures.meanOfSpeedUps, (3800 / 2800 + 1 + 1) / 3);
  assert.equal(accuracy.known, 2);
  assert.equal(accuracy.correct, 1);
  assert.equal(accuracy.low, 1 / 3);
  assert.equal(accuracy.high, 2 / 3);
  const stream = new ReplayTally('one-stream', TOKENS_ONLY);
  stream.add(WORKED, true);
  assert.equal(stream.summarize().speedUpOfMeans, 1);
  assert.equal(stream.summarize().accuracy.known, 0);
});

test('9: nothing', () => {
  const summary = new ReplayTally(ALL, DEFAULT_LATENCY_MODEL).summarize();
  assert.equal(summary.rollouts, 0);
  assert.equal(summary.meanLatencyMs, 0);
  assert.equal(summary.speedUpOfMeans, 1);
  assert.equal(summary.accuracy.high, 0);
});
