/** One thing looked at: what works, what does not, and what to do about it. */
export interface Finding {
  readonly area: 'engine' | 'tokenizer' | 'sampling' | 'teacher' | 'trainer' | 'recipe';
  readonly status: 'ok' | 'warn' | 'fail';
  readonly detail: string;
  /** What to do; null when nothing. */
  readonly fix: string | null;
}

/** Records what `look` returns as a good finding, what it throws as a failed one with the fix. False when it failed. */
export type Probe = (area: Finding['area'], fix: string, look: () => Promise<string>) => Promise<boolean>;
