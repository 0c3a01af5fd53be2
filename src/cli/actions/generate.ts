import { openThrowawayStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { keepColdStart, letEngineTeach } from '../../app/cut-recipe.ts';
import { startRun } from '../../app/start-run.ts';
import type { RunConfig } from '../../config/schema.ts';
import { NothingAccepted } from '../../pipeline/cold-start/yield-report.ts';
import { renderStudentPrompt } from '../../pipeline/engine/tokenizer.ts';
import type { AttemptRecord } from '../../ports/run-store/attempts.ts';
import type { RunStore } from '../../ports/run-store/run-store.ts';
import type { ArgsOf } from '../command.ts';
import type { generateCommand } from '../commands/cold-start.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine } from '../output.ts';
import { loadRecipe, type Recipe } from '../recipe/load-recipe.ts';
import { selectReporter } from '../select-reporter.ts';
import { startRecipe } from './run.ts';

type GenerateArgs = ArgsOf<typeof generateCommand>;

/** `generate`: the cold-start stages of a recipe. */
export function generate(args: GenerateArgs): Promise<number> {
  const recipe = isTeacherAlone(args)
    ? loadRecipe(nameStudent(args), (config) => keepColdStart(passKeyOn(config)))
    : loadRecipe(args, (config) => keepColdStart(args.teacherModel === undefined ? letEngineTeach(config) : config));
  return args.preview === undefined || args.dryRun ? startRecipe(args, recipe) : preview(recipe, args);
}

/**
 * Where only a teacher is named it stands in for the student too, as a server that chats: the built-in student, whose
 * vocabulary is word sums, would refuse every answer as untokenizable.
 */
function isTeacherAlone({ teacher, preset, config, engine }: GenerateArgs): boolean {
  return teacher.length > 0 && preset === undefined && config === undefined && engine === undefined;
}

function nameStudent(args: GenerateArgs): GenerateArgs {
  const { teacher, teacherModel, model = teacherModel } = args;
  const overrides = [
    { flag: '--teacher', path: 'engine.urls', value: teacher },
    ...(model === undefined ? [] : [{ flag: '--teacher-model', path: 'engine.model', value: model }]),
  ];
  return {
    ...args,
    engine: teacher[0],
    set: ['engine.kind=openai', ...args.set],
    overrides: [...overrides, ...args.overrides],
  };
}

/** A teacher that stands in for the student keeps its own key. */
function passKeyOn(config: RunConfig): RunConfig {
  const keys = config.stages.flatMap((stage) => (stage.kind === 'cold-start' ? [stage.teacher.apiKeyEnv] : []));
  const apiKeyEnv = config.engine.apiKeyEnv ?? keys[0] ?? null;
  return { ...config, engine: { ...config.engine, apiKeyEnv } };
}

/** What a teacher was asked and said, and what became of it. */
interface PreviewedAttempt {
  readonly attempt: AttemptRecord;
  readonly prompt: string;
}

/** `generate --preview N`: a run in a throwaway store, whose attempts are shown. */
async function preview({ config }: Recipe, args: GenerateArgs): Promise<number> {
  using store = openThrowawayStore();
  using reporter = selectReporter(args);
  using interrupt = listenForInterrupt((message) => reporter.warn(message));
  const show = () => {
    const previewed = store.listRuns().flatMap(({ id }) => [...listPreviewed(store, id)]);
    if (args.json) printJson(previewed.map(toJson));
    else for (const [index, one] of previewed.entries()) printLine(render(one, index, previewed.length));
  };
  try {
    await startRun({ config, db: store.file, parts: { reporter }, signal: interrupt.signal });
  } catch (error) {
    // What was answered is what a preview is for, most of all where nothing of it was accepted.
    if (!(error instanceof NothingAccepted)) throw error;
  }
  show();
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
    `--- outcome ---\n${status}${code === null ? '' : ` (${code})`}${found}, reference ${problem.answer}\n`,
  ].join('\n');
}
