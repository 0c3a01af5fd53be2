import { textOfToken } from '../../tokenizer.ts';
import { FieldFault } from '../http/failure.ts';
import { type Call, type Reply, replyJson } from '../http/route.ts';
import type { FinishedChoice } from '../sample-choices.ts';
import { TEACHER_MODEL } from '../teacher/mix.ts';
import type { EngineContext } from './engine-context.ts';
import { type CompletionWish, parseCompletion } from './parse-completion.ts';
import { describeUsage, runPlan } from './run-plan.ts';

/** POST `/v1/completions` */
export async function complete(call: Call, ctx: EngineContext): Promise<Reply> {
  const wish = parseCompletion(call.body, ctx.lm.shape, ctx.nextNumber, ctx.seed);
  if (wish.model === TEACHER_MODEL)
    throw new FieldFault('model', `${TEACHER_MODEL} is rule-based and answers chat only`);
  const choices = await runPlan(wish.model, wish.plan, call.signal, ctx);
  return replyJson({
    id: `cmpl-${ctx.nextNumber()}`,
    object: 'text_completion',
    created: Math.floor(ctx.now() / 1000),
    model: wish.model,
    choices: choices.map((choice, index) => toWireChoice(choice, index, wish)),
    usage: describeUsage(wish.plan.prompt.length, choices),
  });
}

function toWireChoice(choice: FinishedChoice, index: number, wish: CompletionWish) {
  return {
    index,
    text: choice.text,
    finish_reason: choice.finish,
    stop_reason: choice.stopReason,
    token_ids: wish.withTokenIds ? choice.ids : null,
    prompt_token_ids: wish.withTokenIds ? wish.plan.prompt : null,
    logprobs: wish.withLogprobs ? toWireLogprobs(choice) : null,
    prompt_logprobs: null,
  };
}

function toWireLogprobs({ ids, logprobs }: FinishedChoice) {
  const tokens = ids.map(textOfToken);
  let offset = 0;
  const offsets = tokens.map((token) => {
    const at = offset;
    offset += token.length;
    return at;
  });
  return { tokens, token_logprobs: logprobs, top_logprobs: [], text_offset: offsets };
}
