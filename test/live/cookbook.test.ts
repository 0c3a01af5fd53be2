/**
 * The minimal loops of tinker-cookbook against the embedded server, on the real tiny transformer. Needs a Python with
 * `tinker` and `tinker-cookbook[math-rl]` (0.38.0 with 0.5.8 is known to work); name it in PARALLEL_R1_TINKER_PYTHON.
 * Their code, defaults and checkpoints' time to live are theirs; data, tokenizer and renderer are stand-ins.
 *
 * 1. `sl_loop` runs to its end, lowers its own loss, saves, and called again goes on behind the last save, moments
 *    included.
 * 2. `rl_loop` runs to its end: every batch samples from weights that were saved without a name.
 * 3. Six scripts in a row find room: the models of those that ended are gone.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { startEmbeddedServer } from '../../adapters/embedded-lm/server/serve-embedded-lm.ts';
import { generateWordSums } from '../../src/core/word-sums/generate.ts';
import { writeParallelSolution } from '../../src/core/word-sums/solutions.ts';
import { parseWordSum } from '../../src/core/word-sums/wording.ts';
import { makeFolder } from '../support/embedded-requests.ts';

const PYTHON = process.env.PARALLEL_R1_TINKER_PYTHON;

const SCRIPT = String.raw`
import faulthandler, json, sys, urllib.request
# A loop that hangs ends with what each of its threads waits for, before the test gives up on it.
faulthandler.dump_traceback_later(540, exit=True)
import datasets, torch
from tinker import types

which, url, key, rows_file, log, steps = sys.argv[1:]
MODEL = "embedded-base"

def post(route, body):
    headers = {"content-type": "application/json", "authorization": f"Bearer {key}"}
    request = urllib.request.Request(url + route, json.dumps({"model": MODEL, **body}).encode(), headers)
    return json.loads(urllib.request.urlopen(request).read())

class Tokenizer:
    all_special_ids = [0]
    def encode(self, text, add_special_tokens=False):
        return post("/tokenize", {"prompt": text})["tokens"]
    def decode(self, ids, skip_special_tokens=False):
        return post("/detokenize", {"tokens": [int(i) for i in ids]})["prompt"]

class Renderer:
    """The last question alone; an answer counts as 1 where its length is odd, so that groups differ."""
    def build_generation_prompt(self, messages):
        question = messages[-1]["content"].split(" Provide a numerical answer")[0]
        return types.ModelInput.from_ints(Tokenizer().encode(question))
    def get_stop_sequences(self):
        return [0]
    def parse_response(self, tokens):
        return {"role": "assistant", "content": "\\boxed{%d}" % (len(tokens) % 2)}, True
    def build_supervised_example(self, messages, train_on_what=None):
        prompt = Tokenizer().encode(messages[0]["content"])
        target = Tokenizer().encode(messages[-1]["content"]) + [0]
        weights = torch.tensor([0.0] * len(prompt) + [1.0] * len(target))
        return types.ModelInput.from_ints(prompt + target), weights

rows = [json.loads(line) for line in open(rows_file)]
train = datasets.Dataset.from_list(rows)
datasets.load_dataset = lambda *names: datasets.DatasetDict(train=train)

import importlib
loop = importlib.import_module(f"tinker_cookbook.recipes.{which}_loop")
loop.get_tokenizer = lambda name: Tokenizer()
loop.model_info.get_recommended_renderer_name = lambda name: "stand-in"
loop.renderers.get_renderer = lambda name, tokenizer: Renderer()
more = {"group_size": 8, "max_tokens": 24} if which == "rl" else {}
loop.main(loop.Config(base_url=url, model_name=MODEL, batch_size=8, lora_rank=8, learning_rate=3e-3, log_path=log,
                      max_steps=int(steps), save_every=3, **more))
metrics = [json.loads(line) for line in open(log + "/metrics.jsonl")]
print(json.dumps([line for line in metrics if "train_mean_nll" in line or "reward/total" in line]))
`;

function writeRows(file: string): void {
  const rows = generateWordSums({ seed: 3, level: 'easy', count: 64, split: 'train' }).map(({ text }) => ({
    question: text,
    answer: '#### 1',
    messages: [
      { role: 'user', content: text },
      { role: 'assistant', content: writeParallelSolution(parseWordSum(text)!.operands) },
    ],
  }));
  writeFileSync(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

test('the loops of the cookbook', { skip: PYTHON === undefined && 'set PARALLEL_R1_TINKER_PYTHON' }, async (t) => {
  const apiKey = 'tml-only-of-this-test';
  const folder = await makeFolder(t);
  const server = await startEmbeddedServer({ threads: 1, stateDir: path.join(folder, 'state'), seed: 1, apiKey });
  t.after(() => server.close());
  const rows = path.join(folder, 'rows.jsonl');
  writeRows(rows);
  const env = { ...process.env, TINKER_API_KEY: apiKey, TINKER_TELEMETRY: '0', HF_HUB_OFFLINE: '1' };
  const run = async (loop: string, log: string, steps: number): Promise<Record<string, number>[]> => {
    const args = ['-W', 'ignore', '-c', SCRIPT, loop, server.url, apiKey, rows, path.join(folder, log), String(steps)];
    const { stdout } = await promisify(execFile)(PYTHON!, args, { env, timeout: 600_000, maxBuffer: 2 ** 26 });
    return JSON.parse(stdout.trim().split('\n').at(-1)!);
  };
  const first = await run('sl', 'sl', 4);
  assert.equal(first.length, 4);
  assert.ok(first[3]!.train_mean_nll! < first[0]!.train_mean_nll! * 0.9, JSON.stringify(first));
  // As if it had been killed before its last save, which says that all is done.
  const saves = path.join(folder, 'sl', 'checkpoints.jsonl');
  writeFileSync(saves, `${readFileSync(saves, 'utf8').split('\n')[0]}\n`);
  const resumed = await run('sl', 'sl', 6);
  assert.deepEqual(
    resumed.map((line) => line['progress/batch'] ?? line.step),
    [0, 1, 2, 3, 3, 4, 5],
  );
  assert.equal(resumed[4]!.train_mean_nll, resumed[3]!.train_mean_nll, 'the saved weights, to the digit');

  const rewarded = await run('rl', 'rl', 4);
  assert.equal(rewarded.length, 4);
  assert.ok(rewarded.every((line) => line['reward/total']! > 0 && line['reward/total']! < 1));
  for (const log of ['a', 'b', 'c']) assert.equal((await run('sl', log, 1)).length, 1);
});
