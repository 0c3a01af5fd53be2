import { type JsonObject, toObject } from '../json-object.ts';
import { findBoxes } from '../verify/extract/boxes.ts';
import { extractGsm8kAnswer } from './gsm8k-answer.ts';
import { readLabel } from './problem-row.ts';

/**
 * Completions that other programs wrote, one JSON object a row. Three shapes are known: rows of verifiers 0.1
 * (`results.jsonl`) and whatever looks like them, episodes of verifiers 0.4 (`traces.jsonl`), and details of lighteval 0.13
 * (its parquet rows as JSON). Fields that are not needed may be missing or mean anything.
 */

/** One answer to one problem. */
export interface Completion {
  /** What its file calls the problem: the same for all answers to it. Null: nothing names it. */
  readonly problem: string | null;
  /** Task or set that the row names; null: none. */
  readonly task: string | null;
  readonly gold: string;
  /** As the model wrote it; null when the call failed. */
  readonly text: string | null;
  readonly isTruncated: boolean;
  readonly level?: string;
  readonly subject?: string;
}

/** The answers of a row, or in a few words why it has none. */
export type ParsedCompletions = { readonly completions: readonly Completion[] } | { readonly fault: string };

/** Reads one row. */
export function parseCompletions(row: JsonObject): ParsedCompletions {
  if (Array.isArray(row.traces)) return parseEpisode(row, row.traces);
  const [doc, response] = [toObject(row.doc), toObject(row.model_response)];
  return doc !== null && response !== null ? parseDetail(doc, response) : parsePlain(row);
}

const TEXT_KEYS = ['completion', 'completions', 'response', 'responses', 'output', 'generation', 'prediction', 'text'];
const GOLD_KEYS = ['gold', 'reference', 'reference_answer', 'ground_truth', 'expected', 'target', 'answer'];
const ID_KEYS = ['example_id', 'problem_id', 'question_id', 'unique_id', 'id', 'idx', 'name'];
const PROBLEM_KEYS = ['problem', 'question', 'prompt', 'query'];

function parsePlain(row: JsonObject): ParsedCompletions {
  const info = toObject(row.info) ?? {};
  const gold = readGold(row) ?? readGold(info);
  // `answer` is what the model said where something else is the reference.
  const isAnswered = TEXT_KEYS.every((key) => row[key] === undefined) && 'gold' in row;
  const value = findValue(row, isAnswered ? ['answer'] : TEXT_KEYS);
  const hasFailed = isTold(row.error);
  if (value === undefined && !hasFailed)
    return { fault: `there is no completion (${TEXT_KEYS.join(', ')}); ${describeKeys(row)}` };
  if (gold === null && !hasFailed)
    return { fault: `there is no reference answer (${GOLD_KEYS.join(', ')}); ${describeKeys(row)}` };
  const isTruncated = row.is_truncated === true || row.truncated === true || row.finish_reason === 'length';
  const shared = { ...nameProblem(row), ...readLabels(row, info), gold: gold ?? '', isTruncated };
  const texts = hasFailed ? [null] : listTexts(value);
  if (texts === null) return { fault: 'the completion is neither text nor messages with an assistant among them' };
  return { completions: texts.map((text) => ({ ...shared, text })) };
}

/** An episode of verifiers 0.4: a task, and one trace for each agent that worked on it. */
function parseEpisode(row: JsonObject, traces: readonly unknown[]): ParsedCompletions {
  const completions: Completion[] = [];
  for (const value of traces) {
    const trace = toObject(value) ?? {};
    const data = toObject((toObject(trace.task) ?? toObject(row.task))?.data) ?? {};
    const info = toObject(data.info) ?? {};
    const nodes = Array.isArray(trace.nodes) ? trace.nodes.map((node) => toObject(toObject(node)?.message)) : [];
    const text = readLastAssistant(nodes);
    const hasFailed = text === null && (isTold(trace.errors) || isTold(row.errors));
    if (text === null && !hasFailed) return { fault: 'a trace has no message of the assistant' };
    const gold = readGold(data) ?? readGold(info);
    if (gold === null && !hasFailed)
      return { fault: `the task has no reference answer (${GOLD_KEYS.join(', ')}); ${describeKeys(data)}` };
    const calls = Array.isArray(trace.calls) ? trace.calls : [];
    const isTruncated = toObject(calls.at(-1))?.finish_reason === 'length';
    completions.push({ ...nameProblem(data), ...readLabels(data, info), gold: gold ?? '', text, isTruncated });
  }
  return completions.length === 0 ? { fault: 'the episode has no trace' } : { completions };
}

/** A detail of lighteval: `doc` is the problem, `model_response` holds one text for each sample. */
function parseDetail(doc: JsonObject, response: JsonObject): ParsedCompletions {
  const { choices, gold_index: index, specific } = doc;
  const first = Array.isArray(index) ? index[0] : index;
  const choice: unknown = Array.isArray(choices) && typeof first === 'number' ? choices[first] : undefined;
  if (typeof choice !== 'string') return { fault: 'doc.choices[doc.gold_index] is not the text of an answer' };
  const texts = response.text_post_processed ?? response.text;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string') || texts.length === 0)
    return { fault: 'model_response.text is not a list of texts; only generative tasks can be scored' };
  const shared = { ...nameProblem(doc), ...readLabels(toObject(specific) ?? {}, {}), gold: cleanGold(choice) };
  const task = typeof doc.task_name === 'string' && doc.task_name !== '' ? doc.task_name : null;
  return { completions: texts.map((text: string) => ({ ...shared, task, text, isTruncated: false })) };
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

function readGold(row: JsonObject): string | null {
  const value = findValue(row, GOLD_KEYS);
  const single = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value;
  if (typeof single === 'number') return String(single);
  return typeof single === 'string' && single.trim() !== '' ? cleanGold(single) : null;
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
