import { EngineError } from '../../src/errors.ts';
import type { EngineCapabilities } from '../../src/ports/engine.ts';

/** Which server is behind the URL; `openai` is any server with the chat endpoint. */
export type EngineKind = 'vllm' | 'tgi' | 'sglang' | 'openai' | 'embedded';

const EVERYTHING: EngineCapabilities = { tokenIds: true, loadWeights: true, tokenize: true, anyText: true };

/** TGI tokenises plain text but knows no chat template there, so it cannot make prompts. */
const TEXT_ONLY: EngineCapabilities = { tokenIds: false, loadWeights: false, tokenize: false, anyText: false };

/** What each kind of server can do beyond chat (protocols section 11). */
export const CAPABILITIES: Readonly<Record<EngineKind, EngineCapabilities>> = {
  vllm: EVERYTHING,
  sglang: EVERYTHING,
  // The tiny model knows a few characters only.
  embedded: { ...EVERYTHING, anyText: false },
  tgi: TEXT_ONLY,
  openai: TEXT_ONLY,
};

const NEEDS: Readonly<Record<keyof EngineCapabilities, string>> = {
  tokenIds: 'token ids with log-probs',
  loadWeights: 'loading of weights while it runs',
  tokenize: 'a tokenizer endpoint for text and chat messages',
  anyText: 'a vocabulary for every text',
};

/** The final error of a call that this kind of server cannot answer. */
export function lackOf(kind: EngineKind, root: string, capability: keyof EngineCapabilities): EngineError {
  const able = Object.keys(CAPABILITIES).filter((other) => CAPABILITIES[other as EngineKind][capability]);
  return new EngineError(
    `${root}: engine.kind ${kind} does not offer ${NEEDS[capability]} (capability ${capability}): use ${able.join(', ')}`,
  );
}
