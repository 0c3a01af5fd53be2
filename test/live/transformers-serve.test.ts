/**
 * `transformers serve` as a teacher, on a CPU and with a tiny random model made here. Needs a Python with
 * `transformers[serving]` and torch (5.24.0 and 2.15.0 are known to work); name it in PARALLEL_R1_TRANSFORMERS_PYTHON.
 *
 * 1. `generate --samples 2` stores two different answers per problem of a server that ignores `n`, each with a code of the
 *    filters and the tokens it took.
 * 2. The name of another model ends the run with the server's words, and no problem is marked as asked.
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ANSWER_TOKENS, checkTwoSamples, generateLive } from '../support/live-generate.ts';
import { type LiveServer, startLiveServer } from '../support/live-server.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const PYTHON = process.env.PARALLEL_R1_TRANSFORMERS_PYTHON;
const skip = PYTHON === undefined && 'set PARALLEL_R1_TRANSFORMERS_PYTHON';

const folder = makeTempFolder('transformers-serve');
let server: LiveServer | undefined;

test.before(async () => {
  if (skip !== false) return;
  server = await startLiveServer({
    python: PYTHON!,
    folder,
    toArgs: (model, port) => [
      ...['-m', 'transformers.cli.transformers', 'serve', model],
      ...['--host', '127.0.0.1', '--port', String(port), '--device', 'cpu'],
    ],
  });
});

test.after(() => server?.close());

test('1. two samples per problem', { skip }, async () => {
  const run = await generateLive(server!, { folder, name: 'samples', kind: 'openai', samples: 2 });
  checkTwoSamples(run);
  for (const { completionTokens } of run.attempts) {
    assert.ok(completionTokens! > 0 && completionTokens! <= ANSWER_TOKENS, `${completionTokens} tokens`);
  }
});

test('2. a model it does not serve', { skip }, async () => {
  const other = { ...server!, model: 'nobody/nothing' };
  const { result, attempts } = await generateLive(other, { folder, name: 'other', kind: 'openai' });
  assert.equal(result.code, 1);
  assert.match(result.stderr, /Server is pinned to '.*tiny-model'; requested 'nobody\/nothing'/);
  assert.equal(attempts.length, 0);
});
