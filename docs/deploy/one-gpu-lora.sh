#!/usr/bin/env bash
# One machine with one GPU, LoRA: vLLM and SkyRL (JAX) share the card, the controller runs beside them.
source "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

VLLM_ALLOW_RUNTIME_LORA_UPDATING=True serve vllm vllm serve "$MODEL" --host 127.0.0.1 --port 8000 \
  --generation-config vllm --enable-lora --max-lora-rank 32 --max-loras 2 --max-cpu-loras 4 \
  --enable-prompt-tokens-details --gpu-memory-utilization 0.45

XLA_PYTHON_CLIENT_MEM_FRACTION=0.45 serve skyrl python -m skyrl.tinker.api --host 127.0.0.1 --port 8001 \
  --base-model "$MODEL" --backend jax \
  --backend-config '{"max_lora_adapters": 4, "max_lora_rank": 32, "train_micro_batch_size": 4}' \
  --checkpoints-base "$STATE/checkpoints" --database-url "sqlite:///$STATE/skyrl.db"

await http://127.0.0.1:8000/health http://127.0.0.1:8001/api/v1/healthz
control lora.yaml
