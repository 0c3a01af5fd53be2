import { toPlainText } from '../../edge/terminal-text.ts';
import type { RolloutDetail } from '../../report/describe-rollout.ts';
import type { ReportData } from '../../report/report-data.ts';
import { renderTree } from './render-rollout.ts';
import { wrapText } from './wrap-text.ts';

/** Lines of one segment that a short thought shows. */
const MAX_LINES = 3;

/** The same held-out problem before and after: what the run is about, in some twenty lines. */
export function renderShortThought(
  { boundaries: { labels } }: Pick<ReportData, 'boundaries'>,
  before: RolloutDetail,
  after: RolloutDetail,
  columns: number,
): string[] {
  const { problem } = before.rollout;
  return [
    ...wrapText(`One thought (* is on the longest chain, which takes the time): ${toPlainText(problem.text)}`, columns),
    ...renderMoment(labels[0] ?? 'before', before, columns),
    ...renderMoment(labels.at(-1) ?? 'after', after, columns),
  ];
}

function renderMoment(label: string, detail: RolloutDetail, columns: number): string[] {
  const { verdict, blocks } = detail.rollout;
  const { totalTokens = 0, criticalTokens = 0 } = detail.figures ?? {};
  const shape =
    blocks === 0
      ? `${totalTokens} tokens in one stream`
      : `${totalTokens} tokens, ${criticalTokens} on the longest chain`;
  const answer = verdict?.extracted ?? 'no answer';
  const tree = renderTree(detail, columns - 4, { maxLines: MAX_LINES, withLogprobs: false }).map(
    (line) => `    ${line}`,
  );
  return [
    ...wrapText(
      `${label}: ${answer}, ${verdict?.verdict === 'correct' ? 'right' : 'wrong'}; ${shape}`,
      columns - 2,
    ).map((line) => `  ${line}`),
    ...tree,
  ];
}
