import type { ColdStartStage } from '../../core/curriculum.ts';
import type { PromptRecord } from '../../ports/run-store.ts';
import type { RunContext } from '../context.ts';
import { describeRefusal } from '../engine/calls.ts';
import { renderStudentPrompt } from '../engine/render-student-prompt.ts';
import { countPromptTokens, countTextTokens } from '../engine/tokenizer.ts';

/** Null when prompt and target fit into a row, else the code of what is wrong. */
export type CheckLength = (problemText: string, target: string) => Promise<'too_long' | 'untokenizable' | null>;

/** Tokens by which a problem inside a template may be cut otherwise than alone. */
const SEAM_TOKENS = 16;

/** The longest normal form (NFKC) of one character, in characters. */
const LONGEST_NORMAL_FORM = 18;

/** Where only text can be sent, what stands in for counting. English takes about four bytes per token, formulas fewer. */
const BYTES_PER_TOKEN = 3;

/**
 * Measures prompt and target in tokens of the student. The tokenizer is asked only where the number of bytes does not
 * already settle it: a token is at least one byte.
 */
export function createLengthCheck(
  ctx: RunContext,
  { maxTargetTokens }: Pick<ColdStartStage, 'maxTargetTokens'>,
  template: PromptRecord,
): CheckLength {
  const { anyText, tokenIds } = ctx.engine.capabilities;
  let frame: Promise<number> | null = null;
  const countFrame = () => {
    frame ??= countPromptTokens(ctx, renderStudentPrompt(template.text, ''));
    return frame;
  };
  const judge = (tokens: number) => (tokens > maxTargetTokens ? 'too_long' : null);
  return async (problemText, target) => {
    const prompt = renderStudentPrompt(template.text, problemText);
    if (!tokenIds) return judge(Math.ceil(Buffer.byteLength(prompt + target) / BYTES_PER_TOKEN));
    try {
      if (anyText) {
        const most = (await countFrame()) + SEAM_TOKENS + boundTokens(problemText) + boundTokens(target) + 1;
        if (most <= maxTargetTokens) return null;
      }
      const [promptTokens, targetTokens] = await Promise.all([
        countPromptTokens(ctx, prompt),
        countTextTokens(ctx, target),
      ]);
      return judge(promptTokens + targetTokens + 1);
    } catch (error) {
      describeRefusal(error);
      return 'untokenizable';
    }
  };
}

/** More tokens than this a text cannot have. */
function boundTokens(text: string): number {
  let bound = text.length;
  for (let i = 0; i < text.length; i += 1) {
    // A character outside ASCII is up to four bytes, and may become several characters when it is normalised.
    if (text.charCodeAt(i) > 127) bound += 4 * LONGEST_NORMAL_FORM;
  }
  return bound;
}
