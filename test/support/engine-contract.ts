/** What every engine must do, whatever server is behind it. */
import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import { EngineError } from '../../src/errors.ts';
import type { CompletionRequest, Engine } from '../../src/ports/engine.ts';

/** One engine under test and what its server knows. */
export interface EngineSubject {
  readonly engine: Engine;
  readonly model: string;
  readonly chatModel: string;
  /** Ids of a prompt. */
  readonly prompt: readonly number[];
  /** Text the tokenizer takes back unchanged. */
  readonly text: string;
  readonly userMessage: string;
  /** Ids some of which occur often. */
  readonly stopTokenIds: readonly number[];
  /** Path of completions, as errors name it. */
  readonly completionPath: string;
  /** Two places weights can be loaded from. */
  makeWeights(): Promise<readonly [string, string]>;
  /** While held, completions are taken but not answered. */
  hold(isHeld: boolean): void;
  /** Resolves when a held completion has reached the server. */
  arrived(): Promise<void>;
  /** Resolves when no completion is open at the server any more. */
  freed(): Promise<void>;
}

/** What an engine cannot do, each with the reason: that part of the contract is then another, or left out. */
export interface EngineExemptions {
  /** It gives text: ids are made of it, without log-probs, and are marked so. */
  readonly tokenIds?: string;
  /** Weights are refused by the name of the capability. */
  readonly loadWeights?: string;
  /** A model is not named to the server. */
  readonly unknownModel?: string;
  /** Health tells no version. */
  readonly version?: string;
  /** An abort ends the call, and the server goes on. */
  readonly freeing?: string;
}

/** Registers the contract. The subject is opened per test and closes with it; `skip` is the reason not to. */
export function runEngineContract(
  name: string,
  open: (t: TestContext) => Promise<EngineSubject>,
  cannot: EngineExemptions = {},
  skip: string | false = false,
): void {
  const check = (title: string, body: (subject: EngineSubject) => Promise<void>, reason?: string) =>
    test(`${name}: ${title}`, { skip: reason ?? skip }, async (t) => body(await open(t)));
  const ask = ({ model, prompt }: EngineSubject, patch: Partial<CompletionRequest> = {}): CompletionRequest => ({
    ...{ model, prompt, n: 4, maxTokens: 12, temperature: 1, topP: 1, seed: 7, stopTokenIds: [] },
    ...patch,
  });

  check('completions carry ids, log-probs and text, and follow the seed, not n', async (subject) => {
    const four = await subject.engine.complete(ask(subject));
    assert.equal(four.length, 4);
    assert.equal(subject.engine.capabilities.tokenIds, cannot.tokenIds === undefined);
    for (const { ids, logprobs, text, finish, retokenised = false } of four) {
      assert.ok(ids.length > 0);
      assert.equal(logprobs.length, ids.length);
      assert.equal(retokenised, cannot.tokenIds !== undefined);
      if (retokenised) assert.ok(logprobs.every(Number.isNaN));
      else assert.ok(ids.length <= 12 && logprobs.every((logprob) => logprob <= 0));
      // vLLM keeps back what is left of a character that the limit cut.
      assert.equal(text, (await subject.engine.detokenize(subject.model, ids)).replace(/\uFFFD+$/, ''));
      assert.ok(finish === 'length' || finish === 'stop');
    }
    const two = await subject.engine.complete(ask(subject, { n: 2 }));
    assert.deepEqual(two, four.slice(0, 2));
    const other = await subject.engine.complete(ask(subject, { n: 2, seed: 1000 }));
    assert.notDeepEqual(
      other.map(({ ids }) => ids),
      two.map(({ ids }) => ids),
    );
  });

  check('a stop token ends a completion and stays in it', async (subject) => {
    const { stopTokenIds } = subject;
    const completions = await subject.engine.complete(ask(subject, { n: 30, maxTokens: 40, stopTokenIds }));
    const stopped = completions.filter(({ ids }) => stopTokenIds.includes(ids.at(-1)!));
    assert.ok(stopped.length > 10, `${stopped.length} stopped`);
    for (const { ids, finish, text } of stopped) {
      assert.equal(finish, 'stop');
      assert.equal(
        ids.slice(0, -1).some((id) => stopTokenIds.includes(id)),
        false,
      );
      assert.equal(text, await subject.engine.detokenize(subject.model, ids));
    }
  });

  const namesModel = async (subject: EngineSubject) => {
    const error = await subject.engine.complete(ask(subject, { model: 'nobody' })).catch((error: unknown) => error);
    assert.ok(error instanceof EngineError);
    assert.equal(error.status, 404);
    assert.equal(error.retryable, false);
    assert.match(error.message, new RegExp(`^POST http://127\\.0\\.0\\.1:\\d+${subject.completionPath}: 404 .*nobody`));
  };
  check('a model nobody serves is a final error', namesModel, cannot.unknownModel);

  check('text survives the tokenizer, and a user message becomes a prompt', async (subject) => {
    const { engine, model, text, userMessage } = subject;
    const ids = await engine.tokenize({ model, input: { text } });
    assert.equal(await engine.detokenize(model, ids), text);
    const prompt = await engine.tokenize({ model, input: { userMessage } });
    assert.ok((await engine.detokenize(model, prompt)).includes(userMessage));
    assert.notDeepEqual(prompt, await engine.tokenize({ model, input: { text: userMessage } }));
  });

  check('chat returns n answers', async ({ engine, chatModel, userMessage }) => {
    const request = { model: chatModel, prompt: userMessage, maxTokens: 100, temperature: 1, topP: 1, seed: 3 };
    const three = await engine.chat({ ...request, n: 3 });
    assert.equal(three.length, 3);
    assert.ok(three.every(({ content, finish }) => content.length > 0 && finish.length > 0));
    assert.ok(three.every(({ promptTokens, completionTokens }) => promptTokens! > 0 && completionTokens !== 0));
    const [one] = await engine.chat({ ...request, n: 1 });
    assert.equal(one?.content, three[0]?.content);
    assert.ok((one?.completionTokens ?? 0) > 0);
  });

  const takesWeights = async (subject: EngineSubject) => {
    const { engine, model } = subject;
    const [first, second] = await subject.makeWeights();
    await engine.loadWeights('run-v1', first);
    await engine.loadWeights('run-v1', first);
    const listed = await engine.listModels();
    assert.equal(listed.find(({ id }) => id === model)?.parent, null);
    const entry = listed.find(({ id }) => id === 'run-v1');
    assert.equal(entry?.parent, model);
    // vLLM tells the context of its base model only.
    assert.ok(entry?.maxLength === null || entry!.maxLength > 0);
    const byBase = await engine.complete(ask(subject));
    const byLoaded = await engine.complete(ask(subject, { model: 'run-v1' }));
    assert.notDeepEqual(byLoaded, byBase);
    await assert.rejects(engine.loadWeights('run-v1', second), (error) => {
      assert.ok(error instanceof EngineError && !error.retryable);
      assert.match(error.message, /run-v1 already names weights from /);
      return true;
    });
    await engine.unloadWeights('run-v1');
    await engine.unloadWeights('run-v1');
    assert.equal(
      (await engine.listModels()).some(({ id }) => id === 'run-v1'),
      false,
    );
    await engine.loadWeights('run-v1', second);
  };
  check('weights are loaded once per name and place, listed, served and unloaded', takesWeights, cannot.loadWeights);

  const refusesWeights = async ({ engine }: EngineSubject) => {
    assert.equal(engine.capabilities.loadWeights, false);
    for (const call of [engine.loadWeights('run-v1', '/weights'), engine.unloadWeights('run-v1')]) {
      await assert.rejects(call, (error) => {
        assert.ok(error instanceof EngineError && !error.retryable);
        assert.match(error.message, /engine\.kind \w+ does not offer .*capability loadWeights\): use vllm/);
        return true;
      });
    }
  };
  if (cannot.loadWeights !== undefined) check('weights are refused by name', refusesWeights);

  check('health names the version', async ({ engine }) => {
    const { version } = await engine.checkHealth();
    if (cannot.version !== undefined) assert.equal(version, null);
    else assert.ok(version !== null && version.length > 0);
  });

  check('an abort rejects with its reason and frees the server', async (subject) => {
    subject.hold(true);
    const stop = new AbortController();
    const reason = new Error('stop taking work');
    const pending = Array.from({ length: 20 }, () => subject.engine.complete(ask(subject), stop.signal));
    const settled = Promise.allSettled(pending);
    await subject.arrived();
    stop.abort(reason);
    for (const outcome of await settled) assert.ok(outcome.status === 'rejected' && outcome.reason === reason);
    if (cannot.freeing === undefined) await subject.freed();
    subject.hold(false);
    await assert.rejects(subject.engine.complete(ask(subject), stop.signal), (error) => error === reason);
    assert.equal((await subject.engine.complete(ask(subject))).length, 4);
  });
}
