#!/usr/bin/env bash
# One machine with eight GPUs, LoRA: SkyRL (JAX) trains on GPUs 0 and 1, six vLLM sample on the others.
source "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

CUDA_VISIBLE_DEVICES=0,1 serve skyrl python -m skyrl.tinker.api --host 127.0.0.1 --port 8001 \
  --base-model "$MODEL" --backend jax \
  --backend-config '{"max_lora_adapters": 4, "max_lora_rank": 32, "tensor_parallel_size": 2, "train_micro_batch_size": 8}' \
  --checkpoints-base "$STATE/checkpoints" --database-url "sqlite:///$STATE/skyrl.db"

URLS=()
for gpu in 2 3 4 5 6 7; do
  CUDA_VISIBLE_DEVICES=$gpu VLLM_ALLOW_RUNTIME_LORA_UPDATING=True serve "vllm-$gpu" \
    vllm serve "$MODEL" --host 127.0.0.1 --port "80${gpu}0" \
    --generation-config vllm --enable-lora --max-lora-rank 32 --max-loras 2 --max-cpu-loras 4 \
    --enable-prompt-tokens-details
  URLS+=("http://127.0.0.1:80${gpu}0")
done

await "${URLS[@]/%//health}" http://127.0.0.1:8001/api/v1/healthz
control lora.yaml "engine.urls=[$(IFS=,; echo "${URLS[*]/%//v1}")]"
