/**
 * `generate` against a server that has a chat endpoint and nothing else, through the command line:
 *  1. right answers become rows although nothing can count their tokens, and what is far too long is rejected
 *  2. of several samples each is a request with a seed of its own, and its tokens are stored
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { runCli } from '../support/cli-process.ts';
import { generateArgs, writeProblems } from '../support/cold-start-run.ts';
import { type Answer, json, routes, startFaultServer } from '../support/fault-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const folder = makeTempFolder('cold-start-chat-only');

const PROBLEMS = ['short', 'long'].map((id) => ({
  id,
  problem: `A ${id} street has one red house and two blue ones. How many houses has it?`,
  answer: '3',
  solution: 'One and two are 3.',
}));

const BLOCK = '<Parallel>\n<Path>\ncount to 3\n</Path>\n<Path>\nadd 1 and 2\n</Path>\n</Parallel>';

/** About 5,000 tokens before the block where the street is long. */
const answerChat: Answer = (response, request) => {
  const isLong = request.body.messages[0].content.includes('A long street');
  const before = 'We read the problem once more. '.repeat(isLong ? 650 : 1);
  const content = `${before}\n\n${BLOCK}\n<Summary>\nBoth give 3.\n</Summary>\n\nFinal Answer: 3`;
  const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
  json({ choices: [choice], usage: { prompt_tokens: 11, completion_tokens: 22 } })(response, request);
};

test('1, 2: a chat endpoint alone', async (t) => {
  const server = await startFaultServer(t, routes({ '/health': json({}), '/v1/chat/completions': answerChat }));
  const file = writeProblems(join(folder, 'problems.jsonl'), PROBLEMS);
  const db = join(folder, 'runs.db');
  const args = generateArgs({ db, file, url: `${server.url}/v1`, maxInFlight: 2 });
  const result = await runCli([...args, '--samples', '2', '--set', 'engine.kind=openai']);
  assert.equal(result.code, 0, result.stderr);
  using store = openRunStore(db, { readonly: true });
  const attempts = [...store.listAttempts(store.listRuns()[0]!.id, 0)];
  assert.deepEqual(
    attempts.map(({ problem, sample, status, code }) => [problem.id, sample, status, code].join(' ')).sort(),
    ['long 0 rejected too_long', 'long 1 rejected too_long', 'short 0 accepted ', 'short 1 accepted '],
  );
  assert.ok(attempts.every(({ promptTokens, completionTokens }) => promptTokens === 11 && completionTokens === 22));
  const seeds = server.seen.filter(({ path }) => path === '/v1/chat/completions').map(({ body }) => body.seed);
  assert.equal(new Set(seeds).size, 4);
});
