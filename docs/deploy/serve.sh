#!/usr/bin/env bash
# Sourced by the scripts beside it: starts servers, waits for them, runs the controller to its end, ends the servers.
set -euo pipefail
MODEL=${MODEL:?a model folder that both servers load, its six tags single tokens}
STATE=${STATE:-$PWD/state}
DEPLOY=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "$STATE/checkpoints" "$STATE/handed-over"
SERVERS=()

end_servers() {
  if ((${#SERVERS[@]} > 0)); then kill "${SERVERS[@]}" 2>/dev/null || true; fi
}
trap end_servers EXIT

# serve NAME COMMAND...: starts a server, its log in $STATE/NAME.log.
serve() {
  local log="$STATE/$1.log"
  shift
  "$@" >"$log" 2>&1 &
  SERVERS+=($!)
}

# await URL...: waits until each answers; ends with the last lines of the logs when a server has ended.
await() {
  local url
  for url in "$@"; do
    until curl -sf -o /dev/null "$url"; do
      if ! kill -0 "${SERVERS[@]}" 2>/dev/null; then
        tail -n 20 "$STATE"/*.log >&2
        exit 1
      fi
      sleep 2
    done
  done
}

# control CONFIG SETTING...: doctor, then the run, or its resumption where $STATE holds one. TERM and USR1 stop it at a
# clean place; Ctrl-C reaches it directly.
control() {
  local config="$DEPLOY/$1" settings=() one run code=0
  shift
  for one in "engine.model=$MODEL" "trainer.handover.directory=$STATE/handed-over" "$@"; do settings+=(--set "$one"); done
  if [[ -e "$STATE/runs.db" ]]; then
    parallel-r1 resume --db "$STATE/runs.db" &
  else
    parallel-r1 doctor --config "$config" "${settings[@]}"
    parallel-r1 run --config "$config" --db "$STATE/runs.db" "${settings[@]}" &
  fi
  run=$!
  trap : INT
  trap 'kill -INT "$run" 2>/dev/null || true' TERM USR1
  while kill -0 "$run" 2>/dev/null; do
    code=0
    wait "$run" || code=$?
  done
  return "$code"
}
