import type { RolloutDetail, SegmentDetail } from '../report/describe-rollout.ts';
import { readSegment } from '../report/read-segment.ts';
import { ModelText } from './model-text.tsx';
import { plural, showText } from './wording.ts';

/** Why a path does not count, in words. */
const IDLE: Readonly<Record<string, string>> = {
  no_work: 'no work in it',
  restated: 'repeats what was known',
  copy: 'a copy of a sibling',
  no_bearing: 'nothing of it is used',
  other_answer: 'states another answer',
  after_answer: 'no answer follows',
};

type Row = {
  readonly segments: readonly { readonly segment: SegmentDetail; readonly index: number }[];
  readonly block: number;
};

/** The text as it forks and joins: main text across, the paths of a block side by side. */
export function TrajectoryText({
  segments,
  effective,
  ending,
  name = 'segment',
}: Pick<RolloutDetail, 'segments' | 'effective' | 'ending'> & {
  /** Begins the ids of its parts, which must be unique on a page that shows several texts. */
  readonly name?: string;
}) {
  return (
    <div class="tree">
      {listRows(segments).map(({ segments: row, block }) => {
        const nodes = row.map(({ segment, index }, place) => (
          <Node
            key={index}
            segment={segment}
            id={`${name}-${index}`}
            idle={segment.role === 'path' ? (effective?.blocks[block - 1]?.[place]?.idle ?? null) : null}
            ending={index === segments.length - 1 ? ending : null}
          />
        ));
        const [first] = row;
        return first!.segment.role !== 'path' ? (
          nodes
        ) : (
          <div class="fork" key={`fork ${first!.index}`}>
            {nodes}
          </div>
        );
      })}
    </div>
  );
}

function listRows(segments: readonly SegmentDetail[]): Row[] {
  const rows: { segments: { segment: SegmentDetail; index: number }[]; block: number }[] = [];
  segments.forEach((segment, index) => {
    const last = rows.at(-1);
    const joins =
      segment.role === 'path' && last?.segments.at(0)?.segment.role === 'path' && last.block === segment.block;
    if (joins) last.segments.push({ segment, index });
    else rows.push({ segments: [{ segment, index }], block: segment.block });
  });
  return rows;
}

interface NodeProps {
  readonly segment: SegmentDetail;
  readonly id: string;
  readonly idle: string | null;
  readonly ending: string | null;
}

function Node({ segment, id, idle, ending }: NodeProps) {
  const { role, path, generatedTokens, isCritical, stop, pieces } = segment;
  const { label, text } = readSegment(pieces, ending);
  const name = role === 'path' ? `path ${path}` : role;
  const notes = [
    plural(generatedTokens, 'token'),
    ...(role === 'path' && isCritical ? ['longest'] : []),
    ...(stop === 'length' ? ['cut off'] : []),
    ...(stop === 'abort' ? ['given up'] : []),
    ...(idle === null ? [] : [IDLE[idle] ?? idle]),
  ];
  return (
    <section id={id} tabIndex={-1} class={`node ${role}${isCritical ? ' critical' : ''}`} aria-label={name}>
      <h4>
        {name} {label !== '' && <span class="label">{showText(label)}</span>} <small>{notes.join(' · ')}</small>
      </h4>
      {text !== '' && <ModelText text={text} block />}
    </section>
  );
}
