import { TAGS } from '../../src/core/grammar.ts';

/** What a trainer must add to a tokenizer and a model before it trains on exported rows. */
export const TOKENIZER_NOTES = {
  /** To be added as special tokens, in this order. */
  specialTokens: TAGS,
  steps: [
    'Add the six tags as special tokens: each must become exactly one id. A tag that splits into pieces trains, but is never forked at.',
    'Resize the input and output embeddings to the new size of the vocabulary, even when the model has unused rows at its end.',
    'Give each new row initial values of its own: the mean of the rows of the pieces that the tag used to split into, and a random direction as long as rows are. Unused rows of a base model can all be the same vector (they are in Qwen3-0.6B-Base): six tags on identical rows stay indistinguishable, and training does not separate them. With the mean alone a tag is never likelier than all its pieces, which adapters cannot change.',
    'Train on all tokens of the target, tags and end-of-sequence token included, and on none of the prompt. The prompt names the tags in its instruction, so look for structure in the target only.',
    'Save the extended tokenizer with the weights, and serve with skip_special_tokens off: a server that drops the tags drops the structure.',
  ],
} as const;

/** The notes as Markdown, with code for Hugging Face transformers. */
export function renderTokenizerNotes(): string {
  const tags = TAGS.map((tag) => `"${tag}"`).join(', ');
  return [
    '## Before training: the tags as tokens',
    TOKENIZER_NOTES.steps.map((step, i) => `${i + 1}. ${step}`).join('\n'),
    `\`\`\`python
tags = [${tags}]
pieces = {tag: tokenizer(tag, add_special_tokens=False).input_ids for tag in tags}
tokenizer.add_special_tokens({"additional_special_tokens": tags}, replace_additional_special_tokens=False)
model.resize_token_embeddings(max(len(tokenizer), model.get_input_embeddings().weight.shape[0]))
with torch.no_grad():
    for matrix in (model.get_input_embeddings().weight, model.get_output_embeddings().weight):
        for tag in tags:
            own = torch.nn.functional.normalize(torch.randn(matrix.shape[1]), dim=0) * matrix.norm(dim=1).mean()
            matrix[tokenizer.convert_tokens_to_ids(tag)] = matrix[pieces[tag]].mean(dim=0) + own
ids = [tokenizer(tag, add_special_tokens=False).input_ids for tag in tags]
assert all(len(one) == 1 for one in ids) and len({one[0] for one in ids}) == 6
\`\`\``,
  ].join('\n\n');
}
