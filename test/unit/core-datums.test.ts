/**
 * Trajectory to datums, for any trajectory a rollout can leave, early joins and any order of paths included:
 *  1. RL, every layout: each sampled token with a log-prob is scored exactly once over the datums; no other token is
 *  2. `units` and `exact`: each scored token's context is the one it was sampled in
 *  3. `causal`: one datum, contexts are the flat sequence
 *  4. `multiverse`: one datum, and what the server lets a token see is what it was sampled from
 *  5. advantages and log-probs stand at the scored tokens and are 0 elsewhere; arrays have one length
 *  6. `exact` makes 1 + sum(N - 1) datums, `units` one per call with a loss token
 *  7. SFT: teacher tokens carry the weight, injected ones only with `maskInserted: false`, the prompt never
 *  8. an advantage or scale of 0 makes no datum, a trajectory without a loss token neither
 *  9. countLossTokens agrees with every layout
 * 10. locateTarget names every scored token by its place: each once, with its id and log-prob; a target of the prompt has none
 * 11. a quorum joined longest first, by hand: paths without their siblings, the summary with the joined ones in their order
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { Layout } from '../../src/core/curriculum.ts';
import type { Datum } from '../../src/core/datum.ts';
import { buildDatums, countLossTokens, locateTarget } from '../../src/core/layout/build-datums.ts';
import { flattenResponse, type Piece, type Segment, type Trajectory } from '../../src/core/trajectory.ts';
import {
  arbitraryJoined,
  arbitraryTrajectory,
  listSamplingContexts,
  shapeBlocks,
  shapedLogprob,
  shapeTrajectory,
} from '../support/core-trajectories.ts';

const LAYOUTS: readonly Layout[] = ['units', 'exact', 'causal', 'multiverse'];
const RL = { kind: 'rl', advantage: 0.5, scale: 0.25 } as const;
const SFT = { kind: 'sft', scale: 0.125 } as const;

/** A scored token: its id and the input tokens before it. */
interface Scored {
  readonly id: number;
  readonly context: readonly number[];
  readonly value: number;
}

function listScored(datums: readonly Datum[]): Scored[] {
  return datums.flatMap((datum) =>
    (datum.advantages ?? datum.weights ?? []).flatMap((value, k) =>
      value === 0 ? [] : [{ id: datum.targets[k]!, context: datum.tokens.slice(0, k + 1), value }],
    ),
  );
}

const ascending = (ids: readonly number[]) => ids.toSorted((a, b) => a - b);

function listTrainable(trajectory: Trajectory): number[] {
  const { ids, origins, logprobs } = flattenResponse(trajectory);
  return ids.filter((_, i) => origins[i] === 'policy' && Number.isFinite(logprobs[i]));
}

const forAny = (check: (trajectory: Trajectory) => void) =>
  fc.assert(fc.property(fc.oneof(arbitraryTrajectory, arbitraryJoined), check), { numRuns: 300 });

test('1: every sampled token is scored exactly once', () => {
  for (const layout of LAYOUTS) {
    forAny((trajectory) => {
      const scored = listScored(buildDatums(trajectory, layout, RL)).map(({ id }) => id);
      assert.deepEqual(ascending(scored), ascending(listTrainable(trajectory)), layout);
    });
  }
});

test('2: units and exact score in the sampling context', () => {
  for (const layout of ['units', 'exact'] as const) {
    forAny((trajectory) => {
      const contexts = listSamplingContexts(trajectory);
      for (const { id, context } of listScored(buildDatums(trajectory, layout, RL))) {
        assert.deepEqual(context, contexts.get(id), `${layout}: token ${id}`);
      }
    });
  }
});

test('3: causal is the flat sequence', () => {
  forAny((trajectory) => {
    const [datum, ...more] = buildDatums(trajectory, 'causal', RL);
    const full = [...trajectory.promptIds, ...flattenResponse(trajectory).ids];
    assert.equal(more.length, 0);
    assert.deepEqual(datum?.tokens, full.slice(0, -1));
    assert.deepEqual(datum?.targets, full.slice(1));
    assert.equal(datum?.positionIds, undefined);
  });
});

test('4: multiverse sees what was seen when sampling', () => {
  forAny((trajectory) => {
    const [datum, ...more] = buildDatums(trajectory, 'multiverse', RL);
    assert.equal(more.length, 0);
    const contexts = listSamplingContexts(trajectory);
    datum?.advantages?.forEach((advantage, k) => {
      if (advantage === 0) return;
      const visible = datum.tokens.filter((_, j) => j <= k && !isHidden(datum.attnPath!, k, j));
      assert.deepEqual(visible, contexts.get(datum.targets[k]!));
    });
  });
});

/** Two paths of one block do not see each other. */
function isHidden(attnPath: readonly number[], query: number, key: number): boolean {
  const [a, b] = [attnPath[query]!, attnPath[key]!];
  return a !== 0 && b !== 0 && a >> 16 === b >> 16 && a !== b;
}

test('5: values stand at the scored tokens', () => {
  for (const layout of LAYOUTS) {
    forAny((trajectory) => {
      for (const datum of buildDatums(trajectory, layout, RL)) {
        const { tokens, targets, logprobs, advantages, positionIds, attnPath } = datum;
        const expected = layout === 'multiverse' ? tokens.length : undefined;
        assert.equal(targets.length, tokens.length);
        assert.equal(logprobs?.length, tokens.length);
        assert.equal(advantages?.length, tokens.length);
        assert.equal(positionIds?.length, expected);
        assert.equal(attnPath?.length, expected);
        targets.forEach((id, k) => {
          assert.ok(advantages?.[k] === 0 || advantages?.[k] === 0.125);
          assert.equal(logprobs?.[k], advantages?.[k] === 0 ? 0 : shapedLogprob(id));
        });
      }
    });
  }
});

test('6: number of datums', () => {
  forAny((trajectory) => {
    const trains = (index: number) =>
      trajectory.segments[index]!.pieces.some(({ logprobs }) => logprobs?.some(Number.isFinite));
    const calls = trajectory.segments.map((_, index) => index).filter(trains);
    const { segments } = trajectory;
    const later = calls.filter((index) => segments[index]!.role === 'path' && segments[index - 1]!.role === 'path');
    assert.equal(buildDatums(trajectory, 'units', RL).length, calls.length);
    assert.equal(buildDatums(trajectory, 'exact', RL).length, 1 + later.length);
  });
});

test('7: SFT weights', () => {
  const taught = shapeTrajectory(2, [
    { role: 'main', pieces: [{ origin: 'teacher', tokens: 3 }] },
    ...[1, 2].map((path) => ({
      role: 'path' as const,
      block: 1,
      path,
      pieces: [
        { origin: 'injected' as const, tokens: 1 },
        { origin: 'teacher' as const, tokens: 2 },
      ],
    })),
    {
      role: 'summary',
      block: 1,
      pieces: [
        { origin: 'injected', tokens: 3 },
        { origin: 'teacher', tokens: 2 },
      ],
    },
    { role: 'main', pieces: [{ origin: 'teacher', tokens: 2 }] },
  ]);
  const { ids, origins } = flattenResponse(taught);
  const teacherIds = ids.filter((_, i) => origins[i] === 'teacher');
  for (const layout of LAYOUTS) {
    const masked = listScored(buildDatums(taught, layout, SFT));
    assert.deepEqual(ascending(masked.map(({ id }) => id)), teacherIds, layout);
    assert.ok(masked.every(({ value }) => value === 0.125));
    const all = listScored(buildDatums(taught, layout, { ...SFT, maskInserted: false }));
    assert.deepEqual(ascending(all.map(({ id }) => id)), ids, layout);
    assert.equal(countLossTokens(taught, 'sft'), teacherIds.length);
    assert.equal(countLossTokens(taught, 'sft', false), ids.length);
  }
});

test('8: nothing to learn, no datum', () => {
  const plain = shapeTrajectory(2, [{ role: 'main', pieces: [{ origin: 'policy', tokens: 3 }] }]);
  const injected = shapeTrajectory(2, [{ role: 'main', pieces: [{ origin: 'injected', tokens: 3 }] }]);
  for (const layout of LAYOUTS) {
    assert.deepEqual(buildDatums(plain, layout, { ...RL, advantage: 0 }), []);
    assert.deepEqual(buildDatums(plain, layout, { ...RL, scale: 0 }), []);
    assert.deepEqual(buildDatums(injected, layout, RL), []);
    assert.deepEqual(buildDatums({ ...plain, promptIds: [], segments: [] }, layout, RL), []);
  }
});

test('9: countLossTokens is the number of scored tokens', () => {
  for (const layout of LAYOUTS) {
    forAny((trajectory) => {
      assert.equal(listScored(buildDatums(trajectory, layout, RL)).length, countLossTokens(trajectory, 'rl'));
    });
  }
});

test('10: places', () => {
  for (const layout of LAYOUTS) {
    forAny((trajectory) => {
      const places = buildDatums(trajectory, layout, RL).flatMap((datum, index) =>
        datum.advantages!.flatMap((advantage, k) => {
          if (advantage === 0) return [];
          const place = locateTarget(trajectory, layout, RL, index, k);
          const tokens = trajectory.segments[place.segment]!.pieces.flatMap(({ ids, logprobs }) =>
            ids.map((id, at) => ({ id, logprob: logprobs?.[at] ?? null })),
          );
          const wanted = { id: datum.targets[k]!, logprob: datum.logprobs![k]! };
          assert.deepEqual(tokens[place.token], wanted, `${layout}: datum ${index}, target ${k}`);
          assert.equal(place.id, wanted.id);
          return [`${place.segment}/${place.token}`];
        }),
      );
      assert.equal(new Set(places).size, places.length, layout);
      assert.equal(places.length, listTrainable(trajectory).length, layout);
    });
  }
  const trajectory = shapeBlocks(3, 2, []);
  assert.throws(() => locateTarget(trajectory, 'exact', RL, 0, 0), RangeError);
  assert.throws(() => locateTarget(trajectory, 'exact', RL, 1, 2), RangeError);
});

test('11: a quorum, longest first', () => {
  const sampled = (ids: readonly number[]): Piece => {
    return { ids, text: '', logprobs: ids.map(shapedLogprob), origin: 'policy' };
  };
  const injected = (ids: readonly number[]): Piece => ({ ids, text: '', logprobs: null, origin: 'injected' });
  const base = { flags: [], seed: 1, weightsVersion: 'w1', stop: 'tag' } as const;
  const path = (ordinal: number, ids: readonly number[]): Segment => {
    return { ...base, role: 'path', block: 1, path: ordinal, pieces: [injected([3]), sampled(ids)] };
  };
  const trajectory: Trajectory = {
    promptIds: [50, 51],
    end: 'eos',
    segments: [
      { ...base, role: 'main', block: 0, path: 0, pieces: [sampled([10, 1])] },
      path(3, [33, 34, 35, 4]),
      path(1, [31, 4]),
      { ...base, role: 'path', block: 1, path: 2, pieces: [], stop: 'abort' },
      { ...base, role: 'summary', block: 1, path: 0, pieces: [injected([2, 7, 5]), sampled([60, 6])] },
      { ...base, role: 'main', block: 0, path: 0, pieces: [sampled([70, 8])], stop: 'eos' },
    ],
  };
  const full = [50, 51, 10, 1, 3, 33, 34, 35, 4, 3, 31, 4, 2, 7, 5, 60, 6, 70, 8];
  const [trunk, second, ...none] = buildDatums(trajectory, 'exact', RL);
  assert.equal(none.length, 0);
  assert.deepEqual([...trunk!.tokens, trunk!.targets.at(-1)], full);
  const lossOf = (datum: Datum) => datum.targets.filter((_, k) => datum.advantages![k] !== 0);
  assert.deepEqual(lossOf(trunk!), [10, 1, 33, 34, 35, 4, 60, 6, 70, 8]);
  assert.deepEqual([...second!.tokens, second!.targets.at(-1)], [50, 51, 10, 1, 3, 31, 4]);
  assert.deepEqual(lossOf(second!), [31, 4]);
  const summary = buildDatums(trajectory, 'units', RL).find((datum) => lossOf(datum).includes(60));
  assert.deepEqual([...summary!.tokens, summary!.targets.at(-1)], full.slice(0, 17));
  const [flat] = buildDatums(trajectory, 'multiverse', RL);
  // Both paths begin after <Parallel>; </Parallel> follows the longer one, wherever it stands.
  assert.deepEqual(flat?.positionIds?.slice(3, 13), [3, 4, 5, 6, 7, 8, 4, 5, 6, 9]);
});
