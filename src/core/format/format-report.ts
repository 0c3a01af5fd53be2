/** Which checker judges: our grammar, the reference's reward function, or the paper's Algorithm 1 (method 2.3, 2.4). */
export type FormatMode = 'strict' | 'reference' | 'algorithm1';

/** One fault: a stable code and the offset (UTF-16 code units) where it was seen. */
export interface FormatViolation {
  readonly code: string;
  readonly at: number;
}

/** Offsets are UTF-16 code units; ranges are half-open and exclude the tags. */
export interface FormatBlock {
  readonly open: number;
  readonly paths: readonly (readonly [from: number, to: number])[];
  readonly close: number;
  readonly summary: readonly [from: number, to: number];
}

/** List of violations with code and offset; the first one is the primary code. */
export interface FormatReport {
  readonly mode: FormatMode;
  readonly valid: boolean;
  readonly violations: readonly FormatViolation[];
  /** Never change `valid`. */
  readonly lints: readonly FormatViolation[];
  /** Well-formed blocks in order (strict mode). */
  readonly blocks: readonly FormatBlock[];
}
