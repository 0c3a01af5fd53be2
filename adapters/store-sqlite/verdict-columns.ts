import type { Verdict } from '../../src/core/verify/verdict.ts';
import { anyText, type Columns, plain } from './table.ts';

/** A verdict as the columns that attempts and rollouts have for it; all null where there is none. */
export interface VerdictRow {
  readonly verdict: Verdict['verdict'] | null;
  readonly rule: string | null;
  readonly reason: string | null;
  readonly extracted: string | null;
  readonly verifier: string | null;
}

/** The columns of a verdict, in both tables. */
export const VERDICT_COLUMNS: Columns<VerdictRow> = {
  verdict: plain('verdict'),
  rule: plain('verdict_rule'),
  reason: plain('verdict_reason'),
  extracted: anyText('extracted'),
  verifier: plain('verifier'),
};

/** The row of an answer that was not judged. */
export const NO_VERDICT: VerdictRow = { verdict: null, rule: null, reason: null, extracted: null, verifier: null };

/** The verdict that the columns hold. */
export function toVerdict({ verdict, rule, reason, extracted, verifier }: VerdictRow): Verdict | null {
  return verdict === null ? null : { verdict, rule: rule!, reason, extracted, verifier: verifier! };
}
