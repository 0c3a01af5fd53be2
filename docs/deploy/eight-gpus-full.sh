#!/usr/bin/env bash
# One machine with eight GPUs, all weights: SkyRL (FSDP) trains on GPUs 0 to 3, four vLLM sample on the others and take
# every checkpoint whole. SkyRL starts engines of its own when it saves; they share the trainer's cards.
source "$(dirname "${BASH_SOURCE[0]}")/serve.sh"

CUDA_VISIBLE_DEVICES=0,1,2,3 serve skyrl python -m skyrl.tinker.api --host 127.0.0.1 --port 8001 \
  --base-model "$MODEL" --backend fsdp \
  --backend-config '{"trainer.placement.policy_num_gpus_per_node": 4, "generator.inference_engine.num_engines": 4}' \
  --checkpoints-base "$STATE/checkpoints" --database-url "sqlite:///$STATE/skyrl.db"

URLS=()
for gpu in 4 5 6 7; do
  # The development routes let anybody who reaches the port replace the weights: keep it on this machine.
  CUDA_VISIBLE_DEVICES=$gpu VLLM_SERVER_DEV_MODE=1 serve "vllm-$gpu" \
    vllm serve "$MODEL" --host 127.0.0.1 --port "80${gpu}0" --generation-config vllm --enable-prompt-tokens-details
  URLS+=("http://127.0.0.1:80${gpu}0")
done

await "${URLS[@]/%//health}" http://127.0.0.1:8001/api/v1/healthz
control full.yaml "engine.urls=[$(IFS=,; echo "${URLS[*]/%//v1}")]"
