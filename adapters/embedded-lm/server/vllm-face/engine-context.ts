import type { WordFamilyName } from '../../../../src/core/word-sums/word-problem.ts';
import { type EmbeddedLm, EmbeddedLmError } from '../../model/contract.ts';
import { FieldFault, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { type FinishedChoice, type SamplingPlan, sampleChoices } from '../sample-choices.ts';
import type { Snapshots } from '../snapshots.ts';
import type { TeacherMix } from '../teacher.ts';

/** What the routes of the engine face share. */
export interface EngineContext {
  readonly lm: EmbeddedLm;
  readonly snapshots: Snapshots;
  readonly counts: RequestCounts;
  readonly teacherMix: TeacherMix;
  /** Which problems the model and its teacher know. */
  readonly family: WordFamilyName;
  /** Seed behind requests that name none. */
  readonly seed: number;
  /** Milliseconds, for `created` fields and latencies. */
  readonly now: () => number;
  /** A fresh number per call, for response ids and seeds. */
  readonly nextNumber: () => number;
}

const TYPES: Readonly<Record<number, string>> = {
  400: 'BadRequestError',
  401: 'AuthenticationError',
  403: 'PermissionDeniedError',
  404: 'NotFoundError',
};

/** Failures in vLLM's words: `{error: {message, type, param, code}}`, 400 for what is wrong with a field. */
export function toEngineError(error: unknown): Reply {
  if (error instanceof FieldFault) return write(400, error.message, null, error.field);
  if (error instanceof HttpFailure) return write(error.status, error.message, error.type, error.field);
  if (error instanceof EmbeddedLmError) return write(error.code === 'closed' ? 503 : 400, error.message, null, null);
  return write(500, `internal error: ${error instanceof Error ? error.message : String(error)}`, null, null);
}

function write(status: number, message: string, type: string | null, param: string | null): Reply {
  const name = type ?? TYPES[status] ?? (status < 500 ? 'BadRequestError' : 'InternalServerError');
  return replyJson({ error: { message, type: name, param, code: status } }, status);
}

/** vLLM's 404 for a model nobody loaded. */
export function unknownModel(model: string): HttpFailure {
  return new HttpFailure(404, `The model \`${model.slice(0, 200)}\` does not exist.`, { field: 'model' });
}

/** Upper bounds of the latency histogram, in seconds, as vLLM's begin. */
const BUCKETS_S = [0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;

/** Counters of finished requests, for /metrics. */
export class RequestCounts {
  readonly finished = { stop: 0, length: 0, abort: 0 };
  readonly #buckets = BUCKETS_S.map(() => 0);
  #latencySumS = 0;
  #latencyCount = 0;

  /** Counts one choice that ended. */
  countFinish(reason: 'stop' | 'length' | 'abort'): void {
    this.finished[reason] += 1;
  }

  /** Adds the latency of one request. */
  addLatency(latencyMs: number): void {
    const seconds = latencyMs / 1000;
    BUCKETS_S.forEach((bound, i) => {
      if (seconds <= bound) this.#buckets[i]! += 1;
    });
    this.#latencySumS += seconds;
    this.#latencyCount += 1;
  }

  latency(): {
    readonly buckets: readonly (readonly [bound: string, count: number])[];
    readonly sumS: number;
    readonly count: number;
  } {
    const buckets = BUCKETS_S.map((bound, i) => [String(bound), this.#buckets[i]!] as const);
    return { buckets: [...buckets, ['+Inf', this.#latencyCount]], sumS: this.#latencySumS, count: this.#latencyCount };
  }
}

/** Samples for a named model and counts what came of it. Throws 404 for an unknown name. */
export async function runPlan(
  model: string,
  plan: Omit<SamplingPlan, 'snapshot'>,
  signal: AbortSignal,
  ctx: EngineContext,
): Promise<readonly FinishedChoice[]> {
  const found = ctx.snapshots.find(model);
  if (found === null) throw unknownModel(model);
  const startedAt = ctx.now();
  try {
    const choices = await sampleChoices(ctx.lm, { ...plan, snapshot: await found }, signal);
    for (const choice of choices) ctx.counts.countFinish(choice.finish);
    return choices;
  } catch (error) {
    if (signal.aborted) for (let i = 0; i < plan.n; i += 1) ctx.counts.countFinish('abort');
    throw error;
  } finally {
    ctx.counts.addLatency(ctx.now() - startedAt);
  }
}

/** The `usage` object of an answer. */
export function describeUsage(promptTokens: number, choices: readonly FinishedChoice[]) {
  const completionTokens = choices.reduce((sum, choice) => sum + choice.ids.length, 0);
  return {
    prompt_tokens: promptTokens,
    completion_tokens: completionTokens,
    total_tokens: promptTokens + completionTokens,
    // From the first choice: the others reuse the prompt of their own request, which says nothing about the cache.
    prompt_tokens_details: { cached_tokens: choices[0]?.cachedTokens ?? 0 },
  };
}
