/**
 * Exports loaded by the packages that users train with. Needs a Python with `datasets`, and for the others `trl`, `verl`,
 * `llamafactory` (datasets 5.2.0, trl 1.16.0, verl 0.9.1, llamafactory 0.9.5 are known to work); name it in
 * PARALLEL_R1_READERS_PYTHON. A package that is not there is skipped with its name.
 *
 * 1. `datasets` loads the file of every format, and the folder through its card, with the texts as they were written.
 * 2. TRL takes `trl` and `text` for plain text, `trl-chat` and `messages` for conversations.
 * 3. verl: its SFT data set trains on the answer and on nothing of the prompt; its RL data set finds prompt and reference.
 * 4. LLaMA-Factory finds the file through `dataset_info.json`, and its converter gives prompt and answer.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { promisify } from 'node:util';
import { EXPORT_FORMATS, type SftRow } from '../../adapters/export-files/export-formats.ts';
import { exportRows } from '../../adapters/export-files/export-rows.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const PYTHON = process.env.PARALLEL_R1_READERS_PYTHON;
const skip = PYTHON === undefined ? 'set PARALLEL_R1_READERS_PYTHON to a Python with datasets' : false;

const PROMPT = 'Use <Parallel> and <Path>.\n\nHow many? \u2028 \u4e2d\u6587';
const TARGET =
  '<Parallel><Path>\none\n</Path><Path>\ntwo\n</Path></Parallel>\n<Summary>\n3\n</Summary>\n\nFinal Answer: 3';

function* rows(): Generator<SftRow> {
  for (let i = 0; i < 3; i += 1) {
    yield {
      ...{ id: `p${i}`, source: 'houses', problem: `How many? ${i}`, answer: '3', prompt: PROMPT, target: TARGET },
      ...{ blocks: 1, paths: 2, checker: 'strict', verifier: 'math/7', template: 'ab12', sample: 0, seed: i },
    };
  }
}

const folder = makeTempFolder('export-readers');

/** One folder for each format. */
function writeAll(): void {
  for (const format of EXPORT_FORMATS) {
    const out = join(folder, format);
    mkdirSync(out, { recursive: true });
    exportRows(rows(), {
      format,
      out,
      manifest: { name: 'houses', run: null, settings: {}, versions: {}, attempts: {}, licences: {} },
    });
  }
}

const HEAD = `
import importlib.util, json, os, sys
os.environ["HF_HUB_OFFLINE"] = "1"
folder, prompt, target, package = sys.argv[1:]
if importlib.util.find_spec(package) is None:
    print("MISSING " + package); sys.exit(0)
def load(name, file=None):
    import datasets
    file = file or ("data.parquet" if name == "verl" else "data.jsonl")
    kind = "parquet" if file.endswith("parquet") else "json"
    return datasets.load_dataset(kind, data_files=os.path.join(folder, name, file), split="train", cache_dir=folder + "/cache")
`;

async function run(
  t: { skip(reason: string): void; diagnostic(text: string): void },
  pack: string,
  script: string,
): Promise<void> {
  const args = ['-c', HEAD + script, folder, PROMPT, TARGET, pack];
  const { stdout } = await promisify(execFile)(PYTHON!, args, { maxBuffer: 64e6, cwd: folder });
  if (stdout.startsWith('MISSING')) t.skip(`this Python has no ${pack}`);
  else assert.match(stdout, /^fine$/m);
}

test('1: datasets', { skip }, async (t) => {
  writeAll();
  await run(
    t,
    'datasets',
    String.raw`
import datasets
pick = {
    "messages": lambda r: [m["content"] for m in r["messages"]],
    "sharegpt": lambda r: [m["value"] for m in r["conversations"]],
    "alpaca": lambda r: [r["instruction"], r["output"]],
    "trl": lambda r: [r["prompt"][:-1], r["completion"]],
    "trl-chat": lambda r: [r["prompt"][0]["content"], r["completion"][0]["content"]],
    "verl": lambda r: [m["content"] for m in r["messages"]],
    "text": lambda r: [r["prompt"], r["target"]],
}
for name, texts in pick.items():
    for data in (load(name), datasets.load_dataset(os.path.join(folder, name), split="train", cache_dir=folder + "/cache")):
        assert len(data) == 3, name
        for row in data:
            assert texts(row) == [prompt, target], (name, row)
assert load("text")[0]["text"] == prompt + "\n" + target
print("fine")
`,
  );
});

test('2: TRL', { skip }, async (t) => {
  writeAll();
  await run(
    t,
    'trl',
    `
from trl.data_utils import is_conversational
for name, chats in (("trl", False), ("text", False), ("trl-chat", True), ("messages", True)):
    assert is_conversational(load(name)[0]) is chats, name
print("fine")
`,
  );
});

/** A chat tokenizer without a network: every character is a token, every turn is framed by two special ones. */
const TOKENIZER = String.raw`
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast
letters = sorted(set(prompt + target + "userassistantsystem\n"))
vocab = {c: i for i, c in enumerate(["<|im_start|>", "<|im_end|>", "<pad>", "<unk>"] + letters)}
inner = Tokenizer(models.WordLevel(vocab, unk_token="<unk>"))
inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
tokenizer = PreTrainedTokenizerFast(tokenizer_object=inner, pad_token="<pad>", eos_token="<|im_end|>", unk_token="<unk>",
    additional_special_tokens=["<|im_start|>", "<|im_end|>"])
tokenizer.chat_template = "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
def show(ids):
    return "".join(tokenizer.convert_ids_to_tokens([int(i) for i in ids]))
`;

test('3: verl', { skip }, async (t) => {
  writeAll();
  await run(
    t,
    'verl',
    `${TOKENIZER}
from omegaconf import OmegaConf
from verl.utils.dataset.multiturn_sft_dataset import MultiTurnSFTDataset
config = OmegaConf.create({"max_length": 512, "pad_mode": "right", "truncation": "error"})
data = MultiTurnSFTDataset(os.path.join(folder, "verl", "data.parquet"), tokenizer, config)
assert len(data) == 3
row = data[0]
trained = show(row["input_ids"][row["loss_mask"].bool()])
assert trained.startswith(target + "<|im_end|>"), trained
assert "How many" in show(row["input_ids"]) and "How many" not in trained
from verl.utils.dataset.rl_dataset import RLHFDataset
config = OmegaConf.create({"prompt_key": "prompt", "max_prompt_length": 400, "filter_overlong_prompts": False, "truncation": "error", "return_raw_chat": True, "cache_dir": folder + "/cache"})
rl = RLHFDataset(data_files=os.path.join(folder, "verl", "data.parquet"), tokenizer=tokenizer, config=config)
row = rl[0]
assert row["data_source"] == "houses", row
assert row["reward_model"]["ground_truth"] == "3"
assert row["raw_prompt"][0]["content"] == prompt
print("fine")
`,
  );
});

test('4: LLaMA-Factory', { skip }, async (t) => {
  writeAll();
  await run(
    t,
    'llamafactory',
    String.raw`
from types import SimpleNamespace
from llamafactory.data.converter import get_dataset_converter
from llamafactory.data.parser import get_dataset_list
args = SimpleNamespace(media_dir=folder)
for name in ("messages", "sharegpt", "alpaca", "trl", "verl"):
    [entry] = get_dataset_list(["houses"], os.path.join(folder, name))
    row = load(name, entry.dataset_name)[0]
    given = get_dataset_converter(entry.formatting, entry, args)(row)
    asked = prompt + ("\n" if name == "trl" else "")
    assert [m["content"] for m in given["_prompt"]] == [asked], (name, given)
    assert [m["content"] for m in given["_response"]] == [target], (name, given)
[entry] = get_dataset_list(["houses"], os.path.join(folder, "text"))
given = get_dataset_converter(entry.formatting, entry, args)(load("text", entry.dataset_name)[0])
assert [m["content"] for m in given["_prompt"]] == [prompt + "\n" + target]
print("fine")
`,
  );
});
