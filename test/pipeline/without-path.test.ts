/**
 * What a right answer owes to the paths of its block (`replay --without-path`):
 *  1. a path that is taken out is not in the prompt of the summary, the others are, in their order; nothing else differs
 *  2. intact, under the seeds of the rollout and with the same engine, the continuation is the stored one
 *  3. an answer that needs one path falls without it alone; shares are counted per change; nothing is stored
 *  4. another rollout of the step with the same text answers instead of the engine
 *  5. wrong answers, failed rollouts and those without a fork are not asked; no more than the limit are
 *  6. Wilson's interval holds the share, lies in [0, 1] and shrinks with more cases
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { changePaths, computeWilsonInterval, listPathChanges } from '../../src/core/replay/path-credit.ts';
import type { Trajectory } from '../../src/core/trajectory.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { askWithoutPaths } from '../../src/pipeline/rollout/ask-without-paths.ts';
import { goOnFromPaths, rollOutGroup } from '../../src/pipeline/rollout/roll-out-group.ts';
import type { Completion, Engine } from '../../src/ports/engine.ts';
import type { RolloutRecord } from '../../src/ports/run-store/rollouts.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { TOY_MODEL } from '../support/pipeline-toy-engine.ts';
import { TOY_PROBLEMS, TOY_RUN } from '../support/pipeline-toy-run.ts';
import { decodeToy, EOS_TEXT, encodeToy } from '../support/pipeline-toy-tokens.ts';
import { callRole, createToyIo, TOY, type TokenScript } from '../support/token-script-engine.ts';

const REQUEST = { promptIds: [50, 51], groupSize: 1, model: 'w0', seedParts: [1, 'test'] };

/** Three paths that differ, a summary that follows from its seed, an answer. */
const forkOnce: TokenScript = (call) => {
  if (callRole(call) === 'path') return [20 + (call.seed % 50), TOY.pathClose];
  if (callRole(call) === 'summary') return [30 + (call.seed % 50), TOY.sumClose];
  return call.prompt.includes(TOY.sumClose) ? [40 + (call.seed % 50), TOY.eos] : [10, TOY.par];
};

async function rollOutThree(): Promise<Trajectory> {
  const [outcome] = await rollOutGroup(createToyIo(forkOnce, { paths: 3 }), REQUEST);
  assert.ok(outcome !== undefined && 'trajectory' in outcome);
  return outcome.trajectory;
}

const idsOf = ({ pieces }: Trajectory['segments'][number]) => pieces.flatMap(({ ids }) => ids);

test('1+2: prompts and seeds', async () => {
  const trajectory = await rollOutThree();
  const changes = listPathChanges(trajectory);
  assert.deepEqual(
    changes.map((change) => (change.kind === 'without' ? change.place : change.kind)),
    ['intact', 1, 2, 3, 'turned'],
  );
  const paths = trajectory.segments.slice(1, 4).map(idsOf);
  const kept = [
    [0, 1, 2],
    [1, 2],
    [0, 2],
    [0, 1],
    [2, 1, 0],
  ];
  for (const [k, change] of changes.entries()) {
    const io = createToyIo(forkOnce, { paths: 3 });
    const outcome = await goOnFromPaths(io, REQUEST, 0, changePaths(trajectory, change));
    assert.ok('trajectory' in outcome);
    const before = [...trajectory.promptIds, ...idsOf(trajectory.segments[0]!)];
    const wanted = [...before, ...kept[k]!.flatMap((path) => paths[path]!), TOY.parClose, TOY.gap, TOY.sum];
    assert.deepEqual(io.calls[0]!.prompt, wanted);
    assert.equal(io.calls.length, 2);
    if (change.kind === 'intact') assert.deepEqual(outcome.trajectory, trajectory);
  }
});

const PROBLEM = TOY_PROBLEMS[0]!;

/** A summary that has read `needed` says 3, any other 4; the answer is what the summary says. */
function reading(run: TempRun, needed: string): { readonly engine: Engine; readonly asked: string[] } {
  const asked: string[] = [];
  const complete: Engine['complete'] = async ({ prompt, n, stopTokenIds }) => {
    const text = decodeToy(prompt);
    asked.push(text);
    const said = text.includes(needed) ? '3' : '4';
    const words = text.endsWith('<Summary>')
      ? `so ${said}</Summary>`
      : `\nFinal Answer: ${/so (\d)/.exec(text)?.[1]}${EOS_TEXT}`;
    const ids = encodeToy(words);
    assert.ok(stopTokenIds.includes(ids.at(-1)!));
    const completion: Completion = {
      ids,
      text: words,
      logprobs: ids.map(() => -1),
      finish: 'stop',
      cachedTokens: null,
    };
    return Array.from({ length: n }, () => completion);
  };
  return { engine: { ...run.engine, complete }, asked };
}

function writeTrajectory(paths: readonly string[], answer: string): Trajectory {
  const segment = (role: 'main' | 'path' | 'summary', path: number, text: string): Trajectory['segments'][number] => ({
    ...{ role, block: role === 'main' ? 0 : 1, path, stop: 'tag', flags: [], seed: 1, weightsVersion: TOY_MODEL },
    pieces: [{ ids: encodeToy(text), text, logprobs: null, origin: 'policy' }],
  });
  return {
    promptIds: encodeToy(PROBLEM.text),
    segments: [
      segment('main', 0, '<Parallel>'),
      ...paths.map((text, k) => segment('path', k + 1, `<Path>${text}</Path>`)),
      segment('summary', 0, `</Parallel>\n<Summary>so ${answer}</Summary>`),
      segment('main', 0, `\nFinal Answer: ${answer}${EOS_TEXT}`),
    ],
    end: 'eos',
  };
}

function record(sample: number, trajectory: Trajectory | null, isRight: boolean): RolloutRecord {
  const verdict = {
    verdict: isRight ? 'correct' : 'incorrect',
    rule: 'test',
    reason: null,
    extracted: '3',
    verifier: 'v',
  } as const;
  return {
    ...{ stageIndex: 0, purpose: 'eval', step: 0, group: 0, sample, problem: PROBLEM, set: null, trajectory },
    ...{ failure: trajectory === null ? 'refused' : null, weightsVersion: TOY_MODEL, verdict: trajectory && verdict },
    ...{ formatMode: 'strict', formatValid: true, formatCode: null, reward: null, durationMs: 1 },
  };
}

async function ask(t: { after(clean: () => void): void }, step: readonly RolloutRecord[], needed: string, limit = 50) {
  const run = openTempRun(t);
  const { engine, asked } = reading(run, needed);
  const ctx = { ...run.ctx, engine };
  const report = await askWithoutPaths(ctx, await bindTokenizer(ctx), { steps: [step], limit, version: TOY_MODEL });
  assert.deepEqual(run.store.listRolloutSteps(TOY_RUN), []);
  return { ...report, asked };
}

const RIGHT = writeTrajectory(['A:count 3', 'B:sum 3'], '3');

test('3: what an answer needs', async (t) => {
  const { rollouts, credits } = await ask(t, [record(0, RIGHT, true), record(1, RIGHT, true)], 'A:count');
  assert.equal(rollouts, 2);
  assert.deepEqual(
    credits.map(({ change, asked, stands, share }) => [change, asked, stands, share]),
    [
      [{ kind: 'intact' }, 2, 2, 1],
      [{ kind: 'without', place: 1 }, 2, 0, 0],
      [{ kind: 'without', place: 2 }, 2, 2, 1],
      [{ kind: 'turned' }, 2, 2, 1],
    ],
  );
});

test('4: twins', async (t) => {
  const twin = writeTrajectory(['B:sum 3', 'A:count 3'], '4');
  const { credits, asked } = await ask(t, [record(0, RIGHT, true), record(1, twin, false)], 'A:count');
  const turned = credits.find(({ change }) => change.kind === 'turned');
  assert.deepEqual([turned?.asked, turned?.fromTwins, turned?.stands], [1, 1, 0]);
  // Three other changes, a summary and an answer each.
  assert.equal(asked.length, 6);
});

test('5: who is asked', async (t) => {
  const plain: Trajectory = { ...RIGHT, segments: RIGHT.segments.filter(({ role }) => role === 'main') };
  const others = [record(0, RIGHT, false), record(1, null, false), record(2, plain, true)];
  const none = await ask(t, others, 'A:count');
  assert.deepEqual([none.rollouts, none.credits, none.asked], [0, [], []]);
  const some = await ask(
    t,
    [...others, record(3, RIGHT, true), record(4, RIGHT, true), record(5, RIGHT, true)],
    'B:',
    2,
  );
  assert.equal(some.rollouts, 2);
});

test('6: intervals', () => {
  const [low, high] = computeWilsonInterval(8, 10);
  assert.ok(Math.abs(low - 0.4902) < 1e-4 && Math.abs(high - 0.9433) < 1e-4);
  const property = (total: number, seed: number) => {
    const count = seed % (total + 1);
    const [from, to] = computeWilsonInterval(count, total);
    assert.ok(from >= 0 && to <= 1 && from <= count / total && count / total <= to);
    const [nearer, farther] = computeWilsonInterval(10 * count, 10 * total);
    assert.ok(farther - nearer < to - from);
  };
  fc.assert(fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(), property));
});
