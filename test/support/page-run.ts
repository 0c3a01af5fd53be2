import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { loadPageBundle } from '../../adapters/page-bundle/load-page-bundle.ts';
import { openPageServer } from '../../adapters/page-server/open-page-server.ts';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { createPageAnswers, createPageMetrics } from '../../src/app/page-answers.ts';
import { PRESETS } from '../../src/config/presets.ts';
import { runConfigSchema } from '../../src/config/schema.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import * as sample from './run-store-samples.ts';
import { makeTempFolder } from './temp-folder.ts';

/** A stored run with a cold start, SFT and RL, whose rollouts say what a test wants them to say, and its page. */

/** Problems of the run; each is answered by a group of two. */
const PROBLEMS = 3;

/** What its rollouts and attempts are made of. */
export interface PageRunTexts {
  readonly problem: string;
  /** What main segments and attempts say. */
  readonly text: string;
}

/** Writes the run into a store of its own. Group 0 of each step is answered wrong in its first attempt. */
export function writePageRun(
  t: TestContext,
  { problem, text }: PageRunTexts,
): { readonly file: string; readonly store: RunStore; readonly runId: string } {
  const file = join(makeTempFolder('page', t), 'runs.db');
  const store = openRunStore(file);
  t.after(() => store[Symbol.dispose]());
  const config = runConfigSchema.parse(PRESETS.embedded);
  const run = sample.sampleRun({ configJson: JSON.stringify(config), preset: 'embedded', status: 'done' });
  const stages = config.stages.map(({ id, kind }, index) =>
    sample.sampleStage({ index, id, kind, status: 'done', stateJson: '{"steps":2}' }),
  );
  store.createRun(run, stages);
  const problems = Array.from({ length: PROBLEMS }, (_, i) =>
    sample.sampleProblem({ id: `p${i}`, text: `${problem} ${i}` }),
  );
  const coldStart = stages.find(({ kind }) => kind === 'cold-start')!.index;
  store.saveAttempts(run.id, coldStart, [
    sample.sampleAttempt({ problem: problems[0]!, raw: text }),
    sample.sampleAttempt({ problem: problems[1]!, raw: text, status: 'rejected', code: 'wrong_answer', target: null }),
  ]);
  for (const { index, kind } of stages) {
    if (kind !== 'rl') continue;
    for (const step of [1, 2]) {
      store.saveRollouts(
        run.id,
        problems.flatMap((one, group) => [0, 1].map((attempt) => toRollout(index, step, group, attempt, one, text))),
      );
      store.commitStep(run.id, index, step, { 'rollout/parallel_fraction': step / 2, 'reward/correct_fraction': 0.5 });
    }
    store.saveMetrics(
      run.id,
      [0, 2].map((step) => ({ stageIndex: index, step, key: 'eval/hard/mean_accuracy', value: (index + step) / 10 })),
    );
  }
  return { file, store, runId: run.id };
}

function toRollout(
  stageIndex: number,
  step: number,
  group: number,
  attempt: number,
  problem: ReturnType<typeof sample.sampleProblem>,
  text: string,
) {
  const { verdict, reward, trajectory } = sample.sampleRollout();
  const isWrong = group === 0 && attempt === 0;
  const [first, ...rest] = trajectory!.segments;
  const pieces = [{ ...sample.samplePiece(3), text }];
  return sample.sampleRollout({
    ...{ stageIndex, step, group, sample: attempt, problem },
    trajectory: { ...trajectory!, segments: [{ ...first!, pieces }, ...rest] },
    verdict: { ...verdict!, verdict: isWrong ? 'incorrect' : 'correct', extracted: isWrong ? '5' : '4' },
    reward: { ...reward!, value: isWrong ? -1 : 1, correct: !isWrong },
  });
}

/** Serves the page of a run as `view` does. */
export async function servePage(t: TestContext, store: RunStore, runId: string) {
  const server = await openPageServer({
    ...(await loadPageBundle()),
    port: 0,
    token: 'a-token-for-tests',
    title: 'a <run>',
    answer: createPageAnswers(store, runId),
    metrics: createPageMetrics(store, runId),
    version: () => store.dataVersion(),
  });
  t.after(() => server[Symbol.asyncDispose]());
  return server;
}

/** Writes a file that a browser can open, and its address. */
export function writePageFile(t: TestContext, html: string): string {
  const file = join(makeTempFolder('page-file', t), 'report.html');
  writeFileSync(file, html);
  return `file://${file}`;
}
