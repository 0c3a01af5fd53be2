"""Writes LoRA adapters for the tiny model: python make-tiny-adapters.py MODEL FOLDER..., one per folder, each other weights.

They are large enough to change what is sampled. Needs torch, safetensors and what make-tiny-model.py left.
"""

import json
import os
import sys

import torch
from safetensors.torch import save_file

RANK = 8
MODULES = {"q_proj": "self_attn", "v_proj": "self_attn", "down_proj": "mlp"}


def make_weights(config, seed):
    generator = torch.Generator().manual_seed(seed)
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    weights = {}
    for layer in range(config["num_hidden_layers"]):
        for module, block in MODULES.items():
            width = inner if module == "down_proj" else hidden
            name = f"base_model.model.model.layers.{layer}.{block}.{module}"
            weights[f"{name}.lora_A.weight"] = torch.randn(RANK, width, generator=generator)
            weights[f"{name}.lora_B.weight"] = torch.randn(hidden, RANK, generator=generator)
    return weights


def main(model, folders):
    with open(os.path.join(model, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    for seed, folder in enumerate(folders):
        os.makedirs(folder)
        save_file(make_weights(config, seed), os.path.join(folder, "adapter_model.safetensors"))
        adapter = {
            "peft_type": "LORA",
            "task_type": "CAUSAL_LM",
            "base_model_name_or_path": model,
            "r": RANK,
            "lora_alpha": RANK,
            "lora_dropout": 0.0,
            "bias": "none",
            "target_modules": list(MODULES),
        }
        with open(os.path.join(folder, "adapter_config.json"), "w", encoding="utf-8") as file:
            json.dump(adapter, file)


main(sys.argv[1], sys.argv[2:])
