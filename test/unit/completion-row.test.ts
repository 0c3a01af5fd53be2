/**
 * Completions of other programs, row by row:
 *  1. rows of verifiers 0.1 (`results.jsonl`): the last message of the assistant, reference, problem, cut off, failed
 *  2. episodes of verifiers 0.4 (`traces.jsonl`): one completion for each trace
 *  3. details of lighteval 0.13: every text of a generative task; the reference is the gold choice, its box where it has one
 *  4. plain rows: several names for each field, several completions in one row, problems told apart by id or by text
 *  5. what cannot be read is named in a few words with the keys that are there; any object is read or refused, never thrown at
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../src/core/json-object.ts';
import { type Completion, parseCompletions } from '../../src/core/problem-set/completion-row.ts';

function read(row: JsonObject): readonly Completion[] {
  const parsed = parseCompletions(row);
  assert.ok('completions' in parsed, JSON.stringify(parsed));
  return parsed.completions;
}

function refuse(row: JsonObject): string {
  const parsed = parseCompletions(row);
  assert.ok('fault' in parsed);
  return parsed.fault;
}

const assistant = (content: unknown) => ({ role: 'assistant', content });

test('1: verifiers 0.1', () => {
  const row = {
    ...{ example_id: 3, task: 'gsm8k', prompt: [{ role: 'user', content: 'How many?' }], reward: 1, metrics: {} },
    completion: [assistant('let me call'), { role: 'tool', content: '4' }, assistant('Final Answer: 4')],
    ...{ answer: '4', is_completed: true, is_truncated: false, timing: { total_ms: 4 }, stop_condition: null },
  };
  const plain = { problem: '3', task: 'gsm8k', gold: '4', text: 'Final Answer: 4', isTruncated: false };
  assert.deepEqual(read(row), [plain]);
  assert.deepEqual(read({ ...row, is_truncated: true }), [{ ...plain, isTruncated: true }]);
  assert.deepEqual(read({ ...row, completion: [], error: { error: 'TimeoutError' } }), [{ ...plain, text: null }]);
  const parts = [
    assistant([
      { type: 'text', text: 'Final ' },
      { type: 'text', text: 'Answer: 4' },
    ]),
  ];
  assert.deepEqual(read({ ...row, completion: parts, error: null }), [plain]);
});

test('2: verifiers 0.4', () => {
  const nodes = [{ message: { role: 'user', content: 'How many?' } }, { parent: 0, message: assistant('4') }];
  const task = { type: 'T', data: { idx: 7, prompt: 'How many?', answer: '4', info: { level: 2 } } };
  const trace = { task, nodes, calls: [{ finish_reason: 'length' }], errors: [] };
  const failed = { task, nodes: [], errors: [{ type: 'X', message: 'gone' }] };
  const shared = { problem: '7', task: null, gold: '4', level: '2' };
  assert.deepEqual(read({ id: 'e', task, traces: [trace, failed] }), [
    { ...shared, text: '4', isTruncated: true },
    { ...shared, text: null, isTruncated: false },
  ]);
  assert.match(refuse({ task, traces: [] }), /no trace/);
  assert.match(refuse({ traces: [{ nodes }] }), /no reference answer/);
});

test('3: lighteval 0.13', () => {
  const doc = { query: 'Q', choices: ['no', 'so \\boxed{\\frac12}'], gold_index: [1], id: '', task_name: 'math_500|0' };
  const detail = { doc, model_response: { text: ['0.5', '0.4'], text_post_processed: null }, metric: { pass: 1 } };
  const shared = { problem: 'Q', task: 'math_500|0', gold: '\\frac12', isTruncated: false };
  assert.deepEqual(read(detail), [
    { ...shared, text: '0.5' },
    { ...shared, text: '0.4' },
  ]);
  assert.equal(read({ ...detail, doc: { ...doc, id: '12', gold_index: 0 } })[0]!.problem, '12');
  assert.match(refuse({ doc, model_response: { text: [], logprobs: [-1] } }), /only generative tasks/);
  assert.match(refuse({ doc: { ...doc, gold_index: 9 }, model_response: { text: ['a'] } }), /gold_index/);
});

test('4: plain rows', () => {
  const base = { problem: 'Q', task: null, gold: '4', isTruncated: false };
  assert.deepEqual(read({ question: 'Q', ground_truth: 4, output: 'four' }), [{ ...base, text: 'four' }]);
  assert.deepEqual(
    read({ problem: 'Q', answer: 'x\n#### 4', completions: ['a', 'b'] }).map(({ gold, text }) => [gold, text]),
    [
      ['4', 'a'],
      ['4', 'b'],
    ],
  );
  // As `verify --jsonl` takes them: there the answer is what was said.
  assert.deepEqual(read({ id: 9, gold: '4', answer: '5' }), [{ ...base, problem: '9', text: '5' }]);
  assert.equal(read({ gold: '4', response: 'a' })[0]!.problem, null);
  assert.equal(read({ gold: '4', response: 'a', finish_reason: 'length' })[0]!.isTruncated, true);
  const labels = read({ gold: '4', response: 'a', level: 5, subject: 'Algebra' })[0]!;
  assert.deepEqual([labels.level, labels.subject], ['5', 'Algebra']);
});

test('5: what cannot be read', () => {
  assert.match(refuse({}), /^there is no completion .*; it is empty$/);
  assert.match(refuse({ a: 1, b: 2 }), /^there is no completion \(completion, .*\); it has "a", "b"$/);
  assert.match(refuse({ completion: 'x', prompt: 'y' }), /^there is no reference answer \(gold, /);
  assert.match(refuse({ completion: [{ role: 'user', content: 'x' }], answer: '4' }), /neither text nor messages/);
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.constantFrom(
          'traces',
          'doc',
          'model_response',
          'completion',
          'answer',
          'gold',
          'info',
          'error',
          'id',
          'task',
        ),
        fc.jsonValue(),
      ),
      (row) => {
        const parsed = parseCompletions(row as JsonObject);
        if ('fault' in parsed) assert.ok(parsed.fault.length < 600);
        else
          for (const { text, gold } of parsed.completions)
            assert.ok((text === null || typeof text === 'string') && typeof gold === 'string');
      },
    ),
  );
});
