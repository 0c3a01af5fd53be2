import type { TokenizeRequest } from '../../src/ports/engine.ts';
import { wrongShape } from './failures.ts';
import type { HttpWire } from './http-wire.ts';
import { readObject } from './read-object.ts';

/**
 * POST `/tokenize`: the ids of plain text without anything added, or of one user message put through the chat
 * template up to where the answer begins (protocols 5.2).
 */
export async function tokenize(
  wire: HttpWire,
  { model, input }: TokenizeRequest,
  signal: AbortSignal | undefined,
): Promise<number[]> {
  const content =
    'text' in input
      ? { prompt: input.text }
      : { messages: [{ role: 'user', content: input.userMessage }], add_generation_prompt: true };
  const answer = await wire.sendForJson('POST', '/tokenize', { model, ...content, add_special_tokens: false }, signal);
  const tokens = readObject(answer)?.tokens;
  if (!Array.isArray(tokens) || !tokens.every((id) => Number.isInteger(id) && id >= 0)) {
    throw wrongShape(wire.siteOf('POST', '/tokenize'), 'an object with tokens, an array of ids', answer);
  }
  return tokens;
}

/** POST `/detokenize`: text with special tokens kept. `extra` holds what a server needs to be told for that. */
export async function detokenize(
  wire: HttpWire,
  model: string,
  ids: readonly number[],
  extra: Readonly<Record<string, unknown>>,
  signal: AbortSignal | undefined,
): Promise<string> {
  const answer = await wire.sendForJson('POST', '/detokenize', { model, tokens: ids, ...extra }, signal);
  const body = readObject(answer);
  // vLLM calls the text `prompt`, SGLang calls it `text`.
  const text = body?.prompt ?? body?.text;
  if (typeof text !== 'string')
    throw wrongShape(wire.siteOf('POST', '/detokenize'), 'an object with prompt, a string', answer);
  return text;
}
