/**
 * Fork and join:
 *  1. main, paths, summary and main again are separate calls, each on exactly the flat ids so far;
 *  2. injected tags are marked injected, sampled tokens carry their log-probs;
 *  3. after the last allowed block there is one more main segment, which stops only at the end of sequence;
 *  4. end of sequence in a path: dropped, closer injected; length: closer injected;
 *  5. a fork without room is refused, the tag stays as inert text;
 *  6. labels are injected after <Path>;
 *  7. a refused call fails its own rollout, the group lives on;
 *  8. for any engine: the budget holds, no call asks for less than one token, the same seeds give the same record;
 *  9. sequential mode never forks;
 * 10. identical paths are flagged.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRng } from '../../src/core/rng.ts';
import { flattenResponse, type Trajectory } from '../../src/core/trajectory.ts';
import { EngineError } from '../../src/errors.ts';
import { type RolloutOutcome, rollOutGroup } from '../../src/pipeline/rollout/roll-out-group.ts';
import { callRole, createToyIo, TOY, type TokenScript } from '../support/token-script-engine.ts';

const REQUEST = { promptIds: [50, 51], groupSize: 1, model: 'w0', seedParts: [1, 'test'] };

function single(outcomes: readonly RolloutOutcome[]): Trajectory {
  const [outcome] = outcomes;
  assert.ok(outcome !== undefined && 'trajectory' in outcome, JSON.stringify(outcome));
  return outcome.trajectory;
}

/** Forks `blocks` times, then answers. Paths differ by their prompt length only through `pathIds`. */
function forking(blocks: number, pathIds: readonly number[] = [20, 21, TOY.pathClose]): TokenScript {
  return (call) => {
    if (callRole(call) === 'path') return pathIds;
    if (callRole(call) === 'summary') return [30, TOY.sumClose];
    const done = call.prompt.filter((id) => id === TOY.sumClose).length;
    return done < blocks ? [10, TOY.par] : [40, TOY.eos];
  };
}

test('1+2: one block is five calls on the flat ids, with origins and log-probs', async () => {
  const io = createToyIo(forking(1));
  const trajectory = single(await rollOutGroup(io, REQUEST));
  assert.deepEqual(io.calls.map(callRole), ['main', 'path', 'path', 'summary', 'main']);
  const flat = flattenResponse(trajectory);
  const wanted = [10, 1, 3, 20, 21, 4, 3, 20, 21, 4, 2, 7, 5, 30, 6, 40, 8];
  assert.deepEqual(flat.ids, wanted);
  const full = [...trajectory.promptIds, ...flat.ids];
  for (const call of io.calls) {
    const shared = callRole(call) === 'path' ? call.prompt.slice(0, -1) : call.prompt;
    assert.deepEqual(shared, full.slice(0, shared.length));
  }
  const injected = flat.ids.filter((_, index) => flat.origins[index] === 'injected');
  assert.deepEqual(injected, [3, 3, 2, 7, 5]);
  flat.origins.forEach((origin, index) => {
    assert.equal(flat.logprobs[index], origin === 'policy' ? -0.5 : Number.NaN);
  });
  assert.equal(trajectory.end, 'eos');
});

test('3: the last block is followed by a main segment that cannot fork', async () => {
  const io = createToyIo(forking(9), { maxBlocks: 2 });
  const trajectory = single(await rollOutGroup(io, REQUEST));
  const last = io.calls.at(-1)!;
  assert.equal(callRole(last), 'main');
  assert.deepEqual(last.stopTokenIds, [TOY.eos]);
  assert.equal(trajectory.segments.at(-1)?.role, 'main');
  assert.equal(trajectory.segments.filter(({ role }) => role === 'summary').length, 2);
  assert.ok(trajectory.segments.at(-1)?.flags.includes('unexecuted_tag'));
});

test('4: end of sequence and length inside a path get an injected closer', async () => {
  const eos = single(await rollOutGroup(createToyIo(forking(1, [20, TOY.eos])), REQUEST));
  const path = eos.segments.find(({ role }) => role === 'path')!;
  assert.deepEqual(
    path.pieces.map(({ ids, origin }) => [origin, ...ids]),
    [
      ['injected', 3],
      ['policy', 20],
      ['injected', 4],
    ],
  );
  assert.equal(path.pieces[1]?.text, 't20 ');
  assert.deepEqual(path.flags, ['eos_in_path']);

  const endless = Array.from({ length: 500 }, () => 22);
  const cut = single(await rollOutGroup(createToyIo(forking(1, endless)), REQUEST));
  const cutPath = cut.segments.find(({ role }) => role === 'path')!;
  assert.deepEqual(cutPath.flags, ['path_cut']);
  assert.deepEqual(cutPath.pieces.at(-1), { ids: [4], text: '</Path>', logprobs: null, origin: 'injected' });
  assert.equal(cut.end, 'eos', 'the reserve leaves room for summary and answer');
});

test('5: a fork without room leaves the tag as text and the answer still comes', async () => {
  const filler = Array.from({ length: 180 }, () => 11);
  const script: TokenScript = (call) => (call.prompt.length === 2 ? [...filler, TOY.par] : [40, TOY.eos]);
  const trajectory = single(await rollOutGroup(createToyIo(script), REQUEST));
  assert.deepEqual(
    trajectory.segments.map(({ role }) => role),
    ['main', 'main'],
  );
  assert.ok(trajectory.segments[0]?.flags.includes('fork_refused'));
  assert.equal(trajectory.end, 'eos');
});

test('6: path labels are injected after <Path> and are part of the call', async () => {
  const io = createToyIo(forking(1), {}, [[90], [91]]);
  const trajectory = single(await rollOutGroup(io, REQUEST));
  const paths = trajectory.segments.filter(({ role }) => role === 'path');
  assert.deepEqual(
    paths.map(({ pieces }) => pieces.slice(0, 2).map(({ ids, origin }) => [origin, ...ids])),
    [
      [
        ['injected', 3],
        ['injected', 90],
      ],
      [
        ['injected', 3],
        ['injected', 91],
      ],
    ],
  );
  assert.deepEqual(
    io.calls.filter((call) => callRole(call) === 'path').map(({ prompt }) => prompt.slice(-2)),
    [
      [3, 90],
      [3, 91],
    ],
  );
});

test('7: a refused path call fails its rollout alone; an outage rejects the group', async () => {
  const io = createToyIo(forking(1));
  let paths = 0;
  const refusing = {
    ...io,
    complete: async (...[call, signal]: Parameters<typeof io.complete>) => {
      if (callRole(call) === 'path') paths += 1;
      if (callRole(call) === 'path' && paths === 1) throw new EngineError('400 no', { status: 400 });
      return io.complete(call, signal);
    },
  };
  const outcomes = await rollOutGroup(refusing, { ...REQUEST, groupSize: 3 });
  assert.deepEqual(
    outcomes.map((outcome) => 'failure' in outcome),
    [true, false, false],
  );
  const down = { ...io, complete: () => Promise.reject(new EngineError('refused', { retryable: true })) };
  await assert.rejects(rollOutGroup(down, REQUEST), /refused/);
});

test('8: any engine ends within budget, and the same seeds give the same record', async () => {
  const property = async (seed: number, blocks: number, budget: number) => {
    const script: TokenScript = (call, choice) => {
      const rng = createRng((seed ^ call.seed) + choice);
      return Array.from({ length: rng.nextInt(80) + 1 }, () => 1 + rng.nextInt(14));
    };
    const settings = { maxBlocks: blocks, maxResponseTokens: budget };
    const request = { ...REQUEST, groupSize: 2, seedParts: [seed] };
    const io = createToyIo(script, settings);
    const outcomes = await rollOutGroup(io, request);
    for (const call of io.calls) assert.ok(call.maxTokens >= 1);
    for (const outcome of outcomes) {
      assert.ok('trajectory' in outcome);
      const flat = flattenResponse(outcome.trajectory);
      assert.ok(flat.ids.length <= budget, `${flat.ids.length} of ${budget}`);
      assert.ok(outcome.trajectory.segments.filter(({ role }) => role === 'summary').length <= blocks);
      assert.equal(outcome.trajectory.segments.at(-1)?.role, 'main', 'there is always room for an answer');
    }
    assert.deepEqual(await rollOutGroup(createToyIo(script, settings), request), outcomes);
  };
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.integer({ min: 0, max: 4 }), fc.integer({ min: 1, max: 300 }), property),
    {
      numRuns: 300,
    },
  );
});

test('9: sequential mode never forks', async () => {
  const io = createToyIo(forking(1), { mode: 'sequential' });
  const trajectory = single(await rollOutGroup(io, REQUEST));
  assert.deepEqual(io.calls.map(callRole), ['main']);
  assert.ok(trajectory.segments[0]?.flags.includes('unexecuted_tag'));
});

test('10: a path that repeats its sibling is flagged', async () => {
  const trajectory = single(await rollOutGroup(createToyIo(forking(1)), REQUEST));
  const flags = trajectory.segments.filter(({ role }) => role === 'path').map((segment) => segment.flags);
  assert.deepEqual(flags, [[], ['duplicate_path']]);
});
