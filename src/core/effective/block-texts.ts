import type { Trajectory } from '../trajectory.ts';

/** One block as text, tags and what the controller inserted left out. */
export interface BlockText {
  /** Main text before it, and the summaries of earlier blocks. */
  readonly before: string;
  readonly paths: readonly string[];
  readonly summary: string;
  /** Main text after it, and later summaries. */
  readonly after: string;
}

/** The executed blocks of a trajectory as text: what was sampled, without tags and what the controller inserted. */
export function listBlockTexts(trajectory: Trajectory): BlockText[] {
  const texts = trajectory.segments.map(({ role, block, pieces, stop }) => ({
    role,
    block,
    isJoined: stop !== 'abort',
    text: stripTag(pieces.flatMap(({ origin, text }) => (origin === 'injected' ? [] : [text])).join('')),
  }));
  const numbers = [...new Set(texts.flatMap(({ role, block }) => (role === 'main' ? [] : [block])))];
  return numbers.map((number) => {
    const first = texts.findIndex(({ role, block }) => role === 'path' && block === number);
    const own = texts.filter(({ block, role }) => block === number && role !== 'main');
    const last = texts.findLastIndex(({ role, block }) => role === 'summary' && block === number);
    const say = (part: typeof texts) => part.flatMap(({ role, text }) => (role === 'path' ? [] : [text])).join('\n');
    return {
      before: say(texts.slice(0, Math.max(0, first))),
      paths: own.flatMap(({ role, isJoined, text }) => (role === 'path' && isJoined ? [text] : [])),
      summary: own.flatMap(({ role, text }) => (role === 'summary' ? [text] : [])).join('\n'),
      after: say(texts.slice(last + 1)),
    };
  });
}

/** A sampled tag at the end of a segment is no work of the model's. */
function stripTag(text: string): string {
  return text.replace(/<\/?(?:Parallel|Path|Summary)>$/, '');
}
