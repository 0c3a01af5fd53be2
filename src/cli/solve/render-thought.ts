import { styleText } from 'node:util';
import { measureColumns, padColumns, wrapText } from '../render/wrap-text.ts';
import { describeMs, describeTokens, measureNode, nameNode, readNode } from './describe-node.ts';
import { countThoughtTokens, listRows, type Thought, type ThoughtNode } from './thought.ts';

const STYLES = ['bold', 'dim', 'cyan', 'green', 'yellow'] as const;

/** Styles of the terminal, or functions that change nothing. */
export type Paint = Readonly<Record<(typeof STYLES)[number], (text: string) => string>>;

/** Styles that are on or off, whatever stream they go to. */
export function createPaint(isOn: boolean): Paint {
  const paintWith = (style: (typeof STYLES)[number]) => (text: string) =>
    isOn ? styleText(style, text, { validateStream: false }) : text;
  return Object.fromEntries(STYLES.map((style) => [style, paintWith(style)])) as Paint;
}

export interface RenderOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly nowMs: number;
  readonly paint: Paint;
  /** End-of-sequence texts, which are not shown. */
  readonly eosTexts: readonly string[];
}

/** Paths are drawn side by side where each gets at least this many columns, otherwise one below the other. */
const MIN_PATH_COLUMNS = 26;
const INDENT = 2;

/** A thought as a tree of lines no wider than the terminal: trunk at the left, paths of a block beside each other. */
export function renderThought(thought: Thought, options: RenderOptions): string[] {
  return listRows(thought).flatMap((row) => {
    if (!Array.isArray(row)) return renderTrunk(row as ThoughtNode, options);
    const columns = Math.floor((options.width - 1) / row.length) - 3;
    return columns >= MIN_PATH_COLUMNS ? renderSideBySide(row, columns, options) : renderStacked(row, options);
  });
}

/** One line, no wider than the terminal, that sums up what is finished: tokens, critical path, time. */
export function renderProgress(thought: Thought, { nowMs, paint, width }: RenderOptions): string {
  const { total, critical } = countThoughtTokens(thought);
  const elapsed = nowMs - (thought.nodes[0]?.startedMs ?? nowMs);
  const line = `${describeTokens(total)}, ${critical} on the critical path, ${describeMs(elapsed)}`;
  return paint.dim(clip(line, width - 1));
}

function renderTrunk(node: ThoughtNode, options: RenderOptions): string[] {
  const { paint, width } = options;
  const colour = node.segment === null ? paint.yellow : node.role === 'summary' ? paint.green : paint.bold;
  const title = paintTitle('●', node, colour, options);
  return [title, ...readLines(node, width - INDENT - 1, options).map((line) => ' '.repeat(INDENT) + line)];
}

/**
 *     ┌ path 1 · 9 tokens, 30 ms ──┬ path 2 · …
 *     │ …                          │ …
 *     └────────────────────────────┴────────────
 */
function renderSideBySide(nodes: readonly ThoughtNode[], columns: number, options: RenderOptions): string[] {
  const { paint, nowMs } = options;
  const bodies = nodes.map((node) => readLines(node, columns, options));
  const height = Math.max(1, ...bodies.map((lines) => lines.length));
  const side = paint.cyan('│');
  const head = nodes.map((node, i) => {
    const corner = paint.cyan(i === 0 ? '┌' : '┬');
    const name = nameNode(node);
    const title = clip(`${name}  ${measureNode(node, nowMs)}`, columns);
    const rule = '─'.repeat(Math.max(0, columns - measureColumns(title)));
    const paintName = node.segment === null ? paint.yellow : paint.bold;
    return `${corner} ${paintName(name)}${paint.dim(title.slice(name.length))} ${paint.cyan(rule)}`;
  });
  const rows = Array.from({ length: height }, (_, line) =>
    bodies.map((lines) => `${side} ${padColumns(lines[line] ?? '', columns)} `).join(''),
  );
  const foot = nodes.map((_, i) => `${i === 0 ? '└' : '┴'}${'─'.repeat(columns + 2)}`).join('');
  return [`${head.join('')}${paint.cyan('┐')}`, ...rows.map((row) => row + side), paint.cyan(`${foot}┘`)];
}

function renderStacked(nodes: readonly ThoughtNode[], options: RenderOptions): string[] {
  const { paint, width } = options;
  return nodes.flatMap((node, i) => {
    const isLast = i === nodes.length - 1;
    const paintName = node.segment === null ? paint.yellow : paint.bold;
    const title = paintTitle(isLast ? '└─' : '├─', node, paintName, options);
    const side = isLast ? ' ' : paint.cyan('│');
    return [title, ...readLines(node, width - 5, options).map((line) => `${side}    ${line}`)];
  });
}

/** `● main 12 tokens, 34 ms`, no wider than the terminal. */
function paintTitle(
  mark: string,
  node: ThoughtNode,
  paintName: (text: string) => string,
  { paint, width, nowMs }: RenderOptions,
): string {
  const name = nameNode(node);
  const room = width - mark.length - name.length - 3;
  const measured = room < 1 ? '' : ` ${paint.dim(clip(measureNode(node, nowMs), room))}`;
  return `${paint.cyan(mark)} ${paintName(name)}${measured}`;
}

function readLines(node: ThoughtNode, columns: number, { eosTexts }: RenderOptions): string[] {
  const text = readNode(node, eosTexts);
  return text === '' ? [] : wrapText(text, Math.max(2, columns));
}

/** Titles hold no wide characters. */
function clip(title: string, columns: number): string {
  return title.length <= columns ? title : `${title.slice(0, columns - 1)}…`;
}
