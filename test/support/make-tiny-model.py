"""Writes a tiny random chat model to the folder named on the command line: two Qwen2 layers, a byte-level tokenizer that
knows the six tags as special tokens, and a ChatML template. Its answers are noise in which tags are frequent, so that
rollouts fork; it is there for the wire.

Needs torch, transformers and tokenizers; loads nothing from anywhere.
"""

import sys

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

TAGS = ["<Parallel>", "</Parallel>", "<Path>", "</Path>", "<Summary>", "</Summary>"]
FREQUENT = ["<Parallel>", "</Path>", "</Summary>"]
END, PAD = "<|im_end|>", "<|endoftext|>"
SPECIAL = [PAD, "<|im_start|>", END, *TAGS]
LINES = ["There are two ways to see this.", "Both ways lead to the same quantity.", "Final Answer: 42"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_tokenizer(max_length):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    tokenizer.train_from_iterator(
        LINES,
        trainers.BpeTrainer(vocab_size=384, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=["<|im_start|>", *TAGS],
        chat_template=TEMPLATE,
        model_max_length=max_length,
    )


def make_model(tokenizer, max_length):
    torch.manual_seed(7)
    config = Qwen2Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=max_length,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = Qwen2ForCausalLM(config).to(torch.float32)
    weigh_tokens(model, tokenizer.convert_tokens_to_ids(FREQUENT), tokenizer.eos_token_id)
    # Without do_sample a temperature sent with a request changes nothing.
    model.generation_config = GenerationConfig(
        do_sample=True, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def weigh_tokens(model, frequent, rare):
    """About 15 times as likely as another token, and as unlikely: one dimension, the same at every position, decides."""
    with torch.no_grad():
        model.model.embed_tokens.weight[:, 0] = 2.0
        model.lm_head.weight[:, 0] = 0.0
        model.lm_head.weight[frequent, 0] = 0.35
        model.lm_head.weight[rare, 0] = -0.35


def main(folder, max_length):
    tokenizer = make_tokenizer(max_length)
    make_model(tokenizer, max_length).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


main(sys.argv[1], int(sys.argv[2]))
