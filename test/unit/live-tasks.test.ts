/**
 * What the live rig trains on.
 *
 *  1. both arms of a comparison have the same problems, stages, steps and prompt; only the rows of the SFT and the mode differ
 *  2. every row of every task ends in its right answer; those of the parallel arm hold one valid block, those of the other one none
 *  3. 200 sums are held out, and none of them is trained on, the other way round neither
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { MODEL_NAMES } from '../../scripts/live/rig.ts';
import { COMPARED_ARMS, chooseTask, type Purpose } from '../../scripts/live/tasks.ts';
import { checkFormat } from '../../src/core/format/format-checker.ts';
import { verify } from '../../src/core/verify/verify.ts';

interface Row {
  readonly problem: string;
  readonly answer: string;
  readonly target: string;
}

const readRows = <T>(text: string) =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);

test('1: the arms', () => {
  for (const model of MODEL_NAMES) {
    const [seen, sequential] = COMPARED_ARMS.map((arm) => chooseTask(model, arm));
    const shared = (task: typeof seen) => ({
      ...task,
      rollout: { ...task!.rollout, mode: null },
      stages: task!.stages.map((stage) => ({ ...stage, data: null })),
      files: Object.entries(task!.files()).filter(([name]) => !name.startsWith('sft-')),
    });
    assert.deepEqual(shared(seen), shared(sequential));
    assert.equal(seen!.stages.find(({ kind }) => kind === 'rl')!.steps, 40);
  }
});

test('2: the rows', () => {
  for (const model of MODEL_NAMES) {
    for (const purpose of ['curriculum', ...COMPARED_ARMS] satisfies Purpose[]) {
      const [[, text] = ['', '']] = Object.entries(chooseTask(model, purpose).files()).filter(([name]) =>
        name.startsWith('sft'),
      );
      for (const { answer, target } of readRows<Row>(text)) {
        assert.equal(verify(answer, target, { mode: 'math', structured: true }).verdict, 'correct', target);
        assert.ok(checkFormat(target, 'strict').valid, target);
        const blocks = target.split('<Parallel>').length - 1;
        if (purpose !== 'curriculum') assert.equal(blocks, purpose === 'seen' ? 1 : 0, target);
      }
    }
  }
});

test('3: what is held out', () => {
  const files = chooseTask('smollm2', 'seen').files();
  const key = ({ problem }: Row) =>
    problem
      .match(/\d+/g)!
      .map(Number)
      .sort((a, b) => a - b)
      .join('+');
  const [heldOut, trained] = ['heldout.jsonl', 'problems.jsonl'].map((name) => readRows<Row>(files[name]!).map(key));
  assert.equal(new Set(heldOut).size, 200);
  const known = new Set([...trained!, ...readRows<Row>(files['sft-seen.jsonl']!).map(key)]);
  assert.deepEqual(
    heldOut!.filter((one) => known.has(one)),
    [],
  );
});
