import { toPlainText } from '../../edge/terminal-text.ts';
import type { AttemptDetail } from '../../report/describe-attempt.ts';
import type { FormatDetail, RolloutDetail, SegmentDetail } from '../../report/describe-rollout.ts';
import { readSegment } from '../../report/read-segment.ts';
import { wrapText } from './wrap-text.ts';

/** One rollout or answer as text: what `why` and `show --attempts` print, and the thought at the end of a report. */

const INDENT = '  ';

/** A rollout explained, in lines no wider than `columns`. */
export function renderRollout(detail: RolloutDetail, columns: number, withTokens: boolean): string[] {
  const { rollout, stage, runId, figures } = detail;
  const { purpose, step, group, sample, problem, failure, end } = rollout;
  const wrap = (text: string) => wrapText(toPlainText(text), columns);
  const cut = end === 'length' ? ', cut off by its budget' : '';
  return [
    ...wrap(
      `Rollout ${rollout.id} of run ${runId}: ${purpose}, step ${step} of ${stage.id}, group ${group}, attempt ${sample}`,
    ),
    '',
    ...wrap(problem.text),
    ...wrap(`${describeOutcome(detail)}${cut}${failure === null ? '' : `failed: ${failure}`}`),
    ...(figures === null
      ? []
      : wrap(
          `${figures.totalTokens} tokens, ${figures.criticalTokens} on the longest chain (*); self-parallelism ${figures.selfParallelism.toFixed(2)}`,
        )),
    '',
    ...renderTree(detail, columns),
    ...(withTokens ? ['', ...renderTokens(detail, columns)] : []),
    '',
    ...renderFacts(detail, columns),
    ...(detail.format === null ? [] : renderViolations(detail.format, columns)),
    '',
    ...wrap(`The group: ${describeGroup(detail)}`),
  ];
}

function describeOutcome({ rollout: { problem, verdict } }: RolloutDetail): string {
  if (verdict === null) return '';
  const given = verdict.extracted === null ? 'no answer' : `answer ${verdict.extracted}`;
  return `${given}, reference ${problem.answer}: ${verdict.verdict}`;
}

/** How much of a tree is shown. */
interface TreeOptions {
  /** Lines of one segment. */
  readonly maxLines: number;
  readonly withLogprobs: boolean;
}

/** Main text at the left, the paths of a block below one another with a line at their side. */
export function renderTree(
  { segments, ending }: RolloutDetail,
  columns: number,
  { maxLines, withLogprobs }: TreeOptions = { maxLines: Number.POSITIVE_INFINITY, withLogprobs: true },
): string[] {
  return segments.flatMap((segment, index) => {
    const { label, text } = readSegment(segment.pieces, index === segments.length - 1 ? ending : null);
    const isPath = segment.role === 'path';
    const isLast = segments[index + 1]?.role !== 'path' || segments[index + 1]?.block !== segment.block;
    const [corner, side] = isPath ? (isLast ? ['└─ ', '   '] : ['├─ ', '│  ']) : ['', ''];
    const head = `${corner}${nameSegment(segment)}${label === '' ? '' : ` "${label}"`} · ${describeSegment(segment, withLogprobs)}`;
    const lines = text === '' ? [] : wrapText(toPlainText(text), Math.max(8, columns - side.length - INDENT.length));
    const shown = lines.length > maxLines ? [...lines.slice(0, maxLines), '…'] : lines;
    const heads = wrapText(head, columns - side.length).map((line, i) => (i === 0 ? line : `${side}${line}`));
    return [...heads, ...shown.map((line) => `${side}${INDENT}${line}`)];
  });
}

function nameSegment({ role, path }: SegmentDetail): string {
  return role === 'path' ? `path ${path}` : role;
}

function describeSegment(
  { generatedTokens, isCritical, stop, flags, meanLogprob }: SegmentDetail,
  withLogprobs: boolean,
): string {
  const parts = [`${generatedTokens} ${generatedTokens === 1 ? 'token' : 'tokens'}${isCritical ? '*' : ''}`];
  if (withLogprobs && meanLogprob !== null) parts.push(`mean log-prob ${meanLogprob.toFixed(2)}`);
  if (stop === 'length') parts.push('cut off');
  if (stop === 'abort') parts.push('given up');
  return [...parts, ...flags].join(', ');
}

/** Every token: log-prob, origin, text or number. */
function renderTokens({ segments }: RolloutDetail, columns: number): string[] {
  const lines = segments.flatMap((segment) =>
    segment.pieces.flatMap(({ ids, tokens, logprobs, origin }) =>
      ids.map((id, i) => {
        const logprob = logprobs?.[i] ?? null;
        const text = tokens === null ? `id ${id}` : JSON.stringify(tokens[i]);
        return `${(logprob === null ? '-' : logprob.toFixed(3)).padStart(9)}  ${origin.padEnd(8)}  ${nameSegment(segment).padEnd(8)}  ${text}`;
      }),
    ),
  );
  return ['  log-prob  origin    segment   token', ...lines.map((line) => line.slice(0, columns))];
}

function renderFacts({ rollout, effective, trainer }: RolloutDetail, columns: number): string[] {
  const { verdict, reward } = rollout;
  const facts: [string, string][] = [];
  if (verdict !== null) {
    const reason = verdict.reason === null ? '' : `, ${verdict.reason}`;
    facts.push(['verdict', `${verdict.verdict} (rule ${verdict.rule}${reason}, verifier ${verdict.verifier})`]);
  }
  if (reward !== null) {
    const blocks = `blocks: ${reward.blocksInText} in the text, ${reward.blocksExecuted} executed, ${reward.blocksEffective ?? 'unknown how many'} effective`;
    const form = reward.formatValid ? 'valid form' : 'malformed';
    facts.push([
      'reward',
      `${reward.value} (${reward.mode}): ${reward.correct ? 'right' : 'not right'}, ${form}, ${blocks}`,
    ]);
  }
  if (effective !== null && effective.paths > 0) {
    const idle = effective.blocks.flat().flatMap((path) => path.idle ?? []);
    const why = idle.length === 0 ? '' : ` (${[...new Set(idle)].join(', ')})`;
    facts.push([
      'worked',
      `${effective.effectivePaths} of ${effective.paths} paths did work that the answer needed${why}`,
    ]);
  }
  if (trainer.advantage !== null) facts.push(['advantage', trainer.advantage.toFixed(3)]);
  const sent = trainer.datums.map(({ tokens, lossTokens }) => `${tokens} tokens, ${lossTokens} of them with loss`);
  facts.push(['trainer', trainer.reason ?? `${sent.length} sequences in layout ${trainer.layout}: ${sent.join('; ')}`]);
  facts.push(['weights', rollout.weightsVersion]);
  return facts.flatMap(([name, value]) => {
    const lines = wrapText(value, Math.max(8, columns - 11));
    return lines.map((line, i) => `${(i === 0 ? name : '').padEnd(11)}${line}`);
  });
}

/** Violations and lints with the text around each place, which is marked. */
function renderViolations({ mode, violations, lints }: FormatDetail, columns: number): string[] {
  if (violations.length + lints.length === 0) return [`format     valid (${mode})`];
  const all = [
    ...violations.map((one) => ({ ...one, kind: 'fault' })),
    ...lints.map((one) => ({ ...one, kind: 'lint' })),
  ];
  return all.flatMap(({ kind, code, at, excerpt }) => {
    const head = `${kind.padEnd(11)}${code} at ${at}${excerpt === null ? ' of the problem' : ''}`;
    if (excerpt === null) return [head];
    const { before, marked, after, isCutBefore, isCutAfter } = excerpt;
    const quoted = `${isCutBefore ? '…' : ''}${before}»${marked}«${after}${isCutAfter ? '…' : ''}`;
    return [
      head,
      ...wrapText(toPlainText(quoted), Math.max(8, columns - 11)).map((line) => `${' '.repeat(11)}${line}`),
    ];
  });
}

function describeGroup({ group, rollout }: RolloutDetail): string {
  return group
    .map(
      ({ id, verdict, extracted }) =>
        `${id === rollout.id ? 'this one' : id} ${verdict ?? 'failed'}${extracted === null ? '' : ` (${extracted.slice(0, 20)})`}`,
    )
    .join(', ');
}

/** An answer of a teacher, with what is wrong with it. */
export function renderAttempt({ attempt, format }: AttemptDetail, columns: number): string[] {
  const { id, problem, sample, status, code, raw, reasoning, extracted } = attempt;
  const found = extracted === null ? '' : `, found ${extracted}`;
  const body = (text: string) => wrapText(toPlainText(text), columns - INDENT.length).map((line) => `${INDENT}${line}`);
  return [
    ...wrapText(
      `Answer ${id}: ${code === null ? status : `${status}, ${code}`}; ${problem.source} ${problem.id}, sample ${sample}`,
      columns,
    ),
    ...wrapText(toPlainText(problem.text), columns),
    ...wrapText(toPlainText(`reference ${problem.answer}${found}`), columns),
    ...(reasoning === null ? [] : ['before it:', ...body(reasoning)]),
    ...(raw === null ? ['nothing was written'] : ['written:', ...body(raw)]),
    ...(format === null ? [] : renderViolations(format, columns)),
  ];
}
