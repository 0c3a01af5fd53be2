import { EmbeddedLmError, type LossSequence, type ModelShape, type SampleRequest } from './contract.ts';

/** What would make a kernel read or write outside its buffers is refused here, whatever a caller checked before. */

/** Throws `too_long`, `unknown_token` or `bad_request`. */
export function checkSequences(sequences: readonly LossSequence[], shape: ModelShape): void {
  sequences.forEach(({ tokens, targets, positionIds, attnPath, weights, logprobs, advantages }, i) => {
    const name = `sequence ${i}`;
    if (tokens.length === 0) throw new EmbeddedLmError('bad_request', `${name} is empty`);
    if (tokens.length > shape.maxLength) throw tooLong(name, tokens.length, shape);
    for (const list of [targets, positionIds, attnPath, weights, logprobs, advantages]) {
      if (list !== undefined && list.length !== tokens.length) {
        throw new EmbeddedLmError('bad_request', `${name}: lists of ${tokens.length} and ${list.length} entries`);
      }
    }
    checkTokens(tokens, shape, name);
    checkTokens(targets, shape, name);
    checkPositions(positionIds, shape, name);
  });
}

/** Throws `too_long`, `unknown_token` or `bad_request`. */
export function checkSample(request: SampleRequest, shape: ModelShape): void {
  const { prompt, n, maxTokens, positionIds, attnPath, temperature, topP } = request;
  if (prompt.length === 0) throw new EmbeddedLmError('bad_request', 'the prompt is empty');
  if (prompt.length + maxTokens > shape.maxLength)
    throw tooLong('prompt and completion', prompt.length + maxTokens, shape);
  if (!Number.isInteger(n) || n < 1 || !Number.isInteger(maxTokens) || maxTokens < 1) {
    throw new EmbeddedLmError('bad_request', `n is ${n}, maxTokens ${maxTokens}; both must be 1 or more`);
  }
  if (!(temperature >= 0) || !(topP > 0 && topP <= 1)) {
    throw new EmbeddedLmError('bad_request', `temperature is ${temperature}, topP ${topP}; out of range`);
  }
  checkTokens(prompt, shape, 'the prompt');
  // Without a stop token that exists every sample would run to its cap, which looks like a model that learnt nothing.
  checkTokens(request.stopTokenIds, shape, 'stopTokenIds');
  for (const list of [positionIds, attnPath]) {
    if (list !== undefined && list.length !== prompt.length) {
      throw new EmbeddedLmError(
        'bad_request',
        `the prompt has ${prompt.length} tokens, its structure ${list.length} entries`,
      );
    }
  }
  checkPositions(positionIds, shape, 'the prompt');
  const last = positionIds?.reduce((most, position) => Math.max(most, position), 0) ?? prompt.length - 1;
  if (last + 1 + maxTokens > shape.maxLength) throw tooLong('positions', last + 1 + maxTokens, shape);
}

function tooLong(what: string, length: number, shape: ModelShape): EmbeddedLmError {
  return new EmbeddedLmError('too_long', `${what}: ${length} tokens, the model has ${shape.maxLength} positions`);
}

function checkTokens(ids: readonly number[], shape: ModelShape, name: string): void {
  for (const id of ids) {
    if (Number.isInteger(id) && id >= 0 && id < shape.usedVocab) continue;
    throw new EmbeddedLmError(
      'unknown_token',
      `${name}: token id ${id} is outside the vocabulary of ${shape.usedVocab}`,
    );
  }
}

function checkPositions(positions: readonly number[] | undefined, shape: ModelShape, name: string): void {
  for (const position of positions ?? []) {
    if (Number.isInteger(position) && position >= 0 && position < shape.maxLength) continue;
    throw new EmbeddedLmError('bad_request', `${name}: position ${position} is outside 0 to ${shape.maxLength - 1}`);
  }
}
