import { EngineError } from '../../errors.ts';
import type { Completion } from '../../ports/engine.ts';
import { packCompletion, unpackCompletion } from './packed-completion.ts';
import type { CallSpec, RolloutIo } from './rollout-io.ts';

/**
 * The completions of a call, in choice order: those that were stored under `name`, else the engine's, which are
 * stored before they are returned. An answer that comes after `signal` fired is not stored: what it belonged to may
 * be settled already. Rejects with `EngineError` when the engine did not do as asked: another number of them, a longer
 * one, one that goes on after a stop token.
 */
export async function askEngine(
  io: Pick<RolloutIo, 'answers' | 'complete'>,
  name: string,
  call: CallSpec,
  signal: AbortSignal,
): Promise<Completion[]> {
  const fresh: Completion[] = [];
  const kept = await io.answers.recall(name, async () => {
    const completions = await io.complete(call, signal);
    signal.throwIfAborted();
    checkCompletions(call, completions);
    fresh.push(...completions);
    return completions.map(packCompletion);
  });
  return fresh.length > 0 ? fresh : kept.map(unpackCompletion);
}

/**
 * An engine that answers something else than it was asked must not reach the budget, nor the trainer: what it writes
 * after a `</Path>` could look like paths that nobody ran.
 */
function checkCompletions({ n, maxTokens, stopTokenIds }: CallSpec, completions: readonly Completion[]): void {
  if (completions.length !== n) throw new EngineError(`the engine gave ${completions.length} completions of ${n}`);
  for (const { ids, logprobs, retokenised } of completions) {
    // A server of text counts in its own tokens, these ids are pieces of its text.
    if (!retokenised && ids.length > maxTokens) {
      throw new EngineError(`the engine gave ${ids.length} tokens, ${maxTokens} were asked for at most`);
    }
    if (logprobs.length !== ids.length) {
      throw new EngineError(`the engine gave ${logprobs.length} log-probs for ${ids.length} tokens`);
    }
    const passed = ids.findIndex((id) => stopTokenIds.includes(id));
    if (passed >= 0 && passed < ids.length - 1) {
      throw new EngineError(`the engine went on after stop token ${ids[passed]}: it does not heed stop_token_ids`);
    }
  }
}
