/** Prompts remembered; more than a step of rollouts has. */
const MAX_REMEMBERED = 4096;

/** Tokens that tell problems apart: the shortest prompt has about as many. */
const KEY_TOKENS = 14;

/**
 * Sends prompts with one beginning to one thread, where their keys and values are cached, and new
 * beginnings to the thread with the least to do. Changes no result.
 */
export class ThreadAffinity {
  readonly #threads = new Map<string, number>();

  choose(prompt: readonly number[], load: readonly number[]): number {
    const key = prompt.slice(0, KEY_TOKENS).join(' ');
    const thread = this.#threads.get(key) ?? load.indexOf(Math.min(...load));
    this.#threads.delete(key);
    this.#threads.set(key, thread);
    if (this.#threads.size > MAX_REMEMBERED) this.#threads.delete(this.#threads.keys().next().value!);
    return thread;
  }
}
