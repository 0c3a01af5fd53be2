import { describeFit, describeMisfit, fitLengths } from '../../core/fit-lengths.ts';
import { TAGS } from '../../core/grammar.ts';
import type { EngineModel } from '../../ports/engine.ts';
import type { Binding, RunContext } from '../context.ts';
import { bindTokenizer } from '../engine/tokenizer.ts';
import { diagnoseTokens } from './diagnose-tokens.ts';
import { Fault, type Subject } from './faults.ts';
import { type Finding, Findings } from './finding.ts';

/** Seed of the probe completions. */
const PROBE_SEED = 7;

const NO_TOKENIZER = { no_such_route: 'no_tokenizer', not_the_protocol: 'no_tokenizer' } as const;

/** What was found of an engine. */
export interface EngineDiagnosis {
  readonly findings: readonly Finding[];
  /** The run with the model that was found; null where nothing could be asked of it, not even for tokens. */
  readonly usable: RunContext | null;
}

/**
 * Examines the engine of a run: health, model and context, tokenizer, sampling. What depends on something that is at fault
 * is not looked at: it would only fail again. No probe asks for the log-probs of a prompt: vLLM 0.32 on a CPU dies of that
 * while requests for an adapter run, and a server that is examined may be at work for somebody else. `isModelNamed`: the
 * configuration says which model; otherwise it is the only one that is served.
 */
export async function diagnoseEngine(ctx: RunContext, subject: Subject, isModelNamed = true): Promise<EngineDiagnosis> {
  const findings = new Findings(subject, ctx.signal);
  const { engine, signal } = ctx;
  const isHealthy = await findings.look('engine', async () => {
    const { version } = await engine.checkHealth(signal);
    return `${engine.url} answers${version === null ? '' : `, version ${version}`}`;
  });
  tellEndpoints(ctx, findings);
  const model = isHealthy ? await findModel(ctx, findings, isModelNamed) : null;
  if (model === null) return { findings: findings.all, usable: null };
  checkContext(ctx, model, findings);
  const found = withModel(ctx, model.id);
  const binding = await findBinding(found, findings);
  if (binding !== null) await diagnoseSampling(found, binding, model, findings);
  // Servers of text differ in what they leave out of it, and none says so.
  if (!engine.capabilities.tokenIds) {
    const detail =
      'a server that leaves special tokens out of its text hides tags that are special tokens, and then nothing forks';
    findings.warn('sampling', 'text_server', detail);
  }
  return { findings: findings.all, usable: binding === null ? null : found };
}

/** One finding per endpoint, where there are several; a run goes on without those that are down. */
function tellEndpoints({ engine }: RunContext, findings: Findings): void {
  const endpoints = engine.listEndpoints?.() ?? [];
  if (endpoints.length < 2) return;
  for (const { url, isUp, reason } of endpoints) {
    if (isUp) findings.good('engine', `${url} is up`);
    else findings.warn('engine', 'endpoint_down', `${url} is down: ${reason}`);
  }
}

/** The model to examine: the one that is named, or the only one that is served. Null where there is none. */
async function findModel(ctx: RunContext, findings: Findings, isNamed: boolean): Promise<EngineModel | null> {
  const { engine, plan, signal } = ctx;
  let found: EngineModel | null = null;
  await findings.look('engine', async () => {
    const models = await engine.listModels(signal);
    found = pickModel(models, isNamed ? plan.engine.model : null, engine.url);
    return `${found.id}, ${found.maxLength ?? 'unknown'} tokens`;
  });
  return found;
}

/** `name` null: the only model that is no adapter. Throws `Fault`. */
export function pickModel(models: readonly EngineModel[], name: string | null, url: string): EngineModel {
  const named = models.find(({ id }) => id === name);
  if (named !== undefined) return named;
  const bases = models.filter(({ parent }) => parent === null);
  if (name === null && bases.length === 1) return bases[0]!;
  if (models.length === 0) throw new Fault('no_model', `${url} lists no model`);
  const served = `${url} serves ${models.map(({ id }) => id).join(', ')}`;
  throw name === null ? new Fault('model_not_named', served) : new Fault('model_unknown', `${served}, not ${name}`);
}

/** A run fits lengths that are at their defaults; those that were set must fit by themselves. */
function checkContext({ plan: { rollout } }: RunContext, { id, maxLength }: EngineModel, findings: Findings): void {
  if (maxLength === null || maxLength >= rollout.maxPromptTokens + rollout.maxResponseTokens) return;
  const lengths = fitLengths(rollout, maxLength);
  if (lengths === null) findings.fail('engine', 'context_too_short', describeMisfit(id, rollout, maxLength));
  else findings.good('engine', describeFit(id, lengths, maxLength));
}

function withModel(ctx: RunContext, model: string): RunContext {
  return { ...ctx, plan: { ...ctx.plan, engine: { ...ctx.plan.engine, model } } };
}

async function diagnoseSampling(ctx: RunContext, binding: Binding, model: EngineModel, findings: Findings) {
  const { tokenIds } = ctx.engine.capabilities;
  await findings.look('tokenizer', () => checkRoundTrip(ctx, binding), NO_TOKENIZER);
  const lack = tokenIds ? 'no_token_ids' : 'no_completions';
  const asked = { not_the_protocol: lack, no_such_route: lack } as const;
  const samples = await findings.look('sampling', () => checkSampling(ctx, binding), asked);
  if (samples && tokenIds) await diagnoseTokens(ctx, binding, model.maxLength, findings);
}

async function findBinding(ctx: RunContext, findings: Findings): Promise<Binding | null> {
  let binding: Binding | null = null;
  const look = async () => {
    binding = await bindTokenizer(ctx);
    if (!ctx.engine.capabilities.tokenIds) return 'text is cut into pieces here; each tag is one of them';
    return `${TAGS.length} tags are one id each; end of sequence ${binding.tags.eos.join(', ')}`;
  };
  await findings.look('tokenizer', look, NO_TOKENIZER);
  return binding;
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
    throw new Fault('tags_hidden', `tags do not survive detokenisation: ${JSON.stringify(text)}`);
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
