import { TAGS } from '../../core/grammar.ts';
import { countGeneratedTokens, type Segment } from '../../core/trajectory.ts';
import { toPlainText } from '../../edge/terminal-text.ts';
import type { ThoughtNode } from './thought.ts';

/** `path 2`, `summary`, `main`. */
export function nameNode({ role, path }: Pick<ThoughtNode, 'role' | 'path'>): string {
  return role === 'path' ? `path ${path}` : role;
}

/** `12 tokens, 34 ms`, or that it was given up, or how long it has been running. */
export function measureNode({ startedMs, endedMs, segment }: ThoughtNode, nowMs: number): string {
  if (segment === null || endedMs === null) return `writing, ${describeMs(nowMs - startedMs)}`;
  if (segment.stop === 'abort') return `given up, ${describeMs(endedMs - startedMs)}`;
  const notes = segment.flags.map((flag) => `, ${flag}`).join('');
  return `${describeTokens(countGeneratedTokens(segment))}, ${describeMs(endedMs - startedMs)}${notes}`;
}

/** What a segment says: without the tags around it and the end of sequence, safe to show. */
export function readNode({ segment }: ThoughtNode, eosTexts: readonly string[]): string {
  return segment === null ? '' : toPlainText(stripFrame(segment, eosTexts)).trim();
}

/** `</Parallel>`, gap and `<Summary>` in front, one closer or opener behind. */
function stripFrame({ pieces }: Segment, eosTexts: readonly string[]): string {
  let text = pieces.map((piece) => piece.text).join('');
  const ending = [...eosTexts, ...TAGS].find((tag) => text.endsWith(tag));
  if (ending !== undefined) text = text.slice(0, -ending.length);
  return text.replace(/^(?:<\/Parallel>\s*<Summary>|<Path>)/, '');
}

/** `1 token`, `1,234 tokens`. */
export function describeTokens(count: number): string {
  return `${count.toLocaleString('en')} ${count === 1 ? 'token' : 'tokens'}`;
}

/** `340 ms`, `1.2 s`. */
export function describeMs(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
