import type { SftRow } from '../../adapters/export-files/export-formats.ts';
import type { ManifestInput } from '../../adapters/export-files/render-data-card.ts';
import type { RunConfig } from '../config/schema.ts';
import type { ProblemsRef } from '../core/curriculum.ts';
import { checkFormat } from '../core/format/format-checker.ts';
import { VERIFIER } from '../core/verify/verdict.ts';
import { WORD_SUMS_SOURCE } from '../core/word-sums/generate.ts';
import { UsageError } from '../errors.ts';
import { type KeepSettings, selectRows } from '../pipeline/cold-start/select-rows.ts';
import { renderStudentPrompt } from '../pipeline/engine/tokenizer.ts';
import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';
import { findSetFile } from '../problem-sets/set-folders.ts';
import { readSetOrigin } from '../problem-sets/set-origin.ts';

/** The accepted attempts that a run's cold-start stages keep, in the order of problems, as rows of a data set. */
export function* listSftRows(store: RunStore, run: RunRecord): Generator<SftRow> {
  const config = JSON.parse(run.configJson) as RunConfig;
  const template = findStudentTemplate(store, run);
  for (const { index, kind } of store.listStages(run.id)) {
    if (kind !== 'cold-start') continue;
    const accepted = store.listAttempts(run.id, index, 'accepted');
    for (const { problem, target, promptHash, sample, seed } of selectRows(accepted, findKeepSettings(config, index))) {
      const { blocks } = checkFormat(target, 'strict');
      yield {
        id: problem.id,
        source: problem.source,
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
  const config = JSON.parse(run.configJson) as RunConfig;
  const stages = config.stages.filter((stage) => stage.kind === 'cold-start');
  const templates = store
    .listPrompts(run.id)
    .map(({ role, name, hash }) => [`template ${role}`, `${name} ${hash.slice(0, 12)}`] as const);
  return {
    name: run.name,
    run: run.id,
    settings: Object.fromEntries(stages.map((stage) => [stage.id, stage])),
    versions: {
      'parallel-r1': run.softwareVersion,
      'format checker': config.format.mode,
      verifier: VERIFIER,
      ...Object.fromEntries(templates),
    },
    attempts: countAttempts(store, run),
    licences: Object.fromEntries(
      stages.flatMap(({ problems }) => problems).map((ref) => [nameSource(ref), findLicence(ref, folders)]),
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

function nameSource(ref: ProblemsRef): string {
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
