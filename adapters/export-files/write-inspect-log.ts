import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { EvaluationFigures } from '../../src/core/statistics/evaluation-figures.ts';
import { replaceFile } from '../../src/edge/whole-file.ts';

/**
 * One evaluation of one set as a log of inspect_ai, version 2 of its JSON format (checked with inspect_ai 0.3.285): problems
 * are its samples, the answers to one problem its epochs, our verdicts its scores.
 */
export interface InspectLog {
  readonly runId: string;
  readonly set: string;
  /** Stage and step after which it ran; they tell logs of one set apart. */
  readonly stage: string;
  readonly step: number;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly status: 'success' | 'cancelled' | 'error';
  /** Why it ended where the status is `error`. */
  readonly message: string | null;
  readonly engine: { readonly kind: string; readonly model: string; readonly url: string | null };
  readonly sampling: {
    readonly temperature: number;
    readonly topP: number;
    readonly maxTokens: number;
    readonly seed: number;
  };
  readonly figures: EvaluationFigures;
  /** Answers judged by the reference's rule too, and how many of them are right by it; null: none. */
  readonly rules: { readonly judged: number; readonly reference: number } | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Problems by the id they have in the log, in order. */
  readonly problemIds: readonly string[];
  /** In the order of problems and answers, read once. */
  samples(): Iterable<InspectSample>;
}

/** One answer. */
export interface InspectSample {
  readonly id: string;
  /** From 1. */
  readonly epoch: number;
  readonly prompt: string;
  readonly target: string;
  /** Null when the call failed; then `failure` says why. */
  readonly text: string | null;
  readonly failure: string | null;
  readonly isTruncated: boolean;
  readonly tokens: number;
  readonly seconds: number;
  readonly scores: readonly InspectScore[];
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** A verdict: C right, I wrong, N no answer. */
export interface InspectScore {
  readonly scorer: string;
  readonly value: 'C' | 'I' | 'N';
  readonly answer: string | null;
  readonly explanation: string;
}

/** Name of the score of our verifier, and of the reference's rule. */
export const SCORERS = { ours: 'parallel_r1', reference: 'reference_dapo' } as const;

/** Writes a log into a folder under a name by which `inspect view` finds it, and returns the file. Equal logs give equal names. */
export function writeInspectLog(log: InspectLog, folder: string): string {
  const moment = toTime(log.startedAtMs).replaceAll(':', '-');
  const task = log.set.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  const file = join(folder, `${moment}_${task}_${nameEvaluation(log)}.json`);
  replaceFile(file, (write) => {
    const head = JSON.stringify(toHead(log), null, 1);
    // The head without its last brace; the samples are its last field.
    write(`${head.slice(0, -2)},\n "samples": [`);
    let separator = '\n';
    for (const sample of log.samples()) {
      write(`${separator}${JSON.stringify(toSample(log, sample))}`);
      separator = ',\n';
    }
    write('\n]\n}\n');
  });
  return file;
}

/** 22 characters that no other evaluation of a store has. */
function nameEvaluation({ runId, set, stage, step }: InspectLog): string {
  return createHash('sha256')
    .update(JSON.stringify([runId, set, stage, step]))
    .digest('hex')
    .slice(0, 22);
}

/** As inspect_ai writes times: to the second, in UTC. */
function toTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}+00:00`;
}

function toHead(log: InspectLog) {
  const { figures, sampling, engine } = log;
  const config = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    max_tokens: sampling.maxTokens,
    seed: sampling.seed,
  };
  return {
    version: 2,
    status: log.status,
    eval: {
      eval_id: nameEvaluation(log),
      run_id: log.runId,
      created: toTime(log.startedAtMs),
      task: log.set,
      task_id: nameEvaluation(log),
      task_version: 0,
      dataset: {
        name: log.set,
        samples: log.problemIds.length,
        sample_ids: log.problemIds,
        shuffled: false,
      },
      model: nameModel(log),
      model_generate_config: config,
      ...(engine.url === null ? {} : { model_base_url: engine.url }),
      config: { epochs: Math.max(1, figures.mostSamples), epochs_reducer: ['mean'], log_samples: true },
      scorers: Object.values(SCORERS).map((name) => ({ name })),
      packages: {},
      metadata: { ...log.metadata, stage: log.stage, step: log.step },
    },
    plan: { name: 'plan', steps: [], config },
    results: {
      total_samples: figures.tally.samples,
      completed_samples: figures.tally.samples - figures.tally.errored,
      scores: [
        toScore(SCORERS.ours, figures.problems, listMetrics(figures)),
        ...(log.rules === null
          ? []
          : [toScore(SCORERS.reference, figures.problems, { accuracy: log.rules.reference / log.rules.judged })]),
      ],
    },
    stats: { started_at: toTime(log.startedAtMs), completed_at: toTime(log.endedAtMs), model_usage: {} },
    ...(log.status === 'error' ? { error: toError(log.message ?? 'the run ended early') } : {}),
  };
}

function toScore(name: string, problems: number, metrics: Readonly<Record<string, number>>) {
  const entries = Object.entries(metrics).map(([key, value]) => [key, { name: key, value, params: {} }] as const);
  return {
    name,
    scorer: name,
    reducer: 'mean',
    scored_samples: problems,
    params: {},
    metrics: Object.fromEntries(entries),
  };
}

/** mean@k with its clustered error and interval, and pass@k, pass^k and majority@k at the largest k. */
function listMetrics({ mean, atK }: EvaluationFigures): Record<string, number> {
  if (mean === null) return {};
  const { standardError, low, high } = mean;
  const last = atK.at(-1);
  const at = Object.entries({ pass_at: last?.pass, pass_hat: last?.passAll, majority_at: last?.majority }).flatMap(
    ([name, estimate]) => (estimate == null || last!.k === 1 ? [] : [[`${name}_${last!.k}`, estimate.mean] as const]),
  );
  return {
    accuracy: mean.mean,
    ...(standardError === null ? {} : { stderr: standardError }),
    ...{ interval_low: low, interval_high: high },
    ...Object.fromEntries(at),
  };
}

function nameModel({ engine: { kind, model } }: InspectLog): string {
  return `${kind}/${model}`;
}

function toError(message: string) {
  return { message, traceback: message, traceback_ansi: message };
}

function toSample(log: InspectLog, sample: InspectSample) {
  const { id, epoch, prompt, target, text, failure, isTruncated, tokens, seconds, scores, metadata } = sample;
  const answer = text === null ? [] : [{ role: 'assistant', source: 'generate', content: text, model: nameModel(log) }];
  const choices = answer.map((message) => ({ message, stop_reason: isTruncated ? 'max_tokens' : 'stop' }));
  return {
    ...{ id, epoch, input: prompt, target },
    messages: [{ role: 'user', source: 'input', content: prompt }, ...answer],
    output: {
      model: nameModel(log),
      choices,
      completion: text ?? '',
      usage: { input_tokens: 0, output_tokens: tokens, total_tokens: tokens },
      time: seconds,
    },
    scores: Object.fromEntries(
      scores.map(({ scorer, value, answer: found, explanation }) => [
        scorer,
        { value, ...(found === null ? {} : { answer: found }), explanation },
      ]),
    ),
    metadata,
    store: {},
    events: [],
    model_usage: {},
    attachments: {},
    total_time: seconds,
    ...(failure === null ? {} : { error: toError(failure) }),
  };
}
