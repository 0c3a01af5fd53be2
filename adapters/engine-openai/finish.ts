/** How servers say that a text is complete, or was cut at the limit. Anything else means neither. */
const FINISHES: Readonly<Record<string, 'stop' | 'length'>> = {
  stop: 'stop',
  eos: 'stop',
  eos_token: 'stop',
  stop_sequence: 'stop',
  end_turn: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
};

/** Reads a finish reason: complete, cut at the limit, or null for anything that means neither, or is not known. */
export function readFinish(reason: unknown): 'stop' | 'length' | null {
  const word = typeof reason === 'string' ? reason.toLowerCase() : '';
  return Object.hasOwn(FINISHES, word) ? FINISHES[word]! : null;
}
