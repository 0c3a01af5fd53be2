import assert from 'node:assert/strict';
import { readPathRange } from '../src/core/curriculum.ts';
import { checkFormat, checkIdsFormat } from '../src/core/format/format-checker.ts';
import { buildDatums, countLossTokens } from '../src/core/layout/build-datums.ts';
import { buildTrajectoryFromIds } from '../src/core/layout/trajectory-from-ids.ts';
import { DEFAULT_LATENCY_MODEL } from '../src/core/replay/latency-model.ts';
import { replayTrajectory } from '../src/core/replay/replay-trajectory.ts';
import { createRng, hashSeed } from '../src/core/rng.ts';
import { countPolicyTokens, flattenResponse, renderResponseText, type Trajectory } from '../src/core/trajectory.ts';
import { computeTrajectoryFigures } from '../src/core/trajectory-figures.ts';
import { EngineError } from '../src/errors.ts';
import { rollOutGroup } from '../src/pipeline/rollout/roll-out-group.ts';
import type { GroupRequest } from '../src/pipeline/rollout/trajectory-calls.ts';
import { createHostileIo, drawSettings, type HostileIo } from './hostile-engine.ts';

/** What a fuzz run of the executor met. */
export interface ExecutorFuzzResult {
  readonly cases: number;
  trajectories: number;
  blocks: number;
  /** Paths that were given up at a join. */
  givenUp: number;
  /** Groups that an engine which broke its contract ended, and rollouts it refused. */
  rejected: number;
  /** Rendered ids that parse as a canonical target, and were compared with what was executed. */
  parsed: number;
  /** Cases in which something did not hold, with their seed; cut after a few dozen. */
  readonly faults: string[];
}

const KEPT = 40;
const LAYOUTS = ['units', 'exact', 'causal', 'multiverse'] as const;
const ALL = { join: { kind: 'all' }, order: 'emitted', width: null, pathBudget: null } as const;

/** Rolls out `cases` groups under random settings at an engine that does what it likes, and checks each. */
export async function runExecutorFuzz(cases: number, seed: number): Promise<ExecutorFuzzResult> {
  const result: ExecutorFuzzResult = {
    ...{ cases, trajectories: 0, blocks: 0, givenUp: 0, rejected: 0, parsed: 0, faults: [] },
  };
  for (let index = 0; index < cases; index += 1) {
    try {
      await runCase(hashSeed(seed, index), result);
    } catch (error) {
      if (result.faults.length < KEPT) result.faults.push(`seed ${seed}, case ${index}: ${(error as Error).stack}`);
    }
  }
  return result;
}

async function runCase(seed: number, result: ExecutorFuzzResult): Promise<void> {
  const rng = createRng(seed);
  const io = createHostileIo(drawSettings(rng), rng);
  const request = { promptIds: [50, 51], groupSize: 1 + rng.nextInt(3), model: 'w0', seedParts: [seed] };
  try {
    const outcomes = await rollOutGroup(io, request);
    assert.equal(outcomes.length, request.groupSize);
    outcomes.forEach((outcome, sample) => {
      if ('failure' in outcome) result.rejected += 1;
      else checkTrajectory(io, outcome.trajectory, sample, result);
    });
    const failed = outcomes.filter((outcome) => 'failure' in outcome);
    assert.ok(failed.length === 0 || io.breaches > 0, 'a rollout failed at an engine that kept its contract');
  } catch (error) {
    if (!(error instanceof EngineError) || io.breaches === 0) throw error;
    result.rejected += 1;
  }
  checkCalls(io, request);
}

/** Bounded, and never for nothing. */
function checkCalls({ calls, settings }: HostileIo, { groupSize }: GroupRequest): void {
  const perBlock = 2 * readPathRange(settings.paths).max + 2;
  assert.ok(calls.length <= 1 + groupSize * (settings.maxBlocks * perBlock + 1), `${calls.length} calls`);
  for (const { maxTokens } of calls) assert.ok(maxTokens >= 1 && maxTokens <= settings.maxResponseTokens);
}

function checkTrajectory(io: HostileIo, trajectory: Trajectory, sample: number, result: ExecutorFuzzResult): void {
  result.trajectories += 1;
  const flat = flattenResponse(trajectory);
  assert.ok(flat.ids.length <= io.settings.maxResponseTokens, `${flat.ids.length} tokens`);
  checkSampledTokens(io, trajectory, sample);
  checkBlocks(io, trajectory, result);
  checkFormat(renderResponseText(trajectory), 'strict');
  checkIdsFormat(flat.ids, 'strict', io.binding.tags);
  assert.ok(computeTrajectoryFigures(trajectory).responseTokens === flat.ids.length);
  assert.ok(replayTrajectory(trajectory, ALL, DEFAULT_LATENCY_MODEL).latencyMs >= 0);
  checkDatums(trajectory);
  compareWithParse(io, trajectory, result);
}

/** Policy tokens are what the engine gave, an end of sequence that was replaced aside. */
function checkSampledTokens({ given }: HostileIo, { segments }: Trajectory, sample: number): void {
  for (const [index, { pieces, flags, stop, seed }] of segments.entries()) {
    if (stop === 'abort') {
      assert.deepEqual(pieces, []);
      continue;
    }
    const answered = given.get(seed!)![index === 0 ? sample : 0]!;
    const sampled = pieces.filter(({ origin }) => origin === 'policy');
    const kept = flags.includes('eos_in_path') ? -1 : answered.ids.length;
    assert.deepEqual(
      sampled.flatMap(({ ids }) => ids),
      answered.ids.slice(0, kept),
    );
    assert.deepEqual(
      sampled.flatMap(({ logprobs }) => logprobs ?? []),
      answered.logprobs.slice(0, kept),
    );
  }
}

function checkBlocks({ settings }: HostileIo, { segments }: Trajectory, result: ExecutorFuzzResult): void {
  const { join = { kind: 'all' }, maxBlocks } = settings;
  const { min, max } = readPathRange(settings.paths);
  const last = segments.at(-1)!;
  assert.ok(last.role === 'main' || (last.role === 'summary' && last.stop !== 'abort'));
  const blocks = segments.filter(({ role }) => role === 'summary').length;
  assert.ok(blocks <= maxBlocks);
  for (let block = 1; block <= blocks; block += 1) {
    const paths = segments.filter((segment) => segment.role === 'path' && segment.block === block);
    const joined = paths.filter(({ stop }) => stop !== 'abort');
    assert.ok(paths.length >= min && paths.length <= max);
    assert.deepEqual(
      paths.map(({ path }) => path).toSorted(),
      [...paths.keys()].map((k) => k + 1),
    );
    assert.ok(
      paths.slice(0, joined.length).every(({ stop }) => stop !== 'abort'),
      'given-up paths stand last',
    );
    const fewest = join.kind === 'all' ? paths.length : join.kind === 'first' ? 1 : 2;
    assert.ok(joined.length >= fewest, `${joined.length} joined`);
    result.blocks += 1;
    result.givenUp += paths.length - joined.length;
  }
}

/** Loss on sampled tokens and on nothing else, in every layout. */
function checkDatums(trajectory: Trajectory): void {
  const { ids, origins } = flattenResponse(trajectory);
  const policy = ids.filter((_, i) => origins[i] === 'policy').toSorted((a, b) => a - b);
  assert.equal(countLossTokens(trajectory, 'rl'), countPolicyTokens(trajectory));
  for (const layout of LAYOUTS) {
    const datums = buildDatums(trajectory, layout, { kind: 'rl', advantage: 1, scale: 1 });
    const scored = datums.flatMap(({ targets, advantages }) => targets.filter((_, k) => advantages![k] !== 0));
    assert.deepEqual(
      scored.toSorted((a, b) => a - b),
      policy,
      layout,
    );
  }
}

/** Where the rendered ids are a canonical target, they say what was executed. */
function compareWithParse({ binding }: HostileIo, trajectory: Trajectory, result: ExecutorFuzzResult): void {
  const { segments, promptIds } = trajectory;
  // A tag that nobody reacted to may by chance be followed by what looks like its block.
  if (segments.some(({ flags }) => flags.includes('unexecuted_tag') || flags.includes('fork_refused'))) return;
  const { ids } = flattenResponse(trajectory);
  const labels = binding.labels?.map((label) => label.ids) ?? null;
  const parsed = buildTrajectoryFromIds(promptIds, ids, null, binding.tags, { pathLabels: labels });
  if ('code' in parsed) return;
  result.parsed += 1;
  const list = ({ segments: all }: Trajectory) =>
    all
      .filter(({ stop }) => stop !== 'abort')
      .map(({ role, block, pieces }) => [role, block, ...pieces.flatMap((piece) => piece.ids)]);
  assert.deepEqual(list(parsed), list(trajectory));
}
