import type { Origin, Segment, Trajectory } from '../../src/core/trajectory.ts';

/** Trajectories as a controller executes them, made from the text of a response. Ids are made up, one per piece. */

const BLOCK = /<Parallel>([\s\S]*?)<\/Parallel>\s*<Summary>([\s\S]*?)<\/Summary>/g;
const PATH = /<Path>([\s\S]*?)<\/Path>/g;

/** A response whose blocks were all executed; labels after `<Path>` count as the model's own. */
export function executeText(text: string): Trajectory {
  const segments: Segment[] = [];
  let from = 0;
  let block = 0;
  for (const { 0: whole, 1: inside = '', 2: summary = '', index } of text.matchAll(BLOCK)) {
    block += 1;
    segments.push(
      segmentOf('main', 0, 0, [
        ['policy', text.slice(from, index)],
        ['policy', '<Parallel>'],
      ]),
    );
    [...inside.matchAll(PATH)].forEach(([, path = ''], k) => {
      segments.push(
        segmentOf('path', block, k + 1, [
          ['injected', '<Path>'],
          ['policy', path],
          ['policy', '</Path>'],
        ]),
      );
    });
    const opening = '</Parallel>\n<Summary>';
    segments.push(
      segmentOf('summary', block, 0, [
        ['injected', opening],
        ['policy', summary],
        ['policy', '</Summary>'],
      ]),
    );
    from = index + whole.length;
  }
  segments.push(segmentOf('main', 0, 0, [['policy', text.slice(from)]]));
  return { promptIds: [1], segments, end: 'eos' };
}

/** The same text, its tags typed out of ordinary tokens: nothing was executed. */
export function typeText(text: string): Trajectory {
  return { promptIds: [1], segments: [segmentOf('main', 0, 0, [['policy', text]])], end: 'eos' };
}

function segmentOf(
  role: Segment['role'],
  block: number,
  path: number,
  pieces: readonly (readonly [origin: Origin, text: string])[],
): Segment {
  return {
    ...{ role, block, path, stop: 'tag', flags: [], seed: 1, weightsVersion: 'w1' },
    pieces: pieces.map(([origin, text]) => ({
      ids: [7],
      text,
      logprobs: origin === 'policy' ? [-1] : null,
      origin,
    })),
  };
}
