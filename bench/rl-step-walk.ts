/**
 * Which source files one RL step runs through, in the controller's own process: a small run of the embedded recipe under
 * V8's precise coverage, from the end of the first step of its first RL stage to the end of the second.
 *
 *     node bench/rl-step-walk.ts [--json]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadRunConfig, type Reporter, startRun } from '../src/index.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const STAGE = 'rl-easy';

/** Enough cold start that some groups of a step hold right and wrong answers: a step without one makes no update. */
const SETTINGS = [
  'stages.cold-start.problems=[{kind: word-sums, level: easy, split: train, count: 800, seed: 11}]',
  'stages.sft.maxSteps=250',
  'stages.sft.until=null',
  'stages.rl-easy.steps=2',
  'stages.rl-easy.gate=null',
  'stages.rl-hard.steps=1',
  'stages.rl-hard.gate=null',
  'eval.sets=[]',
];

const session = new Session();
session.connect();

/** Files of this repository with a function that ran since the last call. */
async function takeWalk(): Promise<string[]> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  const ran = result.filter(({ functions }) =>
    functions.some(({ functionName, ranges }) => functionName !== '' && ranges[0]!.count > 0),
  );
  return ran
    .flatMap(({ url }) => (url.startsWith('file://') ? [fileURLToPath(url)] : []))
    .filter((path) => path.startsWith(ROOT) && /^(src|adapters)\//.test(path.slice(ROOT.length)))
    .map((path) => path.slice(ROOT.length))
    .sort();
}

const walks = new Map<number, Promise<string[]>>();

/** The first update with a step's number comes at its end; those that tell of finished groups carry the step before. */
const reporter: Reporter = {
  info: () => {},
  warn: () => {},
  task: (label) => ({
    update: (done) => {
      if (label !== STAGE) return;
      if (done > 0 && !walks.has(done)) walks.set(done, takeWalk());
    },
    setTotal: () => {},
    finish: () => {},
  }),
};

const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-walk-'));
try {
  const { config } = loadRunConfig({ preset: 'embedded', sets: SETTINGS });
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  await startRun({ config, preset: 'embedded', db: join(folder, 'runs.db'), parts: { reporter } });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
const files = await walks.get(2);
if (files === undefined) throw new Error(`stage ${STAGE} made no second step`);
if (process.argv.includes('--json')) console.log(JSON.stringify(files, null, 2));
else console.log(`${files.join('\n')}\n${files.length} files`);
