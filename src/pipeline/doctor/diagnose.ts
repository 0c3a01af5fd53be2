import { TAGS } from '../../core/grammar.ts';
import { ParallelR1Error } from '../../errors.ts';
import type { Binding, RunContext } from '../context.ts';
import { bindTokenizer } from '../engine/tokenizer.ts';
import { diagnoseTeacher } from './diagnose-teacher.ts';
import { diagnoseTokens, type Finding, type Probe } from './diagnose-tokens.ts';
import { warnOfMismatch } from './warn-mismatch.ts';

/** Servers of text differ in what they leave out of it, and none says so. */
const TAGS_AS_TEXT: Finding = {
  area: 'sampling',
  status: 'warn',
  detail:
    'a server that leaves special tokens out of its text hides tags that are special tokens, and then nothing forks',
  fix: 'solve a question and see whether it forks; TGI keeps them, vLLM and SGLang do under their own engine.kind',
};

/** Seed of the probe completions. */
const PROBE_SEED = 7;

/** Probes engine, tokenizer, sampling, teachers and trainer of a run's configuration; every probe is tried even when another failed. */
export async function diagnose(ctx: RunContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  const probe: Probe = async (area, fix, look) => {
    try {
      findings.push({ area, status: 'ok', detail: await look(), fix: null });
      return true;
    } catch (error) {
      ctx.signal.throwIfAborted();
      if (!(error instanceof ParallelR1Error)) throw error;
      findings.push({ area, status: 'fail', detail: error.message, fix });
      return false;
    }
  };
  const { engine, plan, signal } = ctx;
  await probe('engine', 'start the server, or correct engine.urls', async () => {
    const { version } = await engine.checkHealth(signal);
    return `${engine.url} answers${version === null ? '' : `, version ${version}`}`;
  });
  findings.push(...listEndpoints(ctx));
  await probe('engine', 'correct engine.model to a name the server lists', () => findModel(ctx));
  let binding: Binding | null = null;
  await probe(
    'tokenizer',
    'add the six tags as special tokens and restart the server with that tokenizer',
    async () => {
      binding = await bindTokenizer(ctx);
      if (!engine.capabilities.tokenIds) return 'text is cut into pieces here; each tag is one of them';
      return `${TAGS.length} tags are one id each; end of sequence ${binding.tags.eos.join(', ')}`;
    },
  );
  if (binding !== null) {
    await probe('tokenizer', 'serve with skip_special_tokens off', () => checkRoundTrip(ctx, binding!));
    const fix = engine.capabilities.tokenIds
      ? 'use a server that returns token ids and log-probs (vLLM 0.10 or newer)'
      : 'use a server with a completion endpoint for text (/v1/completions, or /generate of TGI)';
    if ((await probe('sampling', fix, () => checkSampling(ctx, binding!))) && engine.capabilities.tokenIds) {
      findings.push(...(await diagnoseTokens(ctx, binding, probe)));
    }
  }
  if (!engine.capabilities.tokenIds) findings.push(TAGS_AS_TEXT);
  for (const stage of plan.stages) {
    if (stage.kind === 'cold-start') findings.push(...(await diagnoseTeacher(ctx, stage, probe)));
  }
  if (engine.capabilities.loadWeights)
    await probe('trainer', 'start the trainer, or correct trainer.url', () => checkTrainer(ctx));
  for (const detail of warnOfMismatch(plan))
    findings.push({ area: 'recipe', status: 'warn', detail, fix: 'set training.layout to exact' });
  return findings;
}

/** One finding per endpoint, where there are several; a run goes on without those that are down. */
function listEndpoints({ engine }: RunContext): Finding[] {
  const endpoints = engine.listEndpoints?.() ?? [];
  if (endpoints.length < 2) return [];
  return endpoints.map(({ url, isUp, reason }) =>
    isUp
      ? { area: 'engine', status: 'ok', detail: `${url} is up`, fix: null }
      : {
          area: 'engine',
          status: 'warn',
          detail: `${url} is down: ${reason}`,
          fix: 'start it, or take it out of engine.urls',
        },
  );
}

async function findModel(ctx: RunContext): Promise<string> {
  const models = await ctx.engine.listModels(ctx.signal);
  const model = models.find(({ id }) => id === ctx.plan.engine.model);
  if (model === undefined) {
    throw new ParallelR1Error(
      `${ctx.engine.url} serves ${models.map(({ id }) => id).join(', ')}, not ${ctx.plan.engine.model}`,
    );
  }
  const need = ctx.plan.rollout.maxPromptTokens + ctx.plan.rollout.maxResponseTokens;
  if (model.maxLength !== null && model.maxLength < need) {
    throw new ParallelR1Error(
      `${model.id} takes ${model.maxLength} tokens, rollout.maxPromptTokens + maxResponseTokens is ${need}`,
    );
  }
  return `${model.id}, ${model.maxLength ?? 'unknown'} tokens`;
}

async function checkRoundTrip(ctx: RunContext, { tags }: Binding): Promise<string> {
  const ids = [
    tags.parallelOpen,
    tags.pathOpen,
    tags.pathClose,
    tags.parallelClose,
    tags.summaryOpen,
    tags.summaryClose,
  ];
  const text = await ctx.engine.detokenize(ctx.plan.engine.model, ids, ctx.signal);
  const wanted = '<Parallel><Path></Path></Parallel><Summary></Summary>';
  if (text.replaceAll(/\s/g, '') !== wanted)
    throw new ParallelR1Error(`tags do not survive detokenisation: ${JSON.stringify(text)}`);
  return 'tags survive detokenisation';
}

async function checkSampling(ctx: RunContext, { tags }: Binding): Promise<string> {
  const request = {
    model: ctx.plan.engine.model,
    prompt: [tags.parallelOpen],
    n: 2,
    maxTokens: 4,
    temperature: 1,
    topP: 1,
    seed: PROBE_SEED,
    stopTokenIds: [tags.pathClose],
  };
  const [first, second] = [
    await ctx.engine.complete(request, ctx.signal),
    await ctx.engine.complete(request, ctx.signal),
  ];
  const same = JSON.stringify(first.map(({ ids }) => ids)) === JSON.stringify(second.map(({ ids }) => ids));
  const note = same
    ? 'equal seeds gave equal tokens'
    : 'equal seeds gave different tokens (usual for batched GPU serving)';
  const what = ctx.engine.capabilities.tokenIds ? 'token ids and log-probs come' : 'text comes';
  return `${what} back, 2 of 2 choices; ${note}`;
}

async function checkTrainer(ctx: RunContext): Promise<string> {
  await ctx.trainer.openModel(ctx.plan.trainer, null, ctx.signal);
  const datum = { tokens: [1, 2], targets: [2, 3], weights: [1, 1] };
  const { logprobs } = await ctx.trainer.forward([datum], ctx.signal);
  const answer = logprobs[0]?.length === 2 ? 'returns log-probs' : 'returns no log-probs: mismatch cannot be measured';
  const attention = ctx.trainer.capabilities.structuredAttention ? ', structured attention' : '';
  return `${ctx.trainer.url} opened a model and ${answer}${attention}`;
}
