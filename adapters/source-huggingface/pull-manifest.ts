import type { SettledColumns } from './column-map.ts';
import type { DropCode } from './map-row.ts';

/** What stands beside a pulled set: where it came from and what was left out. No times and no secrets. */
export interface PullManifest {
  readonly name: string;
  readonly source: {
    readonly hub: string;
    readonly id: string;
    readonly subset: string | null;
    readonly split: string | null;
    /** As asked for; `commit` is what it meant. */
    readonly revision: string;
    readonly commit: string;
    readonly files: readonly PulledFile[];
  };
  /** As the set's card says it; null when it says none. */
  readonly licence: string | null;
  readonly columns: SettledColumns;
  readonly keptDuplicates: boolean;
  /** Rows of the source, and of the file beside this one. */
  readonly rowsRead: number;
  readonly rows: number;
  /** Distinct problem texts in the source. */
  readonly distinct: number;
  /** Rows left out, by reason. `conflict`: every row of a problem that has several answers. */
  readonly dropped: Readonly<Record<DropCode, number>>;
  readonly bytes: number;
  /** Of the file beside this one, hex. */
  readonly sha256: string;
}

export interface PulledFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
  /** Whether the hub's own checksum was there to compare with. */
  readonly checked: boolean;
}
