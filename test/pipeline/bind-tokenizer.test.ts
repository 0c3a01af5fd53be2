/**
 * Binding the engine's tokenizer:
 *  1. tags, gap, labels and end of sequence become ids; each text is asked for once
 *  2. a tag that splits into pieces, and two tags with one id, are refused by name
 *  3. end-of-sequence texts that are no single token are skipped; none left is refused
 *  4. a run that trains is refused before anything is sampled; one that only asks a teacher needs no tags
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { RunError } from '../../src/errors.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, TOY_RUN, toyPlan } from '../support/pipeline-toy-run.ts';
import { pieceId } from '../support/pipeline-toy-tokens.ts';

/** The toy tokenizer with some texts answered otherwise. */
function tokenizing(run: TempRun, other: Readonly<Record<string, number[]>>): { engine: Engine; asked: string[] } {
  const asked: string[] = [];
  const tokenize: Engine['tokenize'] = async (request) => {
    const text = 'text' in request.input ? request.input.text : request.input.userMessage;
    asked.push(text);
    return other[text] ?? run.engine.tokenize(request);
  };
  return { engine: { ...run.engine, tokenize }, asked };
}

test('1: bound', async (t) => {
  const run = openTempRun(t);
  const { engine, asked } = tokenizing(run, {});
  const ctx = { ...run.ctx, engine };
  const binding = await bindTokenizer(ctx);
  assert.equal(binding.tags.parallelOpen, pieceId('<Parallel>'));
  assert.equal(binding.tags.summaryClose, pieceId('</Summary>'));
  assert.deepEqual(binding.tags.gap, [pieceId('\n')]);
  assert.deepEqual(binding.tags.eos, [pieceId('<eos>')]);
  assert.deepEqual(binding.labels, [
    { text: 'A:', ids: [pieceId('A:')] },
    { text: 'B:', ids: [pieceId('B:')] },
  ]);
  await bindTokenizer(ctx);
  assert.equal(asked.length, new Set(asked).size);
});

test('2: tags', async (t) => {
  const run = openTempRun(t);
  const refused = async (other: Readonly<Record<string, number[]>>, message: RegExp) => {
    const { ctx } = openTempRun(t);
    await assert.rejects(bindTokenizer({ ...ctx, engine: tokenizing(run, other).engine }), (error) => {
      assert.ok(error instanceof RunError);
      assert.match(error.message, message);
      return true;
    });
  };
  await refused({ '</Path>': [90, 91, 92] }, /<\/Path> is 3 tokens in model toy-base/);
  await refused({ '<Path>': [pieceId('<Summary>')] }, /two tags share one token id/);
});

test('3: end of sequence', async (t) => {
  const plan = toyPlan();
  const eosTokens = ['<unknown>', '<eos>', 'so so '];
  const run = openTempRun(t, { plan: { ...plan, engine: { ...plan.engine, eosTokens } } });
  assert.deepEqual((await bindTokenizer(run.ctx)).tags.eos, [pieceId('<eos>')]);
  const none = openTempRun(t, { plan: { ...plan, engine: { ...plan.engine, eosTokens: ['<unknown>'] } } });
  await assert.rejects(bindTokenizer(none.ctx), /none of <unknown> is one token/);
});

test('4: before anything is sampled', async (t) => {
  const run = openTempRun(t);
  const { engine } = tokenizing(run, { '<Path>': [90, 91] });
  await assert.rejects(runCurriculum({ ...run.ctx, engine }), RunError);
  assert.equal(run.store.countAttempts(TOY_RUN, 0).length, 0);
  assert.equal(run.engine.requests.length, 0);

  const teacherOnly = openTempRun(t, { plan: toyPlan({ stages: [COLD_START] }) });
  const plain = tokenizing(teacherOnly, { '<Path>': [90, 91] });
  await runCurriculum({ ...teacherOnly.ctx, engine: plain.engine });
  assert.equal(teacherOnly.store.listStages(TOY_RUN)[0]?.status, 'done');
});
