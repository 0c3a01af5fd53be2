/**
 * What fork and join save over one stream, on the shapes of real responses: `node bench/join-latency.ts [--json]`.
 *
 * The 341 published outputs of a teacher, canonical, those with a block (lengths in pieces of text: a word, a digit or a
 * sign, about a token each), decoded again by a modelled server (time per token, prefill rate, time per call, prefix
 * cache): in one stream, and forked under every join and order. Nothing is sampled and no answer is judged: a join that
 * leaves paths out would go on with different text; the stored length stands in. Needs the sample files (../shared).
 */
import { parseArgs } from 'node:util';
import { TextPieces } from '../adapters/engine-openai/text-pieces.ts';
import { describePolicy, listPolicies } from '../src/cli/recipe/replay-policies.ts';
import { canonicaliseResponse } from '../src/core/canonicalise.ts';
import { SUMMARY_GAP, TAGS } from '../src/core/grammar.ts';
import { buildTrajectoryFromIds } from '../src/core/layout/trajectory-from-ids.ts';
import { DEFAULT_LATENCY_MODEL, type LatencyModel } from '../src/core/replay/latency-model.ts';
import { ReplayTally } from '../src/core/replay/replay-tally.ts';
import type { Trajectory } from '../src/core/trajectory.ts';
import { NO_SAMPLES } from '../test/support/shared-rows.ts';
import { type RecordedOutput, readTeacherRows } from '../test/support/teacher-rows.ts';

const EOS = '<|end|>';

/** Servers that differ in what a join costs: the measured one, one without a prefix cache, a fast one with slow prefill. */
const MODELS: Readonly<Record<string, LatencyModel>> = {
  'measured server': DEFAULT_LATENCY_MODEL,
  'without prefix cache': { ...DEFAULT_LATENCY_MODEL, cacheBlock: null },
  'fast decode, slow prefill': { ...DEFAULT_LATENCY_MODEL, decodeMs: 5, prefillPerSecond: 2_000 },
};

const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
const rows = readTeacherRows();
if (rows === null) {
  console.error(NO_SAMPLES);
  process.exitCode = 1;
} else compare(rows.recorded, values.json);

function compare(recorded: readonly RecordedOutput[], asJson: boolean): void {
  const trajectories = recorded.flatMap((row) => toTrajectory(row) ?? []);
  const forked = trajectories.filter(({ segments }) => segments.some(({ role }) => role === 'path'));
  const widest = Math.max(...forked.flatMap(({ segments }) => segments.map(({ path }) => path)));
  const policies = listPolicies({ join: [], order: [], width: [], budget: [] }, widest);
  const tables = Object.entries(MODELS).map(([name, model]) => {
    const lines = [
      { policy: 'one stream', tally: new ReplayTally('one-stream', model) },
      ...policies.map((policy) => ({ policy: describePolicy(policy), tally: new ReplayTally(policy, model) })),
    ];
    for (const { tally } of lines) for (const trajectory of forked) tally.add(trajectory, true);
    return { name, model, lines: lines.map(({ policy, tally }) => ({ policy, ...tally.summarize() })) };
  });
  if (asJson) {
    console.log(JSON.stringify({ outputs: recorded.length, forked: forked.length, widest, tables }));
    return;
  }
  console.log(`${forked.length} of ${recorded.length} outputs are well-formed and fork; up to ${widest} paths a block`);
  for (const { name, lines } of tables) {
    console.log(`\n${name}`.padEnd(36), 'wall clock', 'speed-up', ' total', 'critical', 'prefill');
    for (const {
      policy,
      meanLatencyMs,
      speedUpOfMeans,
      meanTotalTokens,
      meanCriticalTokens,
      meanPrefillTokens,
    } of lines) {
      const columns = [
        `${(meanLatencyMs / 1000).toFixed(2)} s`.padStart(10),
        speedUpOfMeans.toFixed(2).padStart(8),
        meanTotalTokens.toFixed(0).padStart(6),
        meanCriticalTokens.toFixed(0).padStart(8),
        meanPrefillTokens.toFixed(0).padStart(7),
      ];
      console.log(`  ${policy.padEnd(33)}`, ...columns);
    }
  }
}

/** Null for an output that is no valid response. */
function toTrajectory({ problem, output }: RecordedOutput): Trajectory | null {
  const pieces = new TextPieces([EOS]);
  const [parallelOpen, parallelClose, pathOpen, pathClose, summaryOpen, summaryClose] = TAGS.map(
    (tag) => pieces.encode(tag)[0]!,
  ) as [number, number, number, number, number, number];
  const tags = {
    ...{ parallelOpen, parallelClose, pathOpen, pathClose, summaryOpen, summaryClose },
    gap: pieces.encode(SUMMARY_GAP),
    eos: pieces.encode(EOS),
  };
  const ids = pieces.encode(`${canonicaliseResponse(output)}${EOS}`);
  const trajectory = buildTrajectoryFromIds(pieces.encode(problem), ids, null, tags, { pathLabels: null });
  return 'code' in trajectory ? null : trajectory;
}
