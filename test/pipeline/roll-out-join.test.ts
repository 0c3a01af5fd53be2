/**
 * Joining paths (rollout.join, rollout.joinOrder, rollout.paths, rollout.duplicatePaths):
 *  1. quorum: the first paths to end are joined, by ordinal; the calls of the others are aborted; these stay in the
 *     trajectory without pieces, after the joined ones
 *  2. first: one path; all: every path, whichever ended first
 *  3. deadline: what has ended by then; the second path is waited for in any case
 *  4. longest-first: the text, the summary's prompt and the segments have the longest path first, ordinals stay
 *  5. a path that fails before the join fails its rollout and ends its siblings; one that fails after it is nothing
 *  6. an abort reaches the engine, is not repeated, is no failure of the engine and cuts no limit
 *  7. paths {min, max}: every number comes up, equal seeds draw alike, fewer are asked for where not all fit
 *  8. reseed: a path that repeats a sibling is asked once more with another seed and says so; keep: it is flagged
 *  9. who watches is told that a path was given up, and that a path begins again
 * 10. an engine that gives too many tokens, too few completions or log-probs, or goes on after a stop, is an error
 * 11. over HTTP the server sees the connections of given-up paths close
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import type { RolloutSettings } from '../../src/core/curriculum.ts';
import { flattenResponse, type Trajectory } from '../../src/core/trajectory.ts';
import { EngineError } from '../../src/errors.ts';
import { createCallPolicy } from '../../src/pipeline/engine/calls.ts';
import { rollOutGroup } from '../../src/pipeline/rollout/roll-out-group.ts';
import type { CallSpec, RolloutIo, SegmentEvent } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion } from '../../src/ports/engine.ts';
import { json, startFaultServer } from '../support/fault-server.ts';
import { createToyClock } from '../support/pipeline-toy-run.ts';
import { callRole, createToyIo, TOY, type TokenScript, toyText } from '../support/token-script-engine.ts';

const REQUEST = { promptIds: [50, 51], groupSize: 1, model: 'w0', seedParts: [1, 'test'] };

/** Forks once, then answers. Path i is i tokens 20 + i. */
const forkOnce: TokenScript = (call) => {
  if (callRole(call) === 'summary') return [30, TOY.sumClose];
  return call.prompt.includes(TOY.sumClose) ? [40, TOY.eos] : [10, TOY.par];
};

interface Pending {
  readonly call: CallSpec;
  readonly signal: AbortSignal;
  answer(ids: readonly number[]): void;
  fail(error: Error): void;
}

/** Main and summary calls are answered by `script`; paths when the test says so. */
function createHeldIo(settings: Partial<RolloutSettings>, script: TokenScript = forkOnce) {
  const io = createToyIo(script, { paths: 3, ...settings });
  const paths: Pending[] = [];
  const complete: RolloutIo['complete'] = (call, signal) => {
    if (callRole(call) !== 'path') return io.complete(call, signal);
    return new Promise((resolve, reject) => {
      const answer = (ids: readonly number[]) => resolve([toCompletion(ids)]);
      paths.push({ call, signal, answer, fail: reject });
      signal.addEventListener('abort', () => reject(signal.reason));
    });
  };
  return { ...io, paths, complete };
}

function toCompletion(ids: readonly number[], finish: Completion['finish'] = 'stop'): Completion {
  return { ids, text: toyText(ids), logprobs: ids.map(() => -0.5), finish, cachedTokens: null };
}

/** Lets everything happen that waits for nothing but the event loop. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

const pathIds = (path: number) => [...Array.from({ length: path }, () => 20 + path), TOY.pathClose];

async function finish(group: Promise<readonly object[]>): Promise<Trajectory> {
  const [outcome] = await group;
  assert.ok(outcome !== undefined && 'trajectory' in outcome, JSON.stringify(outcome));
  return outcome.trajectory as Trajectory;
}

const pathsOf = ({ segments }: Trajectory) =>
  segments.filter(({ role }) => role === 'path').map(({ path, stop, pieces }) => [path, stop, pieces.length]);

test('1: quorum', async () => {
  const io = createHeldIo({ join: { kind: 'quorum', count: 2 } });
  const group = rollOutGroup(io, REQUEST);
  await turn();
  assert.equal(io.paths.length, 3);
  io.paths[2]!.answer(pathIds(3));
  await turn();
  assert.ok(!io.paths[1]!.signal.aborted, 'one path is no quorum');
  io.paths[0]!.answer(pathIds(1));
  const trajectory = await finish(group);
  assert.ok(io.paths[1]!.signal.aborted);
  assert.deepEqual(pathsOf(trajectory), [
    [1, 'tag', 2],
    [3, 'tag', 2],
    [2, 'abort', 0],
  ]);
  const wanted = [10, 1, 3, 21, 4, 3, 23, 23, 23, 4, 2, 7, 5, 30, 6, 40, 8];
  assert.deepEqual(flattenResponse(trajectory).ids, wanted);
  const summary = io.calls.find((call) => callRole(call) === 'summary');
  assert.deepEqual(summary?.prompt, [50, 51, ...wanted.slice(0, 13)]);
});

test('2: first, and all', async () => {
  const io = createHeldIo({ join: { kind: 'first' } });
  const group = rollOutGroup(io, REQUEST);
  await turn();
  io.paths[1]!.answer(pathIds(2));
  assert.deepEqual(pathsOf(await finish(group)), [
    [2, 'tag', 2],
    [1, 'abort', 0],
    [3, 'abort', 0],
  ]);
  for (const join of [undefined, { kind: 'all' }] as const) {
    const waiting = createHeldIo(join === undefined ? {} : { join });
    const whole = rollOutGroup(waiting, REQUEST);
    await turn();
    for (const index of [2, 0, 1]) {
      waiting.paths[index]!.answer(pathIds(index + 1));
      await turn();
    }
    assert.deepEqual(
      pathsOf(await finish(whole)).map(([path]) => path),
      [1, 2, 3],
    );
  }
});

test('3: deadline', async () => {
  for (const endedBefore of [[1, 2], [2]]) {
    let ring = () => {};
    const io = createHeldIo({ join: { kind: 'deadline', ms: 50 } });
    const clock = {
      sleep: (ms: number) => {
        assert.equal(ms, 50);
        return new Promise<void>((resolve) => {
          ring = resolve;
        });
      },
    };
    const group = rollOutGroup({ ...io, clock }, REQUEST);
    await turn();
    for (const path of endedBefore) io.paths[path - 1]!.answer(pathIds(path));
    await turn();
    assert.ok(!io.paths[2]!.signal.aborted, 'not yet');
    ring();
    await turn();
    if (endedBefore.length < 2) io.paths[0]!.answer(pathIds(1));
    assert.deepEqual(pathsOf(await finish(group)), [
      [1, 'tag', 2],
      [2, 'tag', 2],
      [3, 'abort', 0],
    ]);
    assert.ok(io.paths[2]!.signal.aborted);
  }
});

test('4: longest first', async () => {
  const io = createHeldIo({ joinOrder: 'longest-first' });
  const group = rollOutGroup(io, REQUEST);
  await turn();
  [2, 3, 1].forEach((tokens, index) => {
    io.paths[index]!.answer(pathIds(tokens));
  });
  const trajectory = await finish(group);
  assert.deepEqual(
    pathsOf(trajectory).map(([path]) => path),
    [2, 1, 3],
  );
  const wanted = [10, 1, 3, 23, 23, 23, 4, 3, 22, 22, 4, 3, 21, 4, 2, 7, 5];
  assert.deepEqual(flattenResponse(trajectory).ids.slice(0, wanted.length), wanted);
  assert.deepEqual(io.calls.find((call) => callRole(call) === 'summary')?.prompt.slice(2), wanted);
});

test('5: a path that fails', async () => {
  const early = createHeldIo({ join: { kind: 'quorum', count: 2 } });
  const group = rollOutGroup(early, REQUEST);
  await turn();
  early.paths[0]!.fail(new EngineError('400 no', { status: 400 }));
  const [outcome] = await group;
  assert.deepEqual(outcome, { failure: '400 no' });
  assert.ok(early.paths[1]!.signal.aborted && early.paths[2]!.signal.aborted);

  const late = createHeldIo({ join: { kind: 'quorum', count: 2 } });
  const other = rollOutGroup(late, REQUEST);
  await turn();
  late.paths[0]!.answer(pathIds(1));
  late.paths[1]!.answer(pathIds(2));
  late.paths[2]!.fail(new EngineError('400 no', { status: 400 }));
  assert.equal((await finish(other)).end, 'eos');
});

test('6: an abort is no failure', async () => {
  const clock = createToyClock();
  const limits = { maxInFlight: 8, tries: 3, firstPauseMs: 1, maxPauseMs: 1 };
  for (const deadlineMs of [undefined, 1000]) {
    const calls = createCallPolicy({
      ...limits,
      ...(deadlineMs === undefined
        ? { clock }
        : { deadlineMs, clock: { ...clock, monotonic: () => 0, sleep: waitFor } }),
    });
    const held = createHeldIo({ join: { kind: 'first' } });
    const reached: AbortSignal[] = [];
    const complete: RolloutIo['complete'] = (call, until) =>
      calls.run((own) => {
        if (callRole(call) === 'path') reached.push(own);
        return held.complete(call, own);
      }, until);
    const group = rollOutGroup({ ...held, complete }, REQUEST);
    await turn();
    held.paths[0]!.answer(pathIds(1));
    await finish(group);
    await turn();
    assert.deepEqual(
      reached.slice(1).map(({ aborted }) => aborted),
      [true, true],
    );
    assert.equal(held.paths.length, 3, 'not asked again');
    const { limit, cuts, inFlight } = calls.stats();
    assert.deepEqual([calls.retries, limit, cuts, inFlight], [0, 8, 0, 0]);
  }
});

/** Sleeps until it is told to stop. */
function waitFor(_ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
}

test('7: a drawn number of paths', async () => {
  const drawn = async (seed: number, settings: Partial<RolloutSettings> = {}) => {
    const script: TokenScript = (call) => (callRole(call) === 'path' ? [20, TOY.pathClose] : forkOnce(call, 0));
    const io = createToyIo(script, { paths: { min: 2, max: 4 }, ...settings });
    const trajectory = await finish(rollOutGroup(io, { ...REQUEST, seedParts: [seed] }));
    return pathsOf(trajectory).length;
  };
  const counts = await Promise.all(Array.from({ length: 40 }, (_, seed) => drawn(seed)));
  assert.deepEqual(new Set(counts), new Set([2, 3, 4]));
  assert.deepEqual(await Promise.all(counts.map((_, seed) => drawn(seed))), counts);
  // Room for two paths of 4 tokens and their tags, not for three.
  const tight = await Promise.all(counts.map((_, seed) => drawn(seed, { maxResponseTokens: 2 + 8 + 20 + 8 + 2 })));
  assert.deepEqual(new Set(tight), new Set([2]));
});

test('8: duplicates', async () => {
  const alike: TokenScript = (call) => (callRole(call) === 'path' ? [20, TOY.pathClose] : forkOnce(call, 0));
  const flagsOf = async (script: TokenScript, duplicatePaths: 'keep' | 'reseed') => {
    const io = createToyIo(script, { duplicatePaths });
    const { segments } = await finish(rollOutGroup(io, REQUEST));
    const paths = segments.filter(({ role }) => role === 'path');
    return { calls: io.calls, paths, flags: paths.map(({ flags }) => flags.join(' ')) };
  };
  const kept = await flagsOf(alike, 'keep');
  assert.deepEqual(kept.flags, ['', 'duplicate_path']);
  const stubborn = await flagsOf(alike, 'reseed');
  assert.deepEqual(stubborn.flags, ['', 'reseeded_path duplicate_path']);
  assert.equal(stubborn.calls.length, kept.calls.length + 1, 'once more, and no more');
  const seeds = stubborn.calls.filter((call) => callRole(call) === 'path').map(({ seed }) => seed);
  assert.equal(new Set(seeds).size, 3);
  let asked = 0;
  const better: TokenScript = (call, choice) => {
    if (callRole(call) !== 'path') return forkOnce(call, choice);
    asked += 1;
    return asked <= 2 ? [20, TOY.pathClose] : [21, TOY.pathClose];
  };
  const { flags, paths } = await flagsOf(better, 'reseed');
  assert.deepEqual(flags, ['', 'reseeded_path']);
  assert.equal(paths[1]!.seed, seeds[2], 'the seed is that of the answer which stayed');
  assert.deepEqual(paths[1]!.pieces[1]!.ids, [21, TOY.pathClose]);
});

test('9: what is told', async () => {
  const io = createHeldIo({ join: { kind: 'quorum', count: 2 } });
  const events: SegmentEvent[] = [];
  const group = rollOutGroup({ ...io, onSegment: (event) => events.push(event) }, REQUEST);
  await turn();
  io.paths[0]!.answer(pathIds(1));
  io.paths[2]!.answer(pathIds(3));
  const { segments } = await finish(group);
  const told = events.flatMap((event) => (event.kind === 'finished' && event.role === 'path' ? [event.segment] : []));
  assert.deepEqual(
    told,
    segments.filter(({ role }) => role === 'path'),
  );

  const again: SegmentEvent[] = [];
  const alike: TokenScript = (call) => (callRole(call) === 'path' ? [20, TOY.pathClose] : forkOnce(call, 0));
  const twice = createToyIo(alike, { duplicatePaths: 'reseed' });
  await rollOutGroup({ ...twice, onSegment: (event) => again.push(event) }, REQUEST);
  const ofSecond = again.filter(({ path }) => path === 2);
  assert.deepEqual(
    ofSecond.map(({ kind }) => kind),
    ['started', 'finished', 'started', 'finished'],
  );
});

test('10: an engine that breaks its word', async () => {
  const io = createToyIo(forkOnce);
  const answering = (answer: (call: CallSpec) => Completion[]): RolloutIo => ({
    ...io,
    complete: async (c) => answer(c),
  });
  const tooLong = (call: CallSpec) =>
    toCompletion(
      Array.from({ length: call.maxTokens + 1 }, () => 9),
      'length',
    );
  await assert.rejects(
    rollOutGroup(
      answering((call) => [tooLong(call)]),
      REQUEST,
    ),
    /returned 201 tokens instead of 200 at most/,
  );
  await assert.rejects(
    rollOutGroup(
      answering(() => []),
      REQUEST,
    ),
    /returned 0 completions instead of 1/,
  );
  const deaf = toCompletion([9, TOY.par, 9]);
  await assert.rejects(
    rollOutGroup(
      answering(() => [deaf]),
      REQUEST,
    ),
    /went on after stop token 1/,
  );
  const short: Completion = { ...toCompletion([9, 8]), logprobs: [-1] };
  await assert.rejects(
    rollOutGroup(
      answering(() => [short]),
      REQUEST,
    ),
    (error) => {
      assert.ok(error instanceof EngineError && !error.retryable);
      return true;
    },
  );
});

test('11: over HTTP', async (t) => {
  const script = createToyIo(forkOnce);
  let paths = 0;
  const server = await startFaultServer(t, (response, request) => {
    const { body } = request;
    const call: CallSpec = { ...body, maxTokens: body.max_tokens, stopTokenIds: body.stop_token_ids };
    if (callRole(call) === 'path') {
      paths += 1;
      if (paths !== 2) return;
      json({ choices: [toChoice(toCompletion(pathIds(2)))] })(response, request);
      return;
    }
    void script.complete(call, script.signal).then(([completion]) => {
      json({ choices: [toChoice(completion!)] })(response, request);
    });
  });
  const engine = createOpenAiEngine({ kind: 'vllm', url: `${server.url}/v1`, timeoutMs: 60_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const io = createToyIo(forkOnce, { paths: 3, join: { kind: 'first' } });
  const complete: RolloutIo['complete'] = (call, signal) =>
    engine.complete({ ...call, temperature: 1, topP: 1 }, signal);
  const trajectory = await finish(rollOutGroup({ ...io, complete }, REQUEST));
  assert.equal(pathsOf(trajectory).filter(([, stop]) => stop === 'abort').length, 2);
  const asked = server.seen.filter(({ body }) => body.stop_token_ids.includes(TOY.pathClose));
  assert.deepEqual(await Promise.all(asked.map(({ hungUp }) => hungUp)), [true, false, true]);
});

function toChoice({ ids, text, logprobs, finish: reason }: Completion): object {
  const stop = reason === 'stop' ? ids.at(-1) : null;
  return {
    index: 0,
    text,
    finish_reason: reason,
    stop_reason: stop,
    token_ids: ids,
    logprobs: { token_logprobs: logprobs },
  };
}
