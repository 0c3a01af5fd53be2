import type { ColdStartStage } from '../../core/curriculum.ts';
import { boundTokens, estimateTokensAtMost } from '../../core/token-bound.ts';
import type { PromptRecord } from '../../ports/run-store/runs.ts';
import type { RunContext } from '../context.ts';
import { describeRefusal } from '../engine/calls.ts';
import { countPromptTokens, countTextTokens, renderStudentPrompt } from '../engine/tokenizer.ts';

/** Null when prompt and target fit into a row, else the code of what is wrong. */
export type CheckLength = (problemText: string, target: string) => Promise<'too_long' | 'untokenizable' | null>;

/** How many tokens more a problem may take inside a template than on its own. */
const SEAM_TOKENS = 16;

/**
 * Measures prompt and target in tokens of the student. The tokenizer is asked only where the bound on their number
 * does not settle the matter; where only text can be sent, an estimate stands in.
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
    if (!tokenIds) return judge(estimateTokensAtMost(Buffer.byteLength(prompt + target)));
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
