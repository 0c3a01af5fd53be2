import type { Engine, TokenizeRequest } from '../../src/ports/engine.ts';
import { lackOf, type OpenAiKind } from './capabilities.ts';
import type { HttpWire } from './http-wire.ts';
import { completeByStream } from './streamed-completion.ts';
import { TextPieces } from './text-pieces.ts';
import { toText } from './text-stops.ts';
import { completeByTgi, renderByTgi } from './tgi-generate.ts';

/** Calls of a server that takes and gives text only: ids are pieces of text, made and read here. */
export function createTextDialect(
  kind: OpenAiKind,
  wire: HttpWire,
  eosTexts: readonly string[],
): Pick<Engine, 'complete' | 'tokenize' | 'detokenize' | 'loadWeights' | 'unloadWeights'> {
  const pieces = new TextPieces(eosTexts);
  const render = async ({ model, input }: TokenizeRequest, signal: AbortSignal | undefined): Promise<string> => {
    if ('text' in input) return input.text;
    const templated = kind === 'tgi' ? await renderByTgi(wire, model, input.userMessage, signal) : null;
    // Without a template the line end alone tells where the question is over.
    return templated ?? `${input.userMessage}\n`;
  };
  const refuse = async () => {
    throw lackOf(kind, wire.root, 'loadWeights');
  };
  const complete = kind === 'tgi' ? completeByTgi : completeByStream;
  return {
    complete: async (request, signal) => complete(wire, pieces, request, signal),
    tokenize: async (request, signal) => pieces.encode(await render(request, signal)),
    detokenize: async (_model, ids) => toText(wire.siteOf('text of', '/'), pieces, ids),
    loadWeights: refuse,
    unloadWeights: refuse,
  };
}
