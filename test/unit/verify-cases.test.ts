/**
 * 1. Every suite of public verification cases: at least as many right as here, policy-free cases and those
 *    that follow from a policy (each under the policy its tag names) apart.
 * 2. No false accept in any suite, policy-free.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { verifyConfirmed } from '../../src/core/verify/verify.ts';
import { NO_SAMPLES } from '../support/shared-rows.ts';
import { type PublicCase, readSuite, toCasePolicy } from '../support/verify-cases.ts';

/** Right answers to reach: policy-free and with a policy. */
const TO_REACH: readonly (readonly [suite: string, free: number, tagged: number])[] = [
  // Two of these references want one member of a chain whose closed members differ; such a chain states nothing here.
  ['math_verify', 113, 0],
  ['math_verify_choice', 3, 0],
  ['hendrycks_math', 13, 3],
  ['lighteval_choice', 6, 0],
  ['lighteval_multilingual', 11, 0],
  ['lighteval_extra', 1, 1],
  ['trl_open_r1', 4, 0],
  ['tinker', 9, 1],
  ['simple_evals', 7, 1],
  ['qwen_grader', 15, 2],
  ['math500_solution', 240, 0],
  ['math500_shuffled', 487, 0],
  ['math500_rewrites', 620, 133],
  ['reported-2026-11', 470, 36],
];

async function isAccepted(row: PublicCase): Promise<boolean> {
  const structured = row.answer.includes('<Parallel>');
  const verdict = await verifyConfirmed(row.gold, row.answer, { mode: 'math', structured, policy: toCasePolicy(row) });
  return verdict.verdict === 'correct';
}

for (const [suite, free, tagged] of TO_REACH) {
  const rows = readSuite(suite);
  test(suite, { skip: rows === null && NO_SAMPLES }, async (t) => {
    const missed: PublicCase[] = [];
    for (const row of rows!) if ((await isAccepted(row)) !== row.expected) missed.push(row);
    const count = (isTagged: boolean) => {
      const all = rows!.filter((row) => (row.policy !== undefined) === isTagged);
      return { all: all.length, right: all.filter((row) => !missed.includes(row)).length };
    };
    const [plain, other] = [count(false), count(true)];
    t.diagnostic(`${plain.right}/${plain.all} policy-free, ${other.right}/${other.all} with a policy`);
    assert.ok(plain.right >= free, `missed ${missed.map(({ id }) => id).join(', ')}`);
    assert.ok(other.right >= tagged, `missed ${missed.map(({ id }) => id).join(', ')}`);
    const falseAccepts = missed.filter(({ expected, policy }) => !expected && policy === undefined);
    assert.deepEqual(
      falseAccepts.map(({ id }) => id),
      [],
    );
  });
}
