/**
 * Binding the engine's tokenizer:
 *  1. tags, gap, labels and end of sequence become ids; each text is asked for once
 *  2. a tag that splits into pieces, and two tags with one id, are refused by name
 *  3. end-of-sequence texts that are no single token are skipped; none left is refused
 *  4. a run that trains is refused before anything is sampled; one that only asks a teacher needs no tags
 *  5. a run that trains adapters is warned of tags with the mean of the rows of their pieces; not one that trains whole
 *     weights, forks nothing or trains nothing, nor where rows cannot be read, and none of this keeps a run from going on
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import type { CurriculumPlan } from '../../src/core/curriculum.ts';
import { TAGS } from '../../src/core/grammar.ts';
import { EngineError, RunError } from '../../src/errors.ts';
import { warnOfTagRows } from '../../src/pipeline/engine/tag-rows.ts';
import { bindTokenizer } from '../../src/pipeline/engine/tokenizer.ts';
import { runCurriculum } from '../../src/pipeline/run-loop.ts';
import type { Engine } from '../../src/ports/engine.ts';
import { openTempRun, type TempRun } from '../support/pipeline-temp-run.ts';
import { COLD_START, SFT, TOY_RUN, TOY_STAGES, toyPlan } from '../support/pipeline-toy-run.ts';
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

test('5: rows of the tags', async (t) => {
  const plan = toyPlan({ stages: [TOY_STAGES[3]!] });
  const split = Object.fromEntries(TAGS.map((tag) => [tag.slice(0, -1), [90]]));
  const warningsOf = async (over: Partial<CurriculumPlan>, readOutputRows: Engine['readOutputRows']) => {
    const run = openTempRun(t, { plan: { ...plan, ...over } });
    const { engine } = tokenizing(run, { ...split, '>': [91] });
    const ctx = { ...run.ctx, engine: readOutputRows === undefined ? engine : { ...engine, readOutputRows } };
    const warnings = await warnOfTagRows(ctx, await bindTokenizer(ctx));
    return warnings.map((line) => line.slice(0, line.indexOf(' are ')));
  };
  /** Rows of the pieces (90, 91) and of <Path> and </Summary>, which lie between these. */
  const rows: Engine['readOutputRows'] = async (_model, ids) =>
    ids.map((id) => {
      const isBetween = id === pieceId('<Path>') || id === pieceId('</Summary>');
      return isBetween ? Float32Array.of(1, 2, 0) : Float32Array.of(...(id === 90 ? [2, 0, 0] : [0, 4, 0]));
    });
  const training = { stages: [SFT] };
  assert.deepEqual(await warningsOf(training, rows), ['the rows of <Path>, </Summary>']);
  assert.deepEqual(await warningsOf({}, rows), []);
  assert.deepEqual(await warningsOf({ ...training, trainer: { ...plan.trainer, rank: 0 } }, rows), []);
  const rollout = { ...plan.rollout, mode: 'sequential' as const };
  assert.deepEqual(await warningsOf({ ...training, rollout }, rows), []);
  assert.deepEqual(await warningsOf(training, undefined), []);
  assert.deepEqual(await warningsOf(training, async () => null), []);
  const failing = async () => {
    throw new EngineError('gone');
  };
  assert.deepEqual(await warningsOf(training, failing), []);
  const run = openTempRun(t);
  const { engine } = tokenizing(run, { ...split, '>': [91] });
  await runCurriculum({ ...run.ctx, engine: { ...engine, readOutputRows: rows } });
  const told = run.reporter.lines.filter((line) => /^warn the rows of <Path>, .*Preparing a model/.test(line));
  assert.equal(told.length, 1);
});
