import type { TrajectoryFigures } from '../core/trajectory-figures.ts';
import type { SegmentDetail } from '../report/describe-rollout.ts';
import { count } from './wording.ts';

/** A segment as a bar: when it began and ended, in tokens of the longest chain, and in which lane. */
interface Bar {
  readonly segment: SegmentDetail;
  readonly index: number;
  readonly start: number;
  readonly lane: number;
}

/**
 * The trajectory over time, in tokens: the main lane above, the paths of a block in lanes of their own, begun together.
 * What the answer waited for is in full colour.
 */
export function TrajectoryLanes({
  segments,
  figures,
}: {
  readonly segments: readonly SegmentDetail[];
  readonly figures: TrajectoryFigures;
}) {
  const bars = layBars(segments);
  const end = Math.max(1, ...bars.map(({ start, segment }) => start + segment.generatedTokens));
  const lanes = Math.max(0, ...bars.map(({ lane }) => lane)) + 1;
  const { criticalTokens, totalTokens, selfParallelism } = figures;
  return (
    <section class="card lanes-card" aria-label="Over time">
      <p class="note">
        {count(criticalTokens)} tokens long instead of {count(totalTokens)}
        {selfParallelism > 1 ? `: ${selfParallelism.toFixed(2)} tokens at once on average` : ''}. Bars in full colour
        are the longest chain.
      </p>
      <div class="lanes" style={{ gridTemplateRows: `repeat(${lanes}, 1.5rem)` }}>
        {bars.map(({ segment, index, start, lane }) => (
          <a
            key={index}
            href={`#segment-${index}`}
            class={`bar ${segment.role}${segment.isCritical ? ' critical' : ''}${segment.stop === 'abort' ? ' aborted' : ''}`}
            style={{
              gridRow: `${lane + 1}`,
              marginLeft: `${(100 * start) / end}%`,
              width: `max(3px, calc(${(100 * segment.generatedTokens) / end}% - 2px))`,
            }}
            aria-label={describeBar(segment)}
            title={describeBar(segment)}
            onClick={(event) => {
              event.preventDefault();
              const target = document.getElementById(`segment-${index}`);
              target?.scrollIntoView({ block: 'center', behavior: 'smooth' });
              target?.focus();
            }}
          >
            <span>{segment.role === 'path' ? segment.path : segment.role === 'summary' ? 'Σ' : ''}</span>
          </a>
        ))}
      </div>
      <div class="axis" aria-hidden="true">
        <span>0</span>
        <span>{count(end)} tokens</span>
      </div>
    </section>
  );
}

/** Main segments and summaries follow one another; the paths of a block begin together, and the longest awaited one ends it. */
function layBars(segments: readonly SegmentDetail[]): Bar[] {
  const bars: Bar[] = [];
  let now = 0;
  let blockEnd = 0;
  segments.forEach((segment, index) => {
    if (segment.role === 'path') {
      const isFirst = segments[index - 1]?.role !== 'path' || segments[index - 1]?.block !== segment.block;
      if (isFirst) blockEnd = now;
      bars.push({ segment, index, start: now, lane: isFirst ? 1 : (bars.at(-1)?.lane ?? 0) + 1 });
      if (segment.stop !== 'abort') blockEnd = Math.max(blockEnd, now + segment.generatedTokens);
      return;
    }
    now = Math.max(now, blockEnd);
    bars.push({ segment, index, start: now, lane: 0 });
    now += segment.generatedTokens;
    blockEnd = now;
  });
  return bars;
}

function describeBar({ role, block, path, generatedTokens, stop, isCritical }: SegmentDetail): string {
  const name =
    role === 'path' ? `path ${path} of block ${block}` : role === 'summary' ? `summary of block ${block}` : 'main';
  const end = stop === 'abort' ? ', given up' : stop === 'length' ? ', cut off' : '';
  return `${name}: ${count(generatedTokens)} tokens${isCritical ? ', on the longest chain' : ''}${end}`;
}
