import type { LatencyModel } from '../../core/replay/latency-model.ts';
import type { PathChange } from '../../core/replay/path-credit.ts';
import type { KnownAccuracy, ReplaySummary } from '../../core/replay/replay-tally.ts';
import type { CreditReport } from '../../pipeline/rollout/ask-without-paths.ts';
import type { ReplayReport } from '../../report/collect-replay.ts';
import { describePolicy } from '../recipe/replay-policies.ts';
import { renderTable } from './table.ts';

/** The report as a table: one row per policy, means over rollouts. */
export function renderReplay({ run, stored, oneStream, policies, model }: ReplayReport): string[] {
  const rows = [
    renderRow('one stream', oneStream),
    ...policies.map(({ policy, summary }) => renderRow(describePolicy(policy), summary)),
  ];
  const failed = stored.failed === 0 ? '' : `, ${stored.failed} failed ones left out`;
  return [
    `Run ${run.id} "${run.name}": ${stored.rollouts} rollouts, ${stored.forked} with a fork${failed}`,
    `as stored: self-parallelism ${stored.meanSelfParallelism.toFixed(3)}, ${stored.blocks} blocks, straggler slack ${stored.meanStragglerSlack.toFixed(3)}, position ${stored.meanBlockPosition.toFixed(2)}`,
    '',
    ...renderTable([HEAD, ...rows], [1, 2, 3, 4, 5, 6]),
    '',
    describeModel(model),
    'Where a policy drops, cuts or moves a path, the summary and what follows would have been different text: the stored',
    'length is used, and the outcome counts as unknown. The range covers every possible share of right answers.',
  ];
}

const HEAD = ['policy', 'tokens', 'critical', 'computed', 'latency', 'time', 'speed-up', 'right answers'];

function renderRow(name: string, summary: ReplaySummary): string[] {
  return [
    name,
    summary.meanTotalTokens.toFixed(1),
    summary.meanCriticalTokens.toFixed(1),
    summary.meanPrefillTokens.toFixed(1),
    summary.meanLatencyTokens.toFixed(1),
    `${summary.meanLatencyMs.toFixed(0)} ms`,
    `${summary.speedUpOfMeans.toFixed(3)}x`,
    describeAccuracy(summary.accuracy, summary.rollouts),
  ];
}

function describeAccuracy({ known, low, high }: KnownAccuracy, rollouts: number): string {
  const percent = (share: number) => (100 * share).toFixed(1);
  if (known === rollouts) return `${percent(low)} %`;
  return `${percent(low)} to ${percent(high)} % (${known} of ${rollouts} known)`;
}

function describeModel({ decodeMs, prefillPerSecond, callMs, cacheBlock }: LatencyModel): string {
  const cache = cacheBlock === null ? 'no prefix cache' : `prefix cache in blocks of ${cacheBlock}`;
  return `Means in tokens; computed: prompt tokens on the critical chain; latency: time in decoded tokens. ${decodeMs} ms per token, ${prefillPerSecond.toLocaleString('en')} prompt tokens per second, ${callMs} ms per call, ${cache}.`;
}

/** What answers owe to the paths: one row per change, shares with their intervals. */
export function renderCredits(run: ReplayReport['run'], { rollouts, credits }: CreditReport): string[] {
  const percent = (share: number) => (100 * share).toFixed(1);
  const rows = credits.map(({ change, asked, fromTwins, failed, stands, share, interval }) => [
    describeChange(change),
    String(asked),
    String(fromTwins),
    String(failed),
    String(stands),
    share === null ? '-' : `${percent(share)} %`,
    interval === null ? '-' : `${percent(interval[0])} to ${percent(interval[1])} %`,
  ]);
  return [
    `Run ${run.id} "${run.name}": ${rollouts} rollouts with a fork and a right answer, asked again from their last summary on`,
    '',
    ...renderTable(
      [['paths', 'asked', 'from twins', 'failed', 'stand', 'share', '95 % interval'], ...rows],
      [1, 2, 3, 4, 5, 6],
    ),
    '',
    'The first row is what sampling once more changes by itself, with the weights the run ended with; the others are to',
    'be compared with it. Where an answer stands without a path, the summary did not need that path.',
  ];
}

function describeChange(change: PathChange): string {
  if (change.kind === 'intact') return 'as stored';
  return change.kind === 'turned' ? 'in the opposite order' : `without path ${change.place}`;
}
