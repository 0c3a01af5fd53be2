import { openThrowawayStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { executeNewRun } from '../../app/execute-run.ts';
import type { RunConfig } from '../../config/schema.ts';
import { renderStudentPrompt } from '../../pipeline/engine/tokenizer.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { RecipeArgs } from '../commands/recipe-options.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine } from '../output.ts';
import { selectReporter } from '../select-reporter.ts';

/** What a teacher was asked and said, and what became of it. */
interface PreviewedAttempt {
  readonly attempt: AttemptRecord;
  readonly prompt: string;
}

/** `generate --preview N`: the same run in a store of its own, which is shown and removed. */
export async function previewColdStart(config: RunConfig, args: RecipeArgs): Promise<number> {
  using store = openThrowawayStore();
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  const runId = await executeNewRun(config, null, { db: store.file, reporter, signal: interrupt.signal });
  const previewed = [...listPreviewed(store, runId)];
  if (args.json) printJson(previewed.map(toJson));
  else for (const [index, one] of previewed.entries()) printLine(render(one, index, previewed.length));
  return 0;
}

function* listPreviewed(store: RunStore, runId: string): Generator<PreviewedAttempt> {
  const templates = new Map(store.listPrompts(runId).map(({ role, text }) => [role, text]));
  for (const { index, id } of store.listStages(runId)) {
    const template = templates.get(`teacher:${id}`)!;
    for (const attempt of store.listAttempts(runId, index)) {
      yield { attempt, prompt: renderStudentPrompt(template, attempt.problem.text) };
    }
  }
}

function toJson({ attempt, prompt }: PreviewedAttempt) {
  const { problem, sample, raw, reasoning, status, code, extracted, target } = attempt;
  return { id: problem.id, sample, prompt, reasoning, raw, status, code, extracted, gold: problem.answer, target };
}

function render({ attempt, prompt }: PreviewedAttempt, index: number, count: number): string {
  const { problem, sample, raw, reasoning, status, code, extracted } = attempt;
  const found = extracted === null ? '' : `, answer ${extracted}`;
  return [
    `=== ${index + 1} of ${count}: ${problem.id}, sample ${sample} ===`,
    `--- prompt ---\n${prompt}`,
    ...(reasoning === null ? [] : [`--- reasoning ---\n${reasoning}`]),
    `--- raw answer ---\n${raw ?? ''}`,
    `--- judgement ---\n${status}${code === null ? '' : ` (${code})`}${found}, reference ${problem.answer}\n`,
  ].join('\n');
}
