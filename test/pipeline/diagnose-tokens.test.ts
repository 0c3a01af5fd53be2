/**
 * What doctor finds about stops, tags and the prefix cache (an engine of a few lines that can be ill):
 *  1. a healthy one: all is well
 *  2. stop ids that are not heeded are a failure; greedy answers that differ leave it open
 *  3. tags that the model cannot tell apart are named
 *  4. a cache that is off, or not told of, is a warning with what to do
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { diagnoseTokens, type Finding, type Probe } from '../../src/pipeline/doctor/diagnose-tokens.ts';
import type { CompletionRequest } from '../../src/ports/engine.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';

interface Illness {
  readonly ignoresStops?: boolean;
  /** What greedy answers begin with, from call to call; default: the same. */
  readonly drift?: boolean;
  /** Tags that are embedded alike, by id. */
  readonly alike?: ReadonlyMap<number, number>;
  readonly cached?: number | null;
}

const TAGS = {
  ...{ parallelOpen: 0, parallelClose: 1, pathOpen: 2, pathClose: 3, summaryOpen: 4, summaryClose: 5 },
  gap: [9],
  eos: [6],
};

/** What follows depends on the last token seen, and on nothing else. */
function answer({ ignoresStops, drift, alike, cached = 16 }: Illness, calls: number, request: CompletionRequest) {
  const last = request.prompt.at(-1)!;
  const seen = alike?.get(last) ?? last;
  const ids: number[] = [];
  for (let i = 0; i < request.maxTokens; i += 1) {
    const id = 100 + 10 * seen + i + (drift ? calls : 0);
    ids.push(id);
    if (!ignoresStops && request.stopTokenIds.includes(id)) break;
  }
  const logprobs = ids.map((id) => -1 / id);
  return { ids, text: '', logprobs, finish: 'stop' as const, cachedTokens: cached };
}

async function diagnoseIll(t: TestContext, illness: Illness): Promise<Finding[]> {
  const run = openTempRun(t);
  const findings: Finding[] = [];
  const probe: Probe = async (area, fix, look) => {
    const outcome = await look().then(
      (detail): Finding => ({ area, status: 'ok', detail, fix: null }),
      ({ message }: Error): Finding => ({ area, status: 'fail', detail: message, fix }),
    );
    findings.push(outcome);
    return outcome.status === 'ok';
  };
  let calls = 0;
  const engine: typeof run.ctx.engine = {
    ...run.ctx.engine,
    complete: async (request) => {
      calls += 1;
      return [answer(illness, calls, request)];
    },
  };
  const binding = { template: run.ctx.studentTemplate, tags: TAGS, gapText: '\n', labels: null };
  findings.push(...(await diagnoseTokens({ ...run.ctx, engine }, binding, probe)));
  return findings;
}

test('1: healthy', async (t) => {
  const findings = await diagnoseIll(t, {});
  assert.deepEqual(
    findings.map(({ status, detail }) => `${status} ${detail}`),
    [
      'ok a stop id ends an answer and stays in it',
      'ok the model tells the tags apart',
      'ok 16 of 20 tokens of a prompt asked for again came from the cache',
    ],
  );
});

test('2: stops', async (t) => {
  const [ignored] = await diagnoseIll(t, { ignoresStops: true });
  assert.equal(ignored?.status, 'fail');
  assert.match(ignored!.detail, /stop id 151 was sampled and 2 tokens came after it/);
  const [open] = await diagnoseIll(t, { drift: true });
  assert.deepEqual([open?.status, open?.detail], ['ok', 'stops are not known: two greedy answers differed']);
});

test('3: tags alike', async (t) => {
  const [, found] = await diagnoseIll(t, {
    alike: new Map([
      [3, 2],
      [5, 2],
    ]),
  });
  assert.equal(found?.status, 'fail');
  assert.match(found!.detail, /apart: <\/Path> like <Path>, <\/Summary> like <Path>/);
  assert.match(found!.fix ?? '', /Preparing a model/);
});

test('4: the cache', async (t) => {
  const [, , off] = await diagnoseIll(t, { cached: 0 });
  assert.deepEqual([off?.status, off?.detail.slice(0, 7)], ['warn', '0 of 20']);
  assert.match(off!.fix ?? '', /switch prefix caching on/);
  const [, , silent] = await diagnoseIll(t, { cached: null });
  assert.equal(silent?.status, 'warn');
  assert.match(silent!.fix ?? '', /--enable-prompt-tokens-details/);
});
