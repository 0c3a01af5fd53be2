import { stripTags } from '../../core/canonicalise.ts';
import type { SftStage } from '../../core/curriculum.ts';
import { buildPlainTrajectory, createParallelR1Codec } from '../../core/layout/trajectory-from-ids.ts';
import type { Trajectory } from '../../core/trajectory.ts';
import { RunError } from '../../errors.ts';
import { selectRows } from '../cold-start/select-rows.ts';
import type { Binding, RunContext, SftText } from '../context.ts';
import { describeRefusal } from '../engine/calls.ts';
import { renderStudentPrompt, tokenizePrompt, tokenizeText } from '../engine/tokenizer.ts';
import type { SamplingRun } from '../stage-run.ts';

/** Rows as trajectories, and how many could not be used, per code. */
export interface SftRows {
  readonly rows: readonly Trajectory[];
  readonly dropped: ReadonlyMap<string, number>;
}

/**
 * Turns the stage's texts into the trajectories a rollout would have produced: forked ones, or in `sequential` mode one
 * sequence in which tags are plain text. The texts are tokenised by the engine (origin `teacher`), without their tags where
 * the stage strips them; a target that does not fit the rollout's shape (another path label, say) is dropped and
 * counted: trained on, it would not match the decode.
 */
export async function prepareSftRows({ ctx, binding, stage }: SamplingRun<SftStage>): Promise<SftRows> {
  const list = [...readSftTexts(ctx, stage)];
  const task = ctx.reporter.task('tokenise', list.length, 'rows');
  const dropped = new Map<string, number>();
  let finished = 0;
  const results = await Promise.all(
    list.map(async (text) => {
      const result = await prepareRow(
        ctx,
        binding,
        stage.stripTags ? { ...text, target: stripTags(text.target) } : text,
      );
      finished += 1;
      task.update(finished);
      if ('code' in result) dropped.set(result.code, (dropped.get(result.code) ?? 0) + 1);
      return result;
    }),
  );
  const rows = results.filter((result): result is Trajectory => !('code' in result));
  const reasons = [...dropped].map(([code, count]) => `${code} ${count}`).join(', ');
  task.finish(`${rows.length} rows${reasons === '' ? '' : `; dropped: ${reasons}`}`);
  return { rows, dropped };
}

async function prepareRow(
  ctx: RunContext,
  binding: Binding,
  { problem, target }: SftText,
): Promise<Trajectory | { code: string }> {
  const eos = binding.tags.eos[0];
  if (eos === undefined) throw new RunError('the tokenizer binding has no end-of-sequence token');
  try {
    const prompt = await tokenizePrompt(ctx, renderStudentPrompt(binding.template.text, problem.text));
    const ids = await tokenizeText(ctx, target);
    if (ctx.plan.rollout.mode === 'sequential') return buildPlainTrajectory(prompt, [...ids, eos]);
    const pathLabels = binding.labels?.map(({ ids }) => ids) ?? null;
    return createParallelR1Codec(binding.tags, { pathLabels }).parse(prompt, [...ids, eos]);
  } catch (error) {
    describeRefusal(error);
    return { code: 'untokenizable' };
  }
}

/**
 * The rows of an SFT stage: the answer per problem that a cold-start stage of this run keeps,
 * in the order of problems, or what a data file or another run holds.
 */
export function* readSftTexts(ctx: RunContext, stage: SftStage): Generator<SftText> {
  const index = ctx.plan.stages.findIndex(({ id, kind }) => id === stage.data && kind === 'cold-start');
  const source = ctx.plan.stages[index];
  if (source?.kind !== 'cold-start') {
    yield* ctx.sftTextsOf(stage.data);
    return;
  }
  const accepted = ctx.store.listAttempts(ctx.runId, index, 'accepted');
  for (const { problem, target } of selectRows(accepted, source)) yield { problem, target };
}
