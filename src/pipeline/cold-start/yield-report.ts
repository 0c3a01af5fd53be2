import type { ColdStartStage } from '../../core/curriculum.ts';
import { RunError } from '../../errors.ts';
import type { RunFrame } from '../context.ts';
import type { StageRun } from '../stage-run.ts';
import { adviseTeacher } from './refusal-watch.ts';

/** Yield of one cold-start stage: attempts per outcome. */
export interface YieldReport {
  readonly attempts: number;
  readonly accepted: number;
  /** Count per rejection code, most frequent first. */
  readonly rejected: readonly { readonly code: string; readonly count: number }[];
}

/** Counts the stored attempts of a cold-start stage. */
export function reportYield(ctx: Pick<RunFrame, 'store' | 'runId'>, stageIndex: number): YieldReport {
  const counts = ctx.store.countAttempts(ctx.runId, stageIndex);
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const accepted = counts.filter(({ status }) => status === 'accepted').reduce((sum, { count }) => sum + count, 0);
  const rejected = counts
    .filter(({ status }) => status !== 'accepted')
    .map(({ code, count }) => ({ code: code ?? 'failed', count }))
    .sort((a, b) => b.count - a.count || a.code.localeCompare(b.code));
  return { attempts: total, accepted, rejected };
}

/** A stage whose teacher gave nothing that can be trained on. */
export class NothingAccepted extends RunError {}

/** Throws `NothingAccepted` for attempts of which none was accepted: why, and what to do about it. */
export function requireAccepted({ ctx, stage, index }: StageRun<ColdStartStage>, report: YieldReport): void {
  if (report.accepted > 0 || report.attempts === 0) return;
  const [first] = report.rejected;
  const failed = ctx.store.listFailedAttempts(ctx.runId, index).find(({ code }) => code === first?.code);
  const advice =
    failed === undefined
      ? 'see what it writes: generate --preview 3'
      : `${failed.message}; ${adviseTeacher(stage, failed.code, failed.message)}`;
  throw new NothingAccepted(`${stage.id}: nothing to train on: ${describeYield(report)}; ${advice}`);
}

/** One line: `3,412 of 4,000 accepted (85.3 %); missing_summary 130, wrong_answer 98, ...` */
export function describeYield(report: YieldReport): string {
  const share = report.attempts === 0 ? 0 : (100 * report.accepted) / report.attempts;
  const top = report.rejected.slice(0, 4).map(({ code, count }) => `${code} ${count}`);
  const rest = report.rejected.slice(4).reduce((sum, { count }) => sum + count, 0);
  if (rest > 0) top.push(`others ${rest}`);
  const reasons = top.length > 0 ? `; rejected: ${top.join(', ')}` : '';
  return `${report.accepted} of ${report.attempts} accepted (${share.toFixed(1)} %)${reasons}`;
}
