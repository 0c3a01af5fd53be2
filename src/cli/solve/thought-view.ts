import type { SegmentEvent } from '../../pipeline/rollout/trajectory-calls.ts';
import type { Clock } from '../../ports/clock.ts';
import { measureNode, nameNode, readNode } from './describe-node.ts';
import { type Paint, renderProgress, renderThought } from './render-thought.ts';
import { EMPTY_THOUGHT, followThought, type Thought } from './thought.ts';

/** Shows one rollout while it happens. Disposing leaves the last picture on the screen. */
export interface ThoughtView extends Disposable {
  accept(event: SegmentEvent): void;
}

export interface ThoughtViewOptions {
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly eosTexts: readonly string[];
}

/** How often the running times are redrawn. */
const REDRAW_MS = 100;

const CLEAR_LINE = '\u001B[2K';
const CLEAR_BELOW = '\u001B[J';

/**
 * Draws the tree in place. While it grows, a tree taller than the terminal shows only its end, because what
 * has scrolled away cannot be redrawn; at the end it is written whole.
 */
export function openLiveView(
  stream: NodeJS.WriteStream,
  options: ThoughtViewOptions & { readonly paint: Paint },
): ThoughtView {
  const { clock, ...rest } = options;
  let thought: Thought = EMPTY_THOUGHT;
  let drawn = 0;
  const draw = (isFinal: boolean) => {
    const render = { ...rest, nowMs: clock.monotonic(), width: stream.columns ?? 80 };
    const lines = renderThought(thought, render);
    if (!isFinal) lines.push(renderProgress(thought, render));
    const shown = isFinal ? lines : lines.slice(-Math.max(1, (stream.rows ?? 24) - 1));
    const back = drawn === 0 ? '' : `\u001B[${drawn}A`;
    // Line by line: some terminals push a screen into their history when it is cleared from the top.
    stream.write(`${back}\r${shown.map((line) => `${CLEAR_LINE}${line}\n`).join('')}${CLEAR_BELOW}`);
    drawn = shown.length;
  };
  const timer = setInterval(() => draw(false), REDRAW_MS);
  return {
    accept: (event) => {
      thought = followThought(thought, event, clock.monotonic());
      draw(false);
    },
    [Symbol.dispose]: () => {
      clearInterval(timer);
      draw(true);
    },
  };
}

/** Writes every segment when it is finished: where there is no terminal. */
export function openLineView(write: (line: string) => void, options: ThoughtViewOptions): ThoughtView {
  const { clock, eosTexts } = options;
  let thought: Thought = EMPTY_THOUGHT;
  return {
    accept: (event) => {
      const nowMs = clock.monotonic();
      const before = thought.nodes;
      thought = followThought(thought, event, nowMs);
      const node = event.kind === 'started' ? undefined : thought.nodes.find((one, i) => one !== before[i]);
      if (node === undefined) return;
      const indent = node.role === 'path' ? '  ' : '';
      write(`${indent}${nameNode(node)} (${measureNode(node, nowMs)})`);
      for (const line of readNode(node, eosTexts).split('\n')) write(`${indent}  ${line}`.trimEnd());
    },
    [Symbol.dispose]: () => {},
  };
}

/** Shows nothing. */
export function openSilentView(): ThoughtView {
  return { accept: () => {}, [Symbol.dispose]: () => {} };
}
