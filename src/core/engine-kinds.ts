/** What an engine may be able to do beyond answering with text; see `EngineCapabilities` of the port. */
export type EngineAbility = 'tokenIds' | 'loadWeights' | 'tokenize' | 'anyText';

const EVERYTHING = { tokenIds: true, loadWeights: true, tokenize: true, anyText: true };

/** Prompts and answers are text; ids are the adapter's own and stand for pieces of it. */
const TEXT_ONLY = { tokenIds: false, loadWeights: false, tokenize: true, anyText: false };

/** What each `engine.kind` declares, so that a run that needs more is refused before anything is connected. */
export const ENGINE_KINDS = {
  vllm: EVERYTHING,
  sglang: EVERYTHING,
  // The tiny model knows a few characters only, and may be behind `tinker` too.
  embedded: { ...EVERYTHING, anyText: false },
  tinker: { ...EVERYTHING, anyText: false },
  tgi: TEXT_ONLY,
  openai: TEXT_ONLY,
} as const satisfies Readonly<Record<string, Readonly<Record<EngineAbility, boolean>>>>;

/** A value of `engine.kind`. */
export type EngineKind = keyof typeof ENGINE_KINDS;

const MEANING: Readonly<Record<EngineAbility, string>> = {
  tokenIds: 'token ids with log-probs',
  loadWeights: 'loading of weights while it runs',
  tokenize: 'a tokenizer for text and chat messages',
  anyText: 'a vocabulary for every text',
};

/** `does not offer X (capability Y)`, what `need` tells of the reason, and the kinds that offer it. */
export function describeLack(ability: EngineAbility, need = ''): string {
  const able = Object.entries(ENGINE_KINDS).flatMap(([kind, abilities]) => (abilities[ability] ? [kind] : []));
  return `does not offer ${MEANING[ability]} (capability ${ability})${need}: use ${able.join(', ')}`;
}
