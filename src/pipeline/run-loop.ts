import type { StageSpec } from '../core/curriculum.ts';
import { RunError } from '../errors.ts';
import type { StageRecord } from '../ports/run-store/runs.ts';
import { runColdStart } from './cold-start/run-cold-start.ts';
import type { Binding, RunContext } from './context.ts';
import { warnOfMismatch } from './doctor/warn-mismatch.ts';
import { bindTokenizer } from './engine/tokenizer.ts';
import { evaluate, toMetricPoints } from './evaluate/evaluate.ts';
import { GateRefusal, runRlStage } from './rl/rl-stage.ts';
import { prepareSftRows } from './sft/sft-rows.ts';
import { runSft } from './sft/sft-stage.ts';
import { readSftTexts } from './sft/sft-texts.ts';
import { openStageModel } from './weights/trainer-state.ts';
import { WeightsServer } from './weights/weights-server.ts';

/**
 * Runs every stage that is not done, in order. The store is the only memory: called again on the same
 * run, in a new process, it goes on where the last saved state and the stored rollouts allow.
 */
export async function runCurriculum(ctx: RunContext): Promise<void> {
  const bind = bindOnce(ctx);
  if (ctx.plan.stages.some(({ kind }) => kind !== 'cold-start')) {
    await bind();
    for (const warning of warnOfMismatch(ctx.plan)) ctx.reporter.warn(warning);
  }
  ctx.store.savePrompt(ctx.runId, 'student', ctx.studentTemplate);
  const weights = new WeightsServer(ctx);
  await weights.retireLeftovers();
  for (const record of ctx.store.listStages(ctx.runId)) {
    if (record.status === 'done') continue;
    ctx.signal.throwIfAborted();
    const stage = ctx.plan.stages[record.index];
    if (stage === undefined) throw new RunError(`the store has a stage ${record.index} that the configuration lacks`);
    await runOneStage(ctx, bind, weights, stage, record);
  }
}

/** Teachers write tags as plain text; only what is decoded or trained needs them as tokens. */
function bindOnce(ctx: RunContext): () => Promise<Binding> {
  let binding: Promise<Binding> | null = null;
  return () => {
    binding ??= bindTokenizer(ctx);
    return binding;
  };
}

async function runOneStage(
  ctx: RunContext,
  bind: () => Promise<Binding>,
  weights: WeightsServer,
  stage: StageSpec,
  record: StageRecord,
): Promise<void> {
  ctx.store.saveStage(ctx.runId, { ...record, status: 'running' });
  ctx.reporter.info(`stage ${record.index + 1} of ${ctx.plan.stages.length}: ${stage.id} (${stage.kind})`);
  try {
    const state = await executeStage(ctx, bind, weights, stage, record.index);
    ctx.store.saveStage(ctx.runId, { ...record, status: 'done', stateJson: JSON.stringify(state) });
  } catch (error) {
    if (error instanceof GateRefusal) {
      const stateJson = JSON.stringify({ pilot: error.pilot });
      ctx.store.saveStage(ctx.runId, { ...record, status: 'refused', stateJson });
    }
    throw error;
  }
}

/** Runs one stage and returns what it leaves in the curriculum state. */
async function executeStage(
  ctx: RunContext,
  bind: () => Promise<Binding>,
  weights: WeightsServer,
  stage: StageSpec,
  index: number,
): Promise<object> {
  switch (stage.kind) {
    case 'cold-start': {
      const { template, solutionTemplate } = ctx.teacherOf(stage);
      ctx.store.savePrompt(ctx.runId, `teacher:${stage.id}`, template);
      if (solutionTemplate !== null) ctx.store.savePrompt(ctx.runId, `solution:${stage.id}`, solutionTemplate);
      return runColdStart(ctx, stage, index);
    }
    case 'sft': {
      const binding = await bind();
      const { rows, dropped } = await prepareSftRows(ctx, binding, readSftTexts(ctx, stage));
      const outcome = await runSft(ctx, binding, weights, stage, index, rows);
      return { ...outcome, rows: rows.length, dropped: Object.fromEntries(dropped) };
    }
    case 'rl':
      return runRlStage(ctx, await bind(), weights, stage, index);
    case 'eval': {
      const takesWeights = ctx.engine.capabilities.loadWeights;
      // An engine that takes no weights is measured as it is, without a trainer.
      if (takesWeights) await openStageModel(ctx, index, true);
      const { temperature, topP } = ctx.plan.eval;
      const servedVersion = async () => (takesWeights ? weights.serve(index, 0) : ctx.plan.engine.model);
      const { sets } = stage;
      const request = { stageIndex: index, step: 0, purpose: 'eval', sets, temperature, topP, servedVersion } as const;
      const results = await evaluate(ctx, await bind(), request);
      ctx.store.saveMetrics(ctx.runId, toMetricPoints(index, 0, results));
      return { results };
    }
  }
}
