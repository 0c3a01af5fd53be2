import { writeSync } from 'node:fs';
import { acquireRunLock } from '../../adapters/store-sqlite/acquire-run-lock.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import * as sample from './run-store-samples.ts';

/**
 * A process to be killed. `hold`: takes the run lock, says `held`, keeps it. `write`: continues the
 * run after its last committed step forever, and says each call of the store that has returned:
 * `rollouts <step> <group>`, `commit <step>`.
 */
const [file, mode] = process.argv.slice(2) as [string, 'hold' | 'write'];
const RUN = 'run-1';
const GROUPS = 3;
const SAMPLES = 2;

const lock = acquireRunLock(file);
if (mode === 'write') writeForEver();
say('held');
setInterval(() => lock, 1_000);

function writeForEver(): never {
  const store = openRunStore(file);
  if (store.getRun(RUN) === null) store.createRun(sample.sampleRun(), [sample.sampleStage()]);
  for (let step = store.lastStep(RUN, 0) + 1; ; step += 1) {
    for (let group = 0; group < GROUPS; group += 1) {
      store.saveRollouts(RUN, makeGroup(step, group));
      say(`rollouts ${step} ${group}`);
    }
    store.commitStep(RUN, 0, step, { 'reward/mean': step / 2 });
    say(`commit ${step}`);
  }
}

function makeGroup(step: number, group: number) {
  const problem = sample.sampleProblem({ id: `p${step % 5}` });
  const trajectory = sample.sampleTrajectory(40, step);
  return Array.from({ length: SAMPLES }, (_, i) =>
    sample.sampleRollout({ step, group, sample: i, problem, trajectory }),
  );
}

/** Out of the process when it returns. */
function say(line: string): void {
  writeSync(1, `${line}\n`);
}
