import { existsSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { requireRunnable } from '../../app/start-run.ts';
import { loadRunConfig } from '../../config/load.ts';
import { writeYaml } from '../../config/yaml.ts';
import { findPackageRoot } from '../../edge/package-root.ts';
import { replaceFile } from '../../edge/whole-file.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import { COLD_START } from '../commands/shared-options.ts';
import type { initCommand } from '../commands/training.ts';
import { printJson, printLine, tell } from '../output.ts';

type InitArgs = ArgsOf<typeof initCommand>;

/** What a configuration is made from. */
type Answers = Readonly<Record<'engine' | 'model' | 'trainer' | 'teacher' | 'teacherModel' | 'problems', string>>;

/** One thing that a kind of run needs to know. */
interface Question {
  readonly name: keyof Answers;
  readonly flag: string;
  readonly asks: string;
  readonly suggestion: string;
}

const TEACHER: readonly Question[] = [
  { name: 'teacher', flag: '--teacher', asks: 'URL of the teacher', suggestion: 'http://127.0.0.1:8002/v1' },
  { name: 'teacherModel', flag: '--teacher-model', asks: 'its model', suggestion: 'Qwen/Qwen3-32B' },
];

const QUESTIONS: Readonly<Record<NonNullable<InitArgs['kind']>, readonly Question[]>> = {
  embedded: [],
  'cold-start': [
    ...TEACHER,
    { name: 'problems', flag: '--problems', asks: 'problems (JSONL file, or a pulled set)', suggestion: 'gsm8k/train' },
  ],
  servers: [
    { name: 'engine', flag: '--engine', asks: 'URL of the vLLM server', suggestion: 'http://127.0.0.1:8000/v1' },
    { name: 'model', flag: '--model', asks: 'its model', suggestion: 'Qwen/Qwen3-4B-Base' },
    {
      name: 'trainer',
      flag: '--trainer',
      asks: 'URL of the trainer (Tinker API)',
      suggestion: 'http://127.0.0.1:8001',
    },
    ...TEACHER,
  ],
};

/** `init`: writes a configuration with comments. Asks for what no flag gives where there is a terminal. */
export async function initConfig(args: InitArgs): Promise<number> {
  const file = resolve(args.file);
  if (existsSync(file)) throw new UsageError(`${args.file} is there already: name another file, or move it away`);
  const kind = args.kind ?? (await chooseKind());
  const answers = await collectAnswers(kind, args);
  replaceFile(file, (write) => write(renderConfig(kind, answers, file)));
  try {
    requireRunnable(loadRunConfig({ file }).config, {});
  } catch (error) {
    rmSync(file);
    throw error;
  }
  if (args.json) printJson({ file, kind });
  else printLine(args.file);
  const command = kind === 'cold-start' ? 'generate' : 'run';
  tell(
    args,
    `look first: parallel-r1 ${command} --config ${args.file} --dry-run\nthen start: parallel-r1 ${command} --config ${args.file}`,
  );
  return 0;
}

async function chooseKind(): Promise<NonNullable<InitArgs['kind']>> {
  const kinds = Object.keys(QUESTIONS) as NonNullable<InitArgs['kind']>[];
  const given = await ask(`what for? ${kinds.join(', ')}`, 'embedded', '--kind');
  const kind = kinds.find((one) => one === given);
  if (kind === undefined) throw new UsageError(`${JSON.stringify(given)} is none of ${kinds.join(', ')}`);
  return kind;
}

async function collectAnswers(kind: NonNullable<InitArgs['kind']>, args: InitArgs): Promise<Answers> {
  const answers: Record<string, string> = {};
  for (const { name, flag, asks, suggestion } of QUESTIONS[kind]) {
    answers[name] = args[name] ?? (await ask(asks, suggestion, flag));
  }
  return answers as Answers;
}

/** Asks on the terminal; an empty answer takes the suggestion. Throws `UsageError` where nobody can answer. */
async function ask(question: string, suggestion: string, flag: string): Promise<string> {
  if (!process.stdin.isTTY || !process.stderr.isTTY)
    throw new UsageError(
      `${flag} is missing (${question}, for instance ${suggestion}); without a terminal nobody can be asked`,
    );
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(`${question} [${suggestion}]: `)).trim() || suggestion;
  } finally {
    prompt.close();
  }
}

/** The configuration as text. Values are JSON, which YAML contains. */
function renderConfig(kind: NonNullable<InitArgs['kind']>, answers: Answers, file: string): string {
  const schema = join(findPackageRoot(import.meta.url), 'schema', 'run-config.schema.json');
  const head = [
    `# yaml-language-server: $schema=${relative(dirname(file), schema).replaceAll('\\', '/')}`,
    '# Every other key has a default: parallel-r1 config show --config FILE prints all, config explain KEY explains one.',
  ];
  return `${[...head, ...BODIES[kind](answers)].join('\n')}\n`;
}

const json = JSON.stringify;

const BODIES: Readonly<Record<NonNullable<InitArgs['kind']>, (answers: Answers) => string[]>> = {
  embedded: () => [
    'preset: embedded        # a tiny transformer, trained on this machine in minutes',
    'run:',
    '  name: embedded',
    '  seed: 7               # every seed of the run derives from it',
  ],
  'cold-start': ({ teacher, teacherModel, problems }) => [
    'run:',
    '  name: cold-start',
    '  seed: 7',
    'engine:                 # stands in for the student, whose tokenizer bounds lengths; here the teacher itself',
    '  kind: openai          # any server with a chat endpoint',
    `  urls: [${json(teacher)}]`,
    `  model: ${json(teacherModel)}`,
    '  # apiKeyEnv: TEACHER_KEY     # the variable that holds the key; never the key itself',
    'stages:',
    '  - id: cold-start',
    '    kind: cold-start',
    `    problems: ${json(problems)}   # JSONL of {"problem", "answer"}, or a set: parallel-r1 datasets pull gsm8k`,
    '    samplesPerProblem: 1',
    '    teacher:',
    `      url: ${json(teacher)}`,
    `      model: ${json(teacherModel)}`,
    '      # apiKeyEnv: TEACHER_KEY',
    '      # maxTokens: 4096         # must fit into the context of the server together with the prompt',
    '    # limit: 20                 # only the first problems, to try it',
    '    # budgetTokens: 1000000     # stops there; resume --budget-tokens MORE goes on',
  ],
  servers: ({ engine, model, trainer, teacher, teacherModel }) => [
    'preset: parallel        # cold start, SFT, RL on easy problems, RL on hard ones',
    'run:',
    '  name: parallel',
    '  seed: 7',
    'engine:                 # samples; must load the adapters of the trainer: docs/pointing-at-vllm.md',
    `  urls: [${json(engine)}]`,
    `  model: ${json(model)}   # with the six tags as special tokens`,
    'trainer:                # a server with the Tinker API, such as SkyRL or TuFT',
    `  url: ${json(trainer)}`,
    '# A list replaces that of the preset, so that the stages stand here in full; on the command line one key of a stage',
    '# goes by its id: --set stages.rl-easy.steps=20',
    ...renderStages(teacher, teacherModel),
  ],
};

/** The stages of the preset with that teacher. */
function renderStages(teacher: string, teacherModel: string): string[] {
  const overrides = [
    { flag: '--teacher', path: `${COLD_START}.teacher.url`, value: teacher },
    { flag: '--teacher-model', path: `${COLD_START}.teacher.model`, value: teacherModel },
  ];
  const lines = writeYaml(loadRunConfig({ preset: 'parallel', overrides }).config)
    .trimEnd()
    .split('\n');
  const from = lines.indexOf('stages:');
  const end = lines.findIndex((line, index) => index > from && /^\S/.test(line));
  return lines.slice(from, end < 0 ? lines.length : end);
}
