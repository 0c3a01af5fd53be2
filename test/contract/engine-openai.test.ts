/**
 * The engine adapter under the contract of the port, on a stand-in for vLLM and on the embedded server.
 *
 * 1. Completions carry ids, log-probs and text; choice i follows the seed and not n.
 * 2. A stop token ends a completion and stays in it.
 * 3. A model nobody serves is a final error that names request and status.
 * 4. Text survives the tokenizer; a user message goes through the chat template.
 * 5. Chat returns exactly n answers.
 * 6. Weights load idempotently per (name, place), another place says "already", unloading what is gone succeeds.
 * 7. Health names the version.
 * 8. An abort rejects every call with the signal's reason, and the server sees it.
 */
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { openModel, startOnUnigram } from '../support/embedded-requests.ts';
import { runEngineContract } from '../support/engine-contract.ts';
import { createVllmDouble, DOUBLE_BASE } from '../support/engine-vllm-double.ts';
import { type SeenRequest, startFaultServer } from '../support/fault-server.ts';

runEngineContract('vllm', async (t) => {
  let isHeld = false;
  const held: SeenRequest[] = [];
  const double = createVllmDouble(() => isHeld);
  const server = await startFaultServer(t, (response, request) => {
    if (isHeld) held.push(request);
    double(response, request);
  });
  const engine = createOpenAiEngine({ kind: 'vllm', url: `${server.url}/v1/`, timeoutMs: 20_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  return {
    engine,
    ...{ model: DOUBLE_BASE, chatModel: DOUBLE_BASE, text: 'abba', userMessage: 'hello', stopTokenIds: [12, 13] },
    prompt: [11, 12, 13],
    completionPath: '/v1/completions',
    makeWeights: async () => ['/weights/a', '/weights/b'],
    hold: (held) => {
      isHeld = held;
    },
    arrived: async () => {
      while (held.length < 20) await server.next();
    },
    freed: async () => void (await Promise.all(held.map(({ hungUp }) => hungUp))),
  };
});

runEngineContract('embedded', async (t) => {
  const { url, lm } = await startOnUnigram(t);
  const engine = createOpenAiEngine({ kind: 'embedded', url, timeoutMs: 20_000 });
  t.after(() => engine[Symbol.asyncDispose]());
  const waitForRunning = async (isDone: (running: number) => boolean) => {
    while (!isDone(lm.stats().running)) await new Promise(setImmediate);
  };
  return {
    engine,
    ...{ model: 'embedded-base', chatModel: 'embedded-teacher', text: '<Parallel>', stopTokenIds: [2, 3, 4, 5] },
    userMessage: 'Dan has 18 keys, then makes 31. How many in all?',
    prompt: [11, 12, 13],
    completionPath: '/v1/completions',
    makeWeights: async () => {
      const model = await openModel(url, 99);
      const first = await model.run('save_weights_for_sampler', { seq_id: 1, path: 'v1' });
      const second = await model.run('save_weights_for_sampler', { seq_id: 2, path: 'v2' });
      return [first.path, second.path];
    },
    hold: (isHeld) => lm.hold(isHeld),
    arrived: () => waitForRunning((running) => running === 20 * 4),
    freed: () => waitForRunning((running) => running === 0),
  };
});
