/** Remembers what the engine's tokenizer said, so that a text is asked for once per process. */
export interface TokenCache {
  get(key: string, ask: () => Promise<readonly number[]>): Promise<readonly number[]>;
}

/** Holds at most `maxEntries` answers; the oldest goes first. A failed question is not remembered. */
export function createTokenCache(maxEntries: number): TokenCache {
  const entries = new Map<string, Promise<readonly number[]>>();
  return {
    get(key, ask) {
      const known = entries.get(key);
      if (known !== undefined) return known;
      const answer = ask();
      entries.set(key, answer);
      answer.catch(() => entries.delete(key));
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value!);
      return answer;
    },
  };
}
