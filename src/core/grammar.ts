/**
 * The six tags of the Parallel-R1 dialect and the text the controller puts between them.
 * Source: arXiv 2509.07980; grammar in docs/data-flow.md.
 */
export const TAGS = ['<Parallel>', '</Parallel>', '<Path>', '</Path>', '<Summary>', '</Summary>'] as const;

export type Tag = (typeof TAGS)[number];

/** What stands between `</Parallel>` and `<Summary>` in canonical form. */
export const SUMMARY_GAP = '\n';

/** The label of the last line of a response. */
export const ANSWER_LABEL = 'Final Answer:';

/** Token ids of the tags for one tokenizer. Every tag is exactly one id, and all six differ. */
export interface TagIds {
  readonly parallelOpen: number;
  readonly parallelClose: number;
  readonly pathOpen: number;
  readonly pathClose: number;
  readonly summaryOpen: number;
  readonly summaryClose: number;
  /** Ids of `SUMMARY_GAP`; may be several. */
  readonly gap: readonly number[];
  /** Every id that ends a sequence (tokenizer and generation config may name several). */
  readonly eos: readonly number[];
}
