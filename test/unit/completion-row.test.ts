/**
 * Completions of other programs, row by row:
 *  1. rows of verifiers 0.1 (`results.jsonl`): the last message of the assistant, reference, problem, cut off, failed, reward
 *  2. episodes of verifiers 0.4 (`traces.jsonl`): one completion for each trace of the episode's task; what was sampled counts
 *     and not what the prompt brought along; limits cut off; an attempt that was repeated, or whose scoring failed, is an answer;
 *     one that failed is none
 *  3. details of lighteval 0.13: every text of a generative task; the references are the gold choices, their box where they
 *     have one; the metrics are about all texts of the row
 *  4. plain rows: several names for each field, several completions or references in one row, problems told apart by id or text
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
  const own = { scores: { reward: 1 }, completions: 1 };
  const plain = { problem: '3', task: 'gsm8k', golds: ['4'], text: 'Final Answer: 4', isTruncated: false, own };
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
  const asked = { sampled: false, message: { role: 'user', content: 'How many?' } };
  const said = (content: string | undefined) => ({ sampled: true, message: { ...assistant(content), parent: 0 } });
  const task = { type: 'T', hash: 'h', data: { idx: 7, prompt: 'How many?', answer: '4', info: { level: 2 } } };
  const trace = {
    ...{ task, nodes: [asked, said('4')], calls: [{ finish_reason: 'stop' }], errors: [] },
    ...{ ok: true, stop_condition: 'agent_completed', rewards: { a: { score: 1, weight: 0.5 }, b: { score: 1 } } },
  };
  const readTrace = (over: object) => read({ env: { id: 'sums' }, task, traces: [{ ...trace, ...over }] })[0]!;
  const own = { scores: { reward: 1.5 }, completions: 1 };
  const whole = { problem: '7', task: 'sums', golds: ['4'], level: '2', text: '4', isTruncated: false, own };
  assert.deepEqual(readTrace({}), whole);
  assert.equal(read({ task, traces: [trace] })[0]!.task, null);

  assert.equal(readTrace({ calls: [{ finish_reason: 'length' }] }).isTruncated, true);
  // The last call was refused; the answer is that of the one before.
  const refused = { error: { type: 'ProviderError' } };
  assert.equal(readTrace({ calls: [{ finish_reason: 'length' }, refused] }).isTruncated, true);
  assert.equal(readTrace({ stop_condition: 'max_turns' }).isTruncated, true);
  assert.equal(readTrace({ nodes: [asked, said('5'), said('6')], root_reply: '5' }).text, '5');
  // Thinking that the server sets apart, and nothing behind it.
  assert.equal(readTrace({ nodes: [asked, said(undefined)] }).text, '');

  const errors = [{ type: 'ProviderError', message: 'gone' }];
  assert.equal(readTrace({ errors }).text, '4');
  const unscored = readTrace({ ok: false, errors, rewards: { a: null } });
  assert.deepEqual([unscored.text, unscored.own.scores], ['4', {}]);
  const failed = { ok: false, stop_condition: 'provider_error', errors, rewards: {} };
  assert.equal(readTrace(failed).text, null);
  assert.equal(readTrace({ ...failed, nodes: [{ sampled: false, message: assistant('an example') }] }).text, null);
  const none = { scores: {}, completions: 1 };
  assert.deepEqual(read({ task, traces: [], errors }), [{ ...whole, task: null, text: null, own: none }]);

  const judge = { task: { type: 'J', hash: 'j', data: { prompt: 'Is it right?' } }, nodes: [said('yes')] };
  assert.deepEqual(read({ env: { id: 'sums' }, task, traces: [trace, judge, trace] }), [whole, whole]);
  assert.match(refuse({ task, traces: [judge] }), /no trace of its task/);
  assert.match(refuse({ traces: [{ nodes: [said('4')] }] }), /no reference answer/);
  const example = { sampled: false, message: assistant('an example') };
  assert.match(refuse({ task, traces: [{ ...trace, nodes: [example] }] }), /no message of the assistant/);
});

test('3: lighteval 0.13', () => {
  const doc = { query: 'Q', choices: ['no', 'so \\boxed{\\frac12}'], gold_index: [1], id: '', task_name: 'math_500|0' };
  const texts = ['0.5', '0.4'];
  const detail = { doc, model_response: { text: texts, text_post_processed: null }, metric: { 'avg@n:n=2': 0.5 } };
  const own = { scores: { 'avg@n:n=2': 0.5 }, completions: 2 };
  const shared = { problem: 'Q', task: 'math_500|0', golds: ['\\frac12'], isTruncated: false, own };
  assert.deepEqual(read(detail), [
    { ...shared, text: '0.5' },
    { ...shared, text: '0.4' },
  ]);
  const processed = { text: ['<think>1</think>2', '3'], text_post_processed: ['2', null] };
  assert.deepEqual(
    read({ ...detail, model_response: processed }).map(({ text }) => text),
    ['2', ''],
  );
  assert.equal(read({ ...detail, doc: { ...doc, id: '12', gold_index: 0 } })[0]!.problem, '12');
  assert.deepEqual(read({ ...detail, doc: { ...doc, gold_index: [0, 1] } })[0]!.golds, ['no', '\\frac12']);
  assert.deepEqual(read({ ...detail, doc: { ...doc, choices: [['a', 'b']], gold_index: 0 } })[0]!.golds, ['a', 'b']);
  assert.match(refuse({ doc, model_response: { text: [], logprobs: [-1] } }), /only generative tasks/);
  for (const gold_index of [9, [1, 9], []])
    assert.match(refuse({ doc: { ...doc, gold_index }, model_response: { text: ['a'] } }), /gold_index/);
});

test('4: plain rows', () => {
  const own = { scores: {}, completions: 1 };
  const base = { problem: 'Q', task: null, golds: ['4'], isTruncated: false, own };
  assert.deepEqual(read({ question: 'Q', ground_truth: 4, output: 'four' }), [{ ...base, text: 'four' }]);
  assert.deepEqual(
    read({ problem: 'Q', answer: 'x\n#### 4', completions: ['a', 'b'], correct: true }),
    ['a', 'b'].map((text) => ({ ...base, text, own: { scores: { correct: 1 }, completions: 2 } })),
  );
  assert.deepEqual(read({ target: ['4', 4, 'four'], output: 'four' })[0]!.golds, ['4', 'four']);
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
  assert.match(refuse({ completion: 'x', answer: [] }), /no reference answer/);
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
          for (const { text, golds } of parsed.completions) {
            assert.ok(text === null || (typeof text === 'string' && golds.length > 0));
            assert.ok(golds.every((gold) => typeof gold === 'string'));
          }
      },
    ),
  );
});
