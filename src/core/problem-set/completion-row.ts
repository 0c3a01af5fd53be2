import { type JsonObject, toObject } from '../json-object.ts';
import { findBoxes } from '../verify/extract/boxes.ts';
import { extractGsm8kAnswer } from './gsm8k-answer.ts';
import { readLabel } from './problem-row.ts';

/**
 * Completions that other programs wrote, one object a row. Three shapes are known: rows of verifiers 0.1 (`results.jsonl`) and
 * whatever looks like them, episodes of verifiers 0.4 (`traces.jsonl`), and details of lighteval 0.13 (rows of its parquet
 * files, or these as JSON). Fields that are not needed may be missing or mean anything.
 */

/** One answer to one problem. */
export interface Completion {
  /** What its file calls the problem: the same for all answers to it. Null: nothing names it. */
  readonly problem: string | null;
  /** Task or set that the row names; null: none. */
  readonly task: string | null;
  /** The references: whoever states one of them is right. Empty only where the call failed. */
  readonly golds: readonly string[];
  /** As the model wrote it; null when the call failed. */
  readonly text: string | null;
  readonly isTruncated: boolean;
  readonly own: OwnScores;
  readonly level?: string;
  readonly subject?: string;
}

/** What the program that sampled a completion says of it. */
export interface OwnScores {
  /** Finite numbers under the names they have in the file. */
  readonly scores: Readonly<Record<string, number>>;
  /** Completions that the scores are about: 1, or all of a row that is scored as a whole. */
  readonly completions: number;
}

/** The answers of a row, or in a few words why it has none. */
export type ParsedCompletions = { readonly completions: readonly Completion[] } | { readonly fault: string };

/** Reads one row. */
export function parseCompletions(row: JsonObject): ParsedCompletions {
  if (Array.isArray(row.traces)) return parseEpisode(row, row.traces);
  const [doc, response] = [toObject(row.doc), toObject(row.model_response)];
  return doc !== null && response !== null ? parseDetail(doc, response, toObject(row.metric) ?? {}) : parsePlain(row);
}

const TEXT_KEYS = ['completion', 'completions', 'response', 'responses', 'output', 'generation', 'prediction', 'text'];
const GOLD_KEYS = ['gold', 'reference', 'reference_answer', 'ground_truth', 'expected', 'target', 'answer'];
const ID_KEYS = ['example_id', 'problem_id', 'question_id', 'unique_id', 'id', 'idx', 'name'];
const SCORE_KEYS = ['reward', 'score', 'correct', 'is_correct'];
const PROBLEM_KEYS = ['problem', 'question', 'prompt', 'query'];

function parsePlain(row: JsonObject): ParsedCompletions {
  const info = toObject(row.info) ?? {};
  const golds = readGolds(row) ?? readGolds(info);
  // `answer` is what the model said where something else is the reference.
  const isAnswered = TEXT_KEYS.every((key) => row[key] === undefined) && 'gold' in row;
  const value = findValue(row, isAnswered ? ['answer'] : TEXT_KEYS);
  const hasFailed = isTold(row.error);
  if (value === undefined && !hasFailed)
    return { fault: `there is no completion (${TEXT_KEYS.join(', ')}); ${describeKeys(row)}` };
  if (golds === null && !hasFailed)
    return { fault: `there is no reference answer (${GOLD_KEYS.join(', ')}); ${describeKeys(row)}` };
  const isTruncated = row.is_truncated === true || row.truncated === true || row.finish_reason === 'length';
  const texts = hasFailed ? [null] : listTexts(value);
  if (texts === null) return { fault: 'the completion is neither text nor messages with an assistant among them' };
  const own = { scores: pickScores(row, SCORE_KEYS), completions: texts.length };
  const shared = { ...nameProblem(row), ...readLabels(row, info), golds: golds ?? [], isTruncated, own };
  return { completions: texts.map((text) => ({ ...shared, text })) };
}

/**
 * An episode of verifiers 0.4: a task, and one trace for each agent that ran. Traces of another task than the episode's are no
 * answers to it (those of a judge).
 */
function parseEpisode(row: JsonObject, traces: readonly unknown[]): ParsedCompletions {
  const asked = toObject(row.task) ?? {};
  const own = traces.map((trace) => toObject(trace) ?? {}).filter((trace) => isOfTask(trace, asked));
  // Where not even a trace was begun, the episode itself failed.
  const answers = own.length === 0 && isTold(row.errors) ? [row] : own;
  if (answers.length === 0) return { fault: 'the episode has no trace of its task' };
  const env = toObject(row.env)?.id;
  const completions: Completion[] = [];
  for (const trace of answers) {
    const data = toObject((toObject(trace.task) ?? asked).data) ?? {};
    const info = toObject(data.info) ?? {};
    const text = hasFailedTrace(trace) ? null : readTraceText(trace);
    if (text === null && !hasFailedTrace(trace)) return { fault: 'a trace has no message of the assistant' };
    const golds = readGolds(data) ?? readGolds(info);
    if (golds === null && text !== null)
      return { fault: `the task has no reference answer (${GOLD_KEYS.join(', ')}); ${describeKeys(data)}` };
    completions.push({
      ...{ ...nameProblem(data), ...readLabels(data, info), golds: golds ?? [], text, isTruncated: isCutOff(trace) },
      ...(typeof env === 'string' && env !== '' ? { task: env } : {}),
      own: { scores: readReward(trace), completions: 1 },
    });
  }
  return { completions };
}

function isOfTask(trace: JsonObject, { hash }: JsonObject): boolean {
  const own = toObject(trace.task)?.hash;
  return hash === undefined || own === undefined || own === hash;
}

/** An attempt that failed and was repeated leaves its error behind; an answer whose scoring failed is an answer. */
function hasFailedTrace({ ok, stop_condition: stop, errors }: JsonObject): boolean {
  if (typeof ok === 'boolean') return !ok && stop !== 'agent_completed';
  return isTold(errors);
}

/** What the root agent said last; messages of the assistant that came with the prompt are not sampled. */
function readTraceText({ root_reply: reply, nodes }: JsonObject): string | null {
  if (typeof reply === 'string') return reply;
  const sampled = (Array.isArray(nodes) ? nodes : []).map(toObject).filter((node) => node?.sampled !== false);
  return readLastAssistant(sampled.map((node) => toObject(node?.message)));
}

/** Why a trace ends where its agent was not done. */
const LIMITS = ['max_turns', 'max_input_tokens', 'max_output_tokens', 'max_total_tokens', 'compaction_failed'];

function isCutOff({ stop_condition: stop, calls }: JsonObject): boolean {
  if (typeof stop === 'string' && LIMITS.includes(stop)) return true;
  const answered = (Array.isArray(calls) ? calls : []).map(toObject).filter((call) => !isTold(call?.error));
  return answered.at(-1)?.finish_reason === 'length';
}

/** The weighted sum of the rewards, as verifiers has it; none where scoring did not run. */
function readReward({ rewards }: JsonObject): OwnScores['scores'] {
  const all = Object.values(toObject(rewards) ?? {}).map(toObject);
  const values = all.map((one) => Number(one?.score) * Number(one?.weight ?? 1));
  return values.length === 0 ? {} : pickScores({ reward: values.reduce((sum, value) => sum + value, 0) }, ['reward']);
}

/**
 * A detail of lighteval: `doc` is the problem, `model_response` holds one text for each sample, `metric` is about all of them.
 * A call that failed is an empty text there.
 */
function parseDetail(doc: JsonObject, response: JsonObject, metric: JsonObject): ParsedCompletions {
  const { choices, gold_index: index, specific } = doc;
  const named = (Array.isArray(index) ? index : [index]).map((one: unknown) =>
    Array.isArray(choices) && typeof one === 'number' ? (choices[one] as unknown) : undefined,
  );
  const golds = listGolds(named.flat());
  if (golds === null) return { fault: 'doc.choices[doc.gold_index] is not the text of an answer' };
  const texts = response.text_post_processed ?? response.text;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string' || text === null) || texts.length === 0)
    return { fault: 'model_response.text is not a list of texts; only generative tasks can be scored' };
  const own = { scores: pickScores(metric, Object.keys(metric)), completions: texts.length };
  const task = typeof doc.task_name === 'string' && doc.task_name !== '' ? doc.task_name : null;
  const labels = readLabels(toObject(specific) ?? {}, {});
  const shared = { ...nameProblem(doc), ...labels, golds, task, isTruncated: false, own };
  return { completions: texts.map((text: string | null) => ({ ...shared, text: text ?? '' })) };
}

function nameProblem(row: JsonObject): Pick<Completion, 'problem' | 'task'> {
  const id = findValue(
    row,
    ID_KEYS.filter((key) => row[key] !== ''),
  );
  const asked = findValue(row, PROBLEM_KEYS);
  const text = typeof asked === 'string' ? asked : Array.isArray(asked) ? JSON.stringify(asked) : null;
  const isNamed = typeof id === 'string' || typeof id === 'number';
  return { problem: isNamed ? `${id}` : text, task: typeof row.task === 'string' && row.task !== '' ? row.task : null };
}

function readLabels(row: JsonObject, info: JsonObject): Pick<Completion, 'level' | 'subject'> {
  const [level, subject] = (['level', 'subject'] as const).map((key) => readLabel(row[key] ?? info[key]));
  return { ...(level == null ? {} : { level }), ...(subject == null ? {} : { subject }) };
}

function readGolds(row: JsonObject): string[] | null {
  const value = findValue(row, GOLD_KEYS);
  return listGolds(Array.isArray(value) ? value : [value]);
}

/** One reference or several of which each will do; null where something else is among them, or nothing. */
function listGolds(values: readonly unknown[]): string[] | null {
  const golds = values.map((value) => {
    if (typeof value === 'number') return String(value);
    return typeof value === 'string' && value.trim() !== '' ? cleanGold(value) : null;
  });
  return golds.length > 0 && golds.every((gold) => gold !== null) ? [...new Set(golds)] : null;
}

function pickScores(row: JsonObject, keys: readonly string[]): OwnScores['scores'] {
  const found = keys.map((key) => [key, typeof row[key] === 'boolean' ? Number(row[key]) : row[key]] as const);
  return Object.fromEntries(found.filter((one): one is [string, number] => Number.isFinite(one[1])));
}

/** The answer in a worked solution: what follows `####`, or the last box. */
function cleanGold(gold: string): string {
  return extractGsm8kAnswer(gold) ?? findBoxes(gold).at(-1)?.content ?? gold;
}

/** One text for each answer; null for something else. */
function listTexts(value: unknown): readonly string[] | null {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || value.length === 0) return null;
  if (value.every((item) => typeof item === 'string')) return value as string[];
  if (value.every((item) => Array.isArray(item))) {
    const texts = value.map((messages) => readLastAssistant((messages as unknown[]).map(toObject)));
    return texts.every((text) => text !== null) ? texts : null;
  }
  const text = readLastAssistant(value.map(toObject));
  return text === null ? null : [text];
}

function readLastAssistant(messages: readonly (JsonObject | null)[]): string | null {
  const last = messages.findLast((message) => message?.role === 'assistant');
  if (last == null) return null;
  if (typeof last.content === 'string') return last.content;
  if (!Array.isArray(last.content)) return last.content == null ? '' : null;
  return last.content
    .map((part) => toObject(part)?.text)
    .filter((text) => typeof text === 'string')
    .join('');
}

function findValue(row: JsonObject, keys: readonly string[]): unknown {
  const key = keys.find((one) => row[one] !== undefined && row[one] !== null);
  return key === undefined ? undefined : row[key];
}

/** Whether an error was noted. */
function isTold(error: unknown): boolean {
  if (Array.isArray(error)) return error.length > 0;
  return error !== undefined && error !== null && error !== false && error !== '';
}

/** Most keys shown when one is missing. */
const SHOWN_KEYS = 8;

function describeKeys(row: JsonObject): string {
  const keys = Object.keys(row);
  if (keys.length === 0) return 'it is empty';
  const shown = keys.slice(0, SHOWN_KEYS).map((key) => JSON.stringify(key.slice(0, 40)));
  return `it has ${shown.join(', ')}${keys.length > SHOWN_KEYS ? ', ...' : ''}`;
}
