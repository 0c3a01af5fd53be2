import { basename, isAbsolute } from 'node:path';
import type { SftRow } from '../../adapters/export-files/export-formats.ts';
import type { ManifestInput } from '../../adapters/export-files/render-data-card.ts';
import type { RunConfig } from '../config/schema.ts';
import { parseStoredConfig } from '../config/stored.ts';
import { canonicaliseResponse, stripThinking } from '../core/canonicalise.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import { checkFormat } from '../core/format/format-checker.ts';
import { parseProblemRow } from '../core/problem-set/problem-row.ts';
import { VERIFIER } from '../core/verify/verdict.ts';
import { WORD_SUMS_SOURCE } from '../core/word-sums/generate.ts';
import { parseRow } from '../edge/jsonl.ts';
import { readTextFile } from '../edge/text-file.ts';
import { SourceError, UsageError } from '../errors.ts';
import { type KeepSettings, selectRows } from '../pipeline/cold-start/select-rows.ts';
import type { SftText } from '../pipeline/context.ts';
import { renderStudentPrompt } from '../pipeline/engine/tokenizer.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { findSetFile } from '../problem-sets/set-folders.ts';
import { readSetOrigin } from '../problem-sets/set-origin.ts';
import { findRun } from './run-record.ts';

const RUN_PREFIX = 'run:';

/** How a configuration refers to the accepted rows of another run in the same store. */
export function nameRunRows(runId: string): string {
  return `${RUN_PREFIX}${runId}`;
}

/** The run whose rows `data` names, or null when it names a file. */
export function findRowsRun(data: string): string | null {
  return data.startsWith(RUN_PREFIX) ? data.slice(RUN_PREFIX.length) : null;
}

/** The rows behind `data` of an SFT stage: `run:ID` (or the name of a run that no other has), or a JSONL file. Throws `SourceError`, `UsageError`. */
export function readSftTextsOf(store: RunStore, data: string): SftText[] {
  const runId = findRowsRun(data);
  return runId === null ? readSftFile(data) : readRunRows(store, runId);
}

function readRunRows(store: RunStore, wanted: string): SftText[] {
  const run = findRun(store, wanted);
  const config = parseStoredConfig(run);
  const texts: SftText[] = [];
  for (const { index, kind } of store.listStages(run.id)) {
    if (kind !== 'cold-start') continue;
    const accepted = store.listAttempts(run.id, index, 'accepted');
    for (const { problem, target } of selectRows(accepted, findKeepSettings(config, index)))
      texts.push({ problem, target });
  }
  if (texts.length === 0) throw new UsageError(`run ${run.id} has no accepted cold-start rows`);
  return texts;
}

/** The rows of a JSONL file of `{problem, answer, target}`. Throws `SourceError`. */
export function readSftFile(file: string): SftText[] {
  const texts: SftText[] = [];
  readTextFile(file)
    .split('\n')
    .forEach((line, index) => {
      if (line.trim() !== '') texts.push(toText(line, file, index + 1));
    });
  if (texts.length === 0) throw new SourceError(`${file}: the file has no rows`);
  return texts;
}

/** Earlier exports of the format `text` call the target `text`. */
function toText(line: string, file: string, number: number): SftText {
  const row = parseProblemRow(line, file, `line-${number}`);
  if ('fault' in row) throw new SourceError(`${file}:${number}: ${row.fault}`);
  const { target, text } = parseRow(line, file, number);
  const solution = typeof target === 'string' ? target : text;
  if (typeof solution !== 'string' || solution.trim() === '')
    throw new SourceError(`${file}:${number}: "target" is missing or empty`);
  // As for a teacher's answer: white space between tags is none of the text.
  const { content, code } = stripThinking(solution);
  if (code !== null) throw new SourceError(`${file}:${number}: "target" has no answer after its thinking (${code})`);
  return { problem: row.problem, target: canonicaliseResponse(content) };
}

/** The accepted attempts that the cold-start stages of a run keep, in the order of their problems, as data set rows. */
export function* listSftRows(store: RunStore, run: RunRecord): Generator<SftRow> {
  const config = parseStoredConfig(run);
  const nameSource = createSourceNames(config);
  const template = findStudentTemplate(store, run);
  for (const { index, kind } of store.listStages(run.id)) {
    if (kind !== 'cold-start') continue;
    const accepted = store.listAttempts(run.id, index, 'accepted');
    for (const { problem, target, promptHash, sample, seed } of selectRows(accepted, findKeepSettings(config, index))) {
      const { blocks } = checkFormat(target, 'strict');
      yield {
        id: problem.id,
        source: nameSource(problem.source),
        problem: problem.text,
        answer: problem.answer,
        prompt: renderStudentPrompt(template, problem.text),
        target,
        blocks: blocks.length,
        paths: blocks.reduce((sum, { paths }) => sum + paths.length, 0),
        checker: config.format.mode,
        verifier: VERIFIER,
        template: promptHash,
        sample,
        seed,
      };
    }
  }
}

/** Which answers a cold-start stage of a stored run keeps. */
export function findKeepSettings({ stages }: RunConfig, index: number): KeepSettings {
  const stage = stages[index];
  return stage?.kind === 'cold-start' ? stage : {};
}

/** What the manifest says about the rows of a run. */
export function describeExport(store: RunStore, run: RunRecord, folders: readonly string[]): ManifestInput {
  const config = parseStoredConfig(run);
  const stages = config.stages.filter((stage) => stage.kind === 'cold-start');
  const templates = store
    .listPrompts(run.id)
    .map(({ role, name, hash }) => [`template ${role}`, `${hideFolder(name)} ${hash.slice(0, 12)}`] as const);
  const nameSource = createSourceNames(config);
  return {
    name: run.name,
    run: run.id,
    settings: Object.fromEntries(stages.map((stage) => [stage.id, hideFolders(stage)])),
    versions: {
      'parallel-r1': run.softwareVersion,
      'format checker': config.format.mode,
      verifier: VERIFIER,
      ...Object.fromEntries(templates),
    },
    attempts: countAttempts(store, run),
    licences: Object.fromEntries(
      stages.flatMap(({ problems }) => problems).map((ref) => [nameSource(toSource(ref)), findLicence(ref, folders)]),
    ),
  };
}

/** Attempts of all cold-start stages per code of the filter that stopped them. */
function countAttempts(store: RunStore, run: RunRecord): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { index, kind } of store.listStages(run.id)) {
    if (kind !== 'cold-start') continue;
    for (const { code, status, count } of store.countAttempts(run.id, index)) {
      const key = code ?? status;
      counts[key] = (counts[key] ?? 0) + count;
    }
  }
  return counts;
}

/**
 * Names for the sources of problems: what is shared must not tell where files lie on one machine. A file is called by its
 * own name, and by a number too where two have the same.
 */
function createSourceNames({ stages }: RunConfig): (source: string) => string {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  const give = (source: string): string => {
    const known = names.get(source);
    if (known !== undefined) return known;
    const plain = isAbsolute(source) ? basename(source).replace(/\.jsonl$/i, '') : source;
    let name = plain;
    for (let count = 2; taken.has(name); count += 1) name = `${plain}-${count}`;
    taken.add(name);
    names.set(source, name);
    return name;
  };
  for (const stage of stages) if (stage.kind === 'cold-start') for (const ref of stage.problems) give(toSource(ref));
  return give;
}

/** A configuration with the last part of each path alone. */
function hideFolders(value: unknown): unknown {
  if (typeof value === 'string') return hideFolder(value);
  if (Array.isArray(value)) return value.map(hideFolders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, hideFolders(inner)]));
}

function hideFolder(text: string): string {
  return isAbsolute(text) ? basename(text) : text;
}

function toSource(ref: ProblemsRef): string {
  if (ref.kind === 'word-sums') return WORD_SUMS_SOURCE;
  return ref.kind === 'file' ? ref.path : ref.name;
}

/** What the manifest beside a pulled set says; word sums are made by this software. */
function findLicence(ref: ProblemsRef, folders: readonly string[]): string | null {
  if (ref.kind === 'word-sums') return 'MIT';
  const file = ref.kind === 'file' ? ref.path : findSetFile(ref.name, folders);
  return file === null ? null : readSetOrigin(file).licence;
}

function findStudentTemplate(store: RunStore, run: RunRecord): string {
  const template = store.listPrompts(run.id).find(({ role }) => role === 'student');
  if (template === undefined) throw new UsageError(`run ${run.id} has not begun: there is nothing to export`);
  return template.text;
}
