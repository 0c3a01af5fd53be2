/**
 * What doctor finds about stops, tags and the prefix cache (an engine of a few lines that can be ill):
 *  1. a healthy one: all is well
 *  2. stop ids that are not heeded are a failure; greedy answers that differ leave it open
 *  3. tags that the model cannot tell apart are named
 *  4. a cache that is off, or not told of, is a warning with what to do; nothing is said of one whose blocks may be longer
 *     than any prompt that the model takes, and the prompt is longer than the blocks of known servers where it can be
 *  5. tags whose output rows are the means of those of their pieces are named, also rounded to bfloat16; nothing is said
 *     where rows cannot be read
 */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { createRng } from '../../src/core/rng.ts';
import { diagnoseTokens } from '../../src/pipeline/doctor/diagnose-tokens.ts';
import type { Subject } from '../../src/pipeline/doctor/faults.ts';
import { type Finding, Findings } from '../../src/pipeline/doctor/finding.ts';
import type { CompletionRequest } from '../../src/ports/engine.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';

interface Illness {
  readonly ignoresStops?: boolean;
  /** What greedy answers begin with, from call to call; default: the same. */
  readonly drift?: boolean;
  /** Tags that are embedded alike, by id. */
  readonly alike?: ReadonlyMap<number, number>;
  readonly cached?: number | null;
  /** Tokens of a block of the prefix cache, which holds whole ones: instead of `cached`. */
  readonly block?: number;
  readonly maxLength?: number | null;
  /** The output row of a token, by its id; what it returns for one row is null where none can be read. */
  readonly rowOf?: (id: number) => Float32Array | null;
}

const SUBJECT: Subject = {
  ...{ area: 'engine', expected: 'engine', urlKey: 'u', modelKey: 'm', modelFlag: '--model', apiKeyEnvKey: 'k' },
  ...{ variable: null, roomKeys: 'r' },
};

const TAGS = {
  ...{ parallelOpen: 0, parallelClose: 1, pathOpen: 2, pathClose: 3, summaryOpen: 4, summaryClose: 5 },
  gap: [9],
  eos: [6],
};

/** What follows depends on the last token seen, and on nothing else. */
function answer(
  { ignoresStops, drift, alike, cached = 16, block }: Illness,
  calls: number,
  request: CompletionRequest,
) {
  const last = request.prompt.at(-1)!;
  const seen = alike?.get(last) ?? last;
  const ids: number[] = [];
  for (let i = 0; i < request.maxTokens; i += 1) {
    const id = 100 + 10 * seen + i + (drift ? calls : 0);
    ids.push(id);
    if (!ignoresStops && request.stopTokenIds.includes(id)) break;
  }
  const logprobs = ids.map((id) => -1 / id);
  // The last token of a prompt is always computed.
  const held = block === undefined ? null : Math.floor((request.prompt.length - 1) / block) * block;
  return { ids, text: '', logprobs, finish: 'stop' as const, cachedTokens: held ?? cached };
}

/** What the tags fall into without their last character, and that one. */
const PIECES: Readonly<Record<string, readonly number[]>> = {
  ...{ '<Parallel': [20, 21], '</Parallel': [22, 21], '<Path': [20, 23], '</Path': [22, 23] },
  ...{ '<Summary': [20, 24, 25], '</Summary': [22, 24, 25], '>': [26] },
};

function readAll(rowOf: (id: number) => Float32Array | null, ids: readonly number[]): Float32Array[] | null {
  const rows = ids.map(rowOf);
  return rows.includes(null) ? null : (rows as Float32Array[]);
}

async function diagnoseIll(t: TestContext, illness: Illness): Promise<Finding[]> {
  const run = openTempRun(t);
  const findings = new Findings(SUBJECT, run.ctx.signal);
  let calls = 0;
  const engine: typeof run.ctx.engine = {
    ...run.ctx.engine,
    complete: async (request) => {
      calls += 1;
      return [answer(illness, calls, request)];
    },
    tokenize: async ({ input }) => [...(PIECES[(input as { text: string }).text] ?? [])],
    ...(illness.rowOf === undefined ? {} : { readOutputRows: async (_model, ids) => readAll(illness.rowOf!, ids) }),
  };
  const binding = { template: run.ctx.studentTemplate, tags: TAGS, gapText: '\n', labels: null };
  const { maxLength = 4096 } = illness;
  await diagnoseTokens({ ...run.ctx, engine }, binding, maxLength, findings);
  return findings.all;
}

test('1: healthy', async (t) => {
  const findings = await diagnoseIll(t, {});
  assert.deepEqual(
    findings.map(({ status, detail }) => `${status} ${detail}`),
    [
      'ok a stop id ends an answer and stays in it',
      'ok the model tells the tags apart',
      'ok 16 of 1040 tokens of a prompt asked for again came from the cache',
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
  assert.deepEqual([off?.status, off?.detail.slice(0, 7)], ['warn', '0 of 10']);
  assert.match(off!.fix ?? '', /switch prefix caching on/);
  const [, , silent] = await diagnoseIll(t, { cached: null });
  assert.equal(silent?.status, 'warn');
  assert.match(silent!.fix ?? '', /--enable-prompt-tokens-details/);
  for (const block of [16, 128, 256, 1024]) {
    const [, , on] = await diagnoseIll(t, { block });
    assert.equal(on?.status, 'ok', `blocks of ${block}: ${on?.detail}`);
  }
  const [, , unclear] = await diagnoseIll(t, { block: 128, maxLength: 100 });
  assert.deepEqual([unclear?.status, unclear?.fault], ['warn', 'cache_unclear']);
  assert.match(unclear!.detail, /cannot be told: 0 of 99 tokens/);
  assert.doesNotMatch(unclear!.fix ?? '', /switch/);
  const [, , small] = await diagnoseIll(t, { block: 16, maxLength: 100 });
  assert.equal(small?.status, 'ok');
});

test('5: rows between those of their pieces', async (t) => {
  const width = 64;
  const draw = (id: number) => {
    const rng = createRng(id);
    return Float32Array.from({ length: width }, () => rng.next() - 0.5);
  };
  const meanOf = (ids: readonly number[]) => {
    const rows = ids.map(draw);
    return Float32Array.from({ length: width }, (_, i) => rows.reduce((sum, row) => sum + row[i]!, 0) / rows.length);
  };
  const roundToBrain = (row: Float32Array) => {
    const bits = new Uint32Array(row.slice().buffer);
    return new Float32Array(bits.map((each) => (each + 0x8000) & 0xffff0000).buffer);
  };
  const [mean, meanOfSummary] = [meanOf([22, 23, 26]), roundToBrain(meanOf([20, 24, 25, 26]))];
  const rows = (tags: ReadonlyMap<number, Float32Array>) => (id: number) => tags.get(id) ?? draw(id);
  const ill = await diagnoseIll(t, {
    rowOf: rows(
      new Map([
        [TAGS.pathClose, mean],
        [TAGS.summaryOpen, meanOfSummary],
      ]),
    ),
  });
  const found = ill.find(({ fault }) => fault === 'tags_between_pieces');
  assert.equal(found?.status, 'warn');
  assert.match(found!.detail, /^the rows of <\/Path>, <Summary> are the means/);
  assert.match(found!.fix ?? '', /direction of its own/);
  const own = mean.map((value, i) => value + draw(99)[i]!);
  const well = await diagnoseIll(t, { rowOf: rows(new Map([[TAGS.pathClose, own]])) });
  assert.ok(well.every(({ status }) => status === 'ok'));
  assert.ok(well.some(({ detail }) => detail === 'no tag has the mean of the rows of its pieces'));
  const blind = await diagnoseIll(t, { rowOf: () => null });
  assert.equal(blind.length, 3);
});
