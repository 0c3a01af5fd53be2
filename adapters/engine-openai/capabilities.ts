import { describeLack, type EngineAbility, type EngineKind } from '../../src/core/engine-kinds.ts';
import { EngineError } from '../../src/errors.ts';

/** Which server is behind the URL; `openai` is any server with OpenAI's completion or chat endpoint. */
export type OpenAiKind = Exclude<EngineKind, 'tinker'>;

/** The final error of a call that this kind of server cannot answer. */
export function lackOf(kind: OpenAiKind, root: string, ability: EngineAbility): EngineError {
  return new EngineError(`${root}: engine.kind ${kind} ${describeLack(ability)}`);
}
