/**
 * The executor, whose calls run side by side, against a plain loop written from the method (test/support/reference-executor.ts):
 *  1. on any script and under any settings that join all paths: the same trajectories, from the same calls
 *  2. on the embedded transformer through its HTTP server: the same trajectories, log-probs bit for bit
 *  3. the comparison meets blocks, refused forks, cut paths, labels, asked-again paths and every other flag
 */

import assert from 'node:assert/strict';
import test from 'node:test';
import { startEmbeddedServer } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import type { RolloutSettings } from '../../src/core/curriculum.ts';
import { createRng, hashSeed, type Rng } from '../../src/core/rng.ts';
import type { SegmentFlag, Trajectory } from '../../src/core/trajectory.ts';
import { type RolloutOutcome, rollOutGroup } from '../../src/pipeline/rollout/roll-out-group.ts';
import type { CallSpec, RolloutIo } from '../../src/pipeline/rollout/trajectory-calls.ts';
import { rollOutByReference } from '../support/reference-executor.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { createToyIo, type TokenScript } from '../support/token-script-engine.ts';

function toTrajectories(outcomes: readonly RolloutOutcome[]): Trajectory[] {
  return outcomes.map((outcome) => {
    assert.ok('trajectory' in outcome, JSON.stringify(outcome));
    return outcome.trajectory;
  });
}

function drawSettings(rng: Rng): Partial<RolloutSettings> {
  const from = (min: number, max: number) => min + rng.nextInt(max - min + 1);
  return {
    mode: rng.nextInt(12) === 0 ? 'sequential' : 'parallel',
    paths: rng.nextInt(2) === 0 ? from(2, 4) : { min: 2, max: from(2, 5) },
    joinOrder: rng.nextInt(2) === 0 ? 'emitted' : 'longest-first',
    duplicatePaths: rng.nextInt(2) === 0 ? 'keep' : 'reseed',
    maxBlocks: from(0, 3),
    maxResponseTokens: from(1, 300),
    maxPathTokens: from(4, 30),
    minPathTokens: from(1, 4),
    maxSummaryTokens: from(1, 20),
    reserveSummaryTokens: from(0, 12),
    reserveAnswerTokens: from(0, 12),
  };
}

/** Short stretches of plain tokens with any tag among them; what it writes follows from the call alone. */
const anything: TokenScript = (call, choice) => {
  const rng = createRng(hashSeed(call.seed, choice, call.prompt.length));
  const stop = call.stopTokenIds[rng.nextInt(call.stopTokenIds.length)]!;
  const words = Array.from({ length: rng.nextInt(6) }, () => (rng.nextInt(12) === 0 ? 1 + rng.nextInt(8) : 10));
  return rng.nextInt(10) === 0 ? Array.from({ length: 400 }, () => 11) : [...words, stop];
};

const sortCalls = (calls: readonly CallSpec[]) => calls.toSorted((a, b) => a.seed - b.seed);

test('1+3: fuzzed settings', async () => {
  const rng = createRng(11);
  const flags = new Set<SegmentFlag>();
  let blocks = 0;
  for (let index = 0; index < 1500; index += 1) {
    const labels = rng.nextInt(3) === 0 ? [[90], [91, 91]] : null;
    const settings = drawSettings(rng);
    const request = { promptIds: [50, 51], groupSize: 1 + rng.nextInt(3), model: 'w0', seedParts: [index] };
    const [real, plain] = [createToyIo(anything, settings, labels), createToyIo(anything, settings, labels)];
    const wanted = await rollOutByReference(
      toParts(plain, (call) => plain.complete(call, plain.signal)),
      request,
    );
    assert.deepEqual(toTrajectories(await rollOutGroup(real, request)), wanted, `case ${index}`);
    assert.deepEqual(sortCalls(real.calls), sortCalls(plain.calls), `case ${index}`);
    for (const { segments } of wanted) {
      for (const segment of segments) for (const flag of segment.flags) flags.add(flag);
      blocks += segments.filter(({ role }) => role === 'summary').length;
    }
  }
  assert.ok(blocks > 500, `${blocks} blocks`);
  assert.equal(flags.size, 9, [...flags].join(' '));
});

function toParts(
  { binding, settings, eosTexts }: RolloutIo,
  complete: (call: CallSpec) => ReturnType<RolloutIo['complete']>,
) {
  return { binding, settings, eosTexts, hash: hashSeed, complete };
}

test('2: the embedded transformer', async (t) => {
  const server = await startEmbeddedServer({
    ...{ host: '127.0.0.1', port: 0, stateDir: makeTempFolder('reference'), seed: 5, threads: 2, apiKey: null },
  });
  t.after(() => server.close());
  const engine = createOpenAiEngine({ kind: 'embedded', url: `${server.url}/v1`, timeoutMs: 60_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const model = 'embedded-base';
  const ids = async (text: string) => engine.tokenize({ model, input: { text } });
  const one = async (text: string) => (await ids(text))[0]!;
  const toy = createToyIo(anything, {
    ...{ paths: { min: 2, max: 3 }, maxBlocks: 3, maxPathTokens: 12, minPathTokens: 2, maxResponseTokens: 110 },
    ...{ maxSummaryTokens: 10, reserveSummaryTokens: 4, reserveAnswerTokens: 8, joinOrder: 'longest-first' },
  });
  const tags = {
    parallelOpen: await one('<Parallel>'),
    parallelClose: await one('</Parallel>'),
    pathOpen: await one('<Path>'),
    pathClose: await one('</Path>'),
    summaryOpen: await one('<Summary>'),
    summaryClose: await one('</Summary>'),
    gap: await ids('\n'),
    eos: [await one('<eos>')],
  };
  const complete: RolloutIo['complete'] = (call, signal) =>
    engine.complete({ ...call, temperature: 1, topP: 1 }, signal);
  const io: RolloutIo = { ...toy, eosTexts: ['<eos>'], binding: { ...toy.binding, tags }, complete };
  const promptIds = await engine.tokenize({
    model,
    input: { userMessage: 'Dan has 18 keys, then makes 31. How many in all?' },
  });
  let forks = 0;
  for (let group = 0; group < 6; group += 1) {
    const request = { promptIds, groupSize: 4, model, seedParts: [group] };
    const wanted = await rollOutByReference(
      toParts(io, (call) => complete(call, io.signal)),
      request,
    );
    assert.deepEqual(toTrajectories(await rollOutGroup(io, request)), wanted);
    forks += wanted.flatMap(({ segments }) => segments).filter(({ role }) => role === 'summary').length;
  }
  assert.ok(forks > 3, `${forks} forks`);
});
