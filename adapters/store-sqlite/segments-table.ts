import { countSegmentTokens, type Segment } from '../../src/core/trajectory.ts';
import type { Connection } from './connection.ts';
import { decodePieces, encodePieces } from './piece-codec.ts';

/** Segments of rollouts, one row each. Both methods throw `RangeError` from the codec. */
export interface SegmentsTable {
  /** Inside a write transaction only. */
  insert(rolloutId: number, segments: readonly Segment[]): void;
  /** In rendering order. */
  load(rolloutId: number): Segment[];
}

type SegmentRow = Omit<Segment, 'pieces' | 'flags'> & { readonly flags: string; readonly pieces: Buffer };

export function openSegmentsTable({ db }: Connection): SegmentsTable {
  const insertRow = db.prepare(`INSERT INTO segments (rollout_id, ordinal, role, block, path, stop, flags, seed,
    weights_version, tokens, pieces) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`);
  const selectRows = db.prepare<[number], SegmentRow>(`SELECT role, block, path, stop, flags, seed,
    weights_version AS weightsVersion, pieces FROM segments WHERE rollout_id = ? ORDER BY ordinal`);
  return {
    insert: (rolloutId, segments) => {
      segments.forEach((segment, ordinal) => {
        const { role, block, path, stop, flags, seed, weightsVersion, pieces } = segment;
        const tokens = countSegmentTokens(segment);
        const packed = encodePieces(pieces);
        insertRow.run(
          rolloutId,
          ordinal,
          role,
          block,
          path,
          stop,
          flags.join(' '),
          seed,
          weightsVersion,
          tokens,
          packed,
        );
      });
    },
    load: (rolloutId) => selectRows.all(rolloutId).map(toSegment),
  };
}

function toSegment({ flags, pieces, ...row }: SegmentRow): Segment {
  return {
    ...row,
    flags: flags === '' ? [] : (flags.split(' ') as Segment['flags'][number][]),
    pieces: decodePieces(pieces),
  };
}
