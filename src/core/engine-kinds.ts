/** What an engine may be able to do beyond answering with text; see `EngineCapabilities` of the port. */
export type EngineAbility = 'tokenIds' | 'loadWeights' | 'tokenize';

const EVERYTHING = { tokenIds: true, loadWeights: true, tokenize: true };

/** Prompts and answers are text; ids are the adapter's own and stand for pieces of it. */
const TEXT_ONLY = { tokenIds: false, loadWeights: false, tokenize: true };

/** What each `engine.kind` declares, so that a run that needs more is refused before anything is connected. */
export const ENGINE_KINDS = {
  vllm: EVERYTHING,
  sglang: EVERYTHING,
  embedded: EVERYTHING,
  tinker: EVERYTHING,
  tgi: TEXT_ONLY,
  openai: TEXT_ONLY,
} as const satisfies Readonly<Record<string, Readonly<Record<EngineAbility, boolean>>>>;

/** A value of `engine.kind`. */
export type EngineKind = keyof typeof ENGINE_KINDS;

const MEANING: Readonly<Record<EngineAbility, string>> = {
  tokenIds: 'token ids with log-probs',
  loadWeights: 'loading of weights while it runs',
  tokenize: 'a tokenizer for text and chat messages',
};

/** `does not offer X (capability Y)`, what `need` tells of the reason, and the kinds that offer it. */
export function describeLack(ability: EngineAbility, need = ''): string {
  const able = Object.entries(ENGINE_KINDS).flatMap(([kind, abilities]) => (abilities[ability] ? [kind] : []));
  return `does not offer ${MEANING[ability]} (capability ${ability})${need}: use ${able.join(', ')}`;
}
