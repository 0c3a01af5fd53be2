"""Makes a small Qwen3 that can do some word sums: make-qwen3.py ROWS.jsonl FOLDER

A row is {"problem", "answer", "target"}, and "heldout": true where it is not trained on. The tokenizer is byte-level BPE
made from the rows, digits one token each, with the six tags as special tokens that no target holds. Training ends when
the share of right answers to the held-out problems, sampled at temperature 1, reaches TARGET_ACCURACY: enough to learn from, with room
left. Needs torch, transformers and tokenizers; loads nothing from anywhere.
"""

import json
import os
import sys
import time

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

TAGS = ["<Parallel>", "</Parallel>", "<Path>", "</Path>", "<Summary>", "</Summary>"]
START, END, PAD = "<|im_start|>", "<|im_end|>", "<|endoftext|>"
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
VOCABULARY, POSITIONS = 512, 1024
TARGET_ACCURACY, CHECK_EVERY, MAX_STEPS, BATCH = 0.4, 50, 6000, 64
LEARNING_RATE, WARM_UP = 3e-3, 50
ANSWER_TOKENS = 64


def make_tokenizer(texts):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[PAD, START, END, *TAGS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        additional_special_tokens=[START, *TAGS],
        chat_template=TEMPLATE,
        model_max_length=POSITIONS,
    )


def make_model(tokenizer):
    torch.manual_seed(7)
    config = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=96,
        intermediate_size=256,
        num_hidden_layers=3,
        num_attention_heads=3,
        num_key_value_heads=3,
        head_dim=32,
        max_position_embeddings=POSITIONS,
        tie_word_embeddings=False,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=None,
    )
    model = Qwen3ForCausalLM(config).to(torch.float32)
    # Without do_sample a temperature sent with a request changes nothing.
    model.generation_config = GenerationConfig(
        do_sample=True, top_k=0, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    return model


def encode_prompt(tokenizer, row):
    messages = [{"role": "user", "content": row["problem"]}]
    text = tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
    return tokenizer(text, add_special_tokens=False).input_ids


def encode_rows(tokenizer, rows):
    """Ids and labels (-100 outside the target), padded on the right to one width."""
    pairs = []
    for row in rows:
        prompt = encode_prompt(tokenizer, row)
        target = tokenizer(row["target"], add_special_tokens=False).input_ids + [tokenizer.eos_token_id]
        pairs.append((prompt + target, [-100] * len(prompt) + target))
    width = max(len(ids) for ids, _ in pairs)
    pad = lambda values, filler: values + [filler] * (width - len(values))
    ids = torch.tensor([pad(ids, tokenizer.pad_token_id) for ids, _ in pairs])
    return ids, torch.tensor([pad(labels, -100) for _, labels in pairs])


def measure_accuracy(model, tokenizer, rows):
    prompts = [encode_prompt(tokenizer, row) for row in rows]
    width = max(map(len, prompts))
    ids = torch.tensor([[tokenizer.pad_token_id] * (width - len(prompt)) + prompt for prompt in prompts])
    mask = (ids != tokenizer.pad_token_id).long()
    with torch.no_grad():
        answers = model.generate(input_ids=ids, attention_mask=mask, max_new_tokens=ANSWER_TOKENS)[:, width:]
    texts = tokenizer.batch_decode(answers, skip_special_tokens=True)
    return sum(text.endswith(f"Final Answer: {row['answer']}") for text, row in zip(texts, rows)) / len(rows)


def train(model, tokenizer, ids, labels, heldout):
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.98), weight_decay=0.01)
    started = time.monotonic()
    for step in range(1, MAX_STEPS + 1):
        optimizer.param_groups[0]["lr"] = LEARNING_RATE * min(1, step / WARM_UP)
        chosen = torch.randint(len(ids), (BATCH,))
        loss = model(input_ids=ids[chosen], labels=labels[chosen]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if step % CHECK_EVERY == 0:
            accuracy = measure_accuracy(model, tokenizer, heldout)
            seconds = time.monotonic() - started
            print(f"step {step} of at most {MAX_STEPS}, {seconds:.0f} s: loss {loss.item():.3f}, {accuracy:.2f} right", flush=True)
            if accuracy >= TARGET_ACCURACY:
                return
    sys.exit(f"the model is below {TARGET_ACCURACY} right answers after {MAX_STEPS} steps")


def bind_tags(model, tokenizer, labels):
    """Gives each tag rows like those of trained tokens, another one each. As training left them, pushed away from every answer, they
    are out of reach for adapters of other matrices."""
    used = labels.unique()
    used = used[used >= 0]
    with torch.no_grad():
        for matrix in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
            mean, spread = matrix[used].mean(0), matrix[used].std(0)
            for row in tokenizer.convert_tokens_to_ids(TAGS):
                matrix[row] = mean + spread * torch.randn_like(mean)


def main(file, folder):
    with open(file, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    heldout = [row for row in rows if row.get("heldout")]
    rows = [row for row in rows if not row.get("heldout")]
    words = [text for row in rows for text in (row["problem"], row["target"])]
    tokenizer = make_tokenizer([*words, *["user\n", "assistant\n"] * 1000])
    model = make_model(tokenizer)
    print(f"{sum(p.numel() for p in model.parameters()) / 1e6:.2f} M parameters, vocabulary of {len(tokenizer)}", flush=True)
    ids, labels = encode_rows(tokenizer, rows)
    train(model, tokenizer, ids, labels, heldout)
    bind_tags(model, tokenizer, labels)
    unfinished = f"{folder}.unfinished"
    model.save_pretrained(unfinished)
    tokenizer.save_pretrained(unfinished)
    os.rename(unfinished, folder)


main(*sys.argv[1:])
