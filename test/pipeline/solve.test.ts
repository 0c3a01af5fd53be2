/**
 * One question, and watching a rollout (RolloutIo.onSegment):
 *  1. a call is announced before it is sent and its segment told when it is there; paths of a block begin in order
 *  2. what is told is what the trajectory holds, the flags aside that only the rest decides
 *  3. watching changes nothing: for any engine the same trajectories and the same calls
 *  4. a rollout that fails has no last word
 *  5. solveProblem: trajectory, answer, verdict against a reference, none without one; nothing is stored
 *  6. both decodings draw from the same seeds: the same begin, and sequential never forks
 *  7. a question the engine refuses, or that is too long, is one error
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { createRng } from '../../src/core/rng.ts';
import type { Segment } from '../../src/core/trajectory.ts';
import { EngineError, RunError } from '../../src/errors.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { rollOutGroup } from '../../src/pipeline/rollout/roll-out-group.ts';
import { type SolveRequest, solveProblem } from '../../src/pipeline/rollout/solve.ts';
import type { SegmentEvent } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion, Engine } from '../../src/ports/engine.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { TOY_RUN, toyPlan, writeToyTarget } from '../support/pipeline-toy-run.ts';
import { decodeToy, EOS_TEXT, encodeToy, pieceId } from '../support/pipeline-toy-tokens.ts';
import { callRole, createToyIo, TOY, type TokenScript } from '../support/token-script-engine.ts';

const REQUEST = { promptIds: [50, 51], groupSize: 1, model: 'w0', seedParts: [1, 'test'] };

/** Forks once, then answers; both paths are alike. */
const forkOnce: TokenScript = (call) => {
  if (callRole(call) === 'path') return [20, TOY.pathClose];
  if (callRole(call) === 'summary') return [30, TOY.sumClose];
  return call.prompt.includes(TOY.sumClose) ? [40, TOY.eos] : [10, TOY.par];
};

const nameEvent = ({ kind, role, path }: SegmentEvent) => `${kind} ${role}${path === 0 ? '' : ` ${path}`}`;

const withoutLateFlags = (segment: Segment): Segment => ({
  ...segment,
  flags: segment.flags.filter((flag) => flag !== 'fork_refused' && flag !== 'duplicate_path'),
});

test('1+2: what is told', async () => {
  const events: SegmentEvent[] = [];
  const io = createToyIo(forkOnce);
  const complete: typeof io.complete = (call, signal) => {
    assert.equal(events.at(-1)?.kind, 'started', 'announced before it is sent');
    return io.complete(call, signal);
  };
  const [outcome] = await rollOutGroup({ ...io, complete, onSegment: (event) => events.push(event) }, REQUEST);
  assert.deepEqual(events.map(nameEvent), [
    'started main',
    'finished main',
    'started path 1',
    'started path 2',
    'finished path 1',
    'finished path 2',
    'started summary',
    'finished summary',
    'started main',
    'finished main',
  ]);
  assert.ok(outcome !== undefined && 'trajectory' in outcome);
  const { segments } = outcome.trajectory;
  assert.ok(segments[2]?.flags.includes('duplicate_path'));
  const told = events.flatMap((event) => (event.kind === 'finished' ? [event.segment] : []));
  assert.deepEqual(told, segments.map(withoutLateFlags));
});

test('3: watching changes nothing', async () => {
  const property = async (seed: number, budget: number) => {
    const script: TokenScript = (call, choice) => {
      const rng = createRng((seed ^ call.seed) + choice);
      return Array.from({ length: rng.nextInt(60) + 1 }, () => 1 + rng.nextInt(14));
    };
    const request = { ...REQUEST, groupSize: 3, seedParts: [seed] };
    const events: SegmentEvent[] = [];
    const [watched, alone] = [0, 1].map(() => createToyIo(script, { maxResponseTokens: budget }));
    const outcomes = await rollOutGroup({ ...watched!, onSegment: (event) => events.push(event) }, request);
    assert.deepEqual(outcomes, await rollOutGroup(alone!, request));
    assert.deepEqual(watched!.calls, alone!.calls);
    outcomes.forEach((outcome, sample) => {
      assert.ok('trajectory' in outcome);
      const told = events.flatMap((one) => (one.kind === 'finished' && one.sample === sample ? [one.segment] : []));
      const wanted = outcome.trajectory.segments.map(withoutLateFlags);
      const byPlace = (a: Segment, b: Segment) => (a.block === b.block ? a.path - b.path : 0);
      assert.deepEqual(told.toSorted(byPlace), wanted.toSorted(byPlace));
    });
  };
  await fc.assert(fc.asyncProperty(fc.integer(), fc.integer({ min: 1, max: 200 }), property));
});

test('4: a failed rollout', async () => {
  const io = createToyIo(forkOnce);
  const complete: typeof io.complete = (call, signal) =>
    callRole(call) === 'summary'
      ? Promise.reject(new EngineError('400 no', { status: 400 }))
      : io.complete(call, signal);
  const events: SegmentEvent[] = [];
  const [outcome] = await rollOutGroup({ ...io, complete, onSegment: (event) => events.push(event) }, REQUEST);
  assert.ok(outcome !== undefined && 'failure' in outcome);
  assert.equal(nameEvent(events.at(-1)!), 'started summary');
});

/** An engine that goes on writing the same text whatever it has been asked to continue. */
function reciting(run: TempRun, text: string): Engine {
  const whole = encodeToy(text);
  const second = encodeToy(text.slice(0, text.indexOf('<Path>B:') + '<Path>B:'.length)).length;
  let question: number | null = null;
  const complete: Engine['complete'] = async ({ prompt, n, maxTokens, stopTokenIds }) => {
    question ??= prompt.length;
    const isSecond = decodeToy(prompt.slice(question)).endsWith('<Path>B:');
    const from = isSecond ? second : prompt.length - question;
    const ids = whole.slice(from);
    const stop = ids.findIndex((id) => stopTokenIds.includes(id) || id === pieceId(EOS_TEXT));
    const kept = ids.slice(0, Math.min(maxTokens, stop < 0 ? ids.length : stop + 1));
    const finish: Completion['finish'] = stop >= 0 && stop < maxTokens ? 'stop' : 'length';
    const completion = { ids: kept, text: decodeToy(kept), logprobs: kept.map(() => -1), finish, cachedTokens: null };
    return Array.from({ length: n }, () => completion);
  };
  return { ...run.engine, complete };
}

async function solve(run: TempRun, text: string, request: Partial<SolveRequest>) {
  const ctx = { ...run.ctx, engine: reciting(run, text) };
  const base = { question: 'What is 1 plus 2?', gold: null, decoding: 'parallel', version: TOY_MODEL } as const;
  return solveProblem(ctx, await bindTokenizer(ctx), { ...base, ...request });
}

const TARGET = `${writeToyTarget('3')}${EOS_TEXT}`;

test('5: a solution', async (t) => {
  const run = openTempRun(t);
  const events: SegmentEvent[] = [];
  const solution = await solve(run, TARGET, { gold: '3', onSegment: (event) => events.push(event) });
  assert.equal(solution.answer, '3');
  assert.equal(solution.verdict?.verdict, 'correct');
  assert.equal(solution.format.valid, true);
  assert.deepEqual(
    solution.trajectory.segments.map(({ role }) => role),
    ['main', 'path', 'path', 'summary', 'main'],
  );
  assert.equal(events.length, 10);
  assert.equal((await solve(run, TARGET, { gold: '4' })).verdict?.verdict, 'incorrect');
  const free = await solve(run, TARGET, {});
  assert.equal(free.verdict, null);
  assert.equal(free.answer, '3');
  assert.deepEqual(run.store.listRolloutSteps(TOY_RUN), []);
});

test('6: both decodings', async (t) => {
  const run = openTempRun(t);
  const [parallel, sequential] = await Promise.all(
    (['parallel', 'sequential'] as const).map((decoding) => solve(run, TARGET, { decoding })),
  );
  assert.deepEqual(
    sequential!.trajectory.segments.map(({ role, seed }) => [role, seed]),
    [['main', parallel!.trajectory.segments[0]!.seed]],
  );
  assert.equal(sequential!.answer, '3');
});

test('7: refused questions', async (t) => {
  const run = openTempRun(t);
  await assert.rejects(solve(run, TARGET, { question: 'Käse?' }), /./);
  const long = openTempRun(t, { plan: toyPlan({ rollout: { ...toyPlan().rollout, maxPromptTokens: 2 } }) });
  await assert.rejects(solve(long, TARGET, {}), (error) => {
    assert.ok(error instanceof RunError);
    assert.match(error.message, /exceeds rollout.maxPromptTokens 2/);
    return true;
  });
});
