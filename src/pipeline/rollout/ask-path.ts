import type { Piece, Segment } from '../../core/trajectory.ts';
import type { AttemptCalls, CallName } from './attempt-calls.ts';
import { closeSegment, injectedPiece } from './close-segment.ts';

/** The paths of one block. */
export interface BlockRequest {
  /** From 1. */
  readonly block: number;
  /** What all paths begin with, without `<Path>`. */
  readonly prompt: readonly number[];
  /** Paths that are asked for. */
  readonly paths: number;
  /** `max_tokens` of each. */
  readonly pathCap: number;
}

/** Asks for one path and closes it. `kind` is `reseed` where it was asked for before. */
export async function askPath(
  calls: AttemptCalls,
  { prompt, pathCap }: BlockRequest,
  name: CallName,
  signal: AbortSignal,
): Promise<Segment> {
  const { tags } = calls.io.binding;
  const opening = listOpening(calls, name.path);
  const completion = await calls.ask(
    {
      name,
      prompt: [...prompt, ...opening.flatMap(({ ids }) => ids)],
      maxTokens: pathCap,
      stopTokenIds: [tags.pathClose],
    },
    signal,
  );
  const segment = closeSegment({
    ...{ role: 'path', block: name.block, path: name.path, opening, completion },
    ...{ closer: { id: tags.pathClose, text: '</Path>' }, tags, eosTexts: calls.io.eosTexts },
    ...{ seed: calls.seedOf(name), weightsVersion: calls.model },
  });
  return name.kind === 'reseed' ? { ...segment, flags: [...segment.flags, 'reseeded_path'] } : segment;
}

/** What the controller puts in front of a path: `<Path>`, and its label where it has one. */
export function listOpening({ io: { binding } }: AttemptCalls, path: number): Piece[] {
  const label = binding.labels?.[path - 1] ?? null;
  const tag = injectedPiece([binding.tags.pathOpen], '<Path>');
  return label === null ? [tag] : [tag, injectedPiece(label.ids, label.text)];
}
