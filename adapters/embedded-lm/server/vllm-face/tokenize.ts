import { decodeIds, textOfToken } from '../../tokenizer.ts';
import { asObject, checkIntArray, readBoolean, readString, refuseUnknown } from '../http/body.ts';
import { type Call, FieldFault, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import { applyChatTemplate, readMessages } from './chat.ts';
import { encodeOrRefuse } from './completions.ts';
import { type EngineContext, unknownModel } from './engine-context.ts';

const TOKENIZE_KEYS: ReadonlySet<string> = new Set([
  ...[
    'model',
    'prompt',
    'messages',
    'add_special_tokens',
    'add_generation_prompt',
    'continue_final_message',
    'return_token_strs',
  ],
]);
const DETOKENIZE_KEYS: ReadonlySet<string> = new Set(['model', 'tokens']);
const MAX_TEXT_CHARS = 100_000;

/** POST `/tokenize`: plain text, or messages through the chat template. The tokenizer adds no special tokens to text. */
export function tokenize(call: Call, ctx: EngineContext): Reply {
  const body = asObject(call.body, '');
  refuseUnknown(body, TOKENIZE_KEYS);
  checkModel(readString(body, 'model', BASE_MODEL), ctx);
  if ((body.prompt == null) === (body.messages == null))
    throw new FieldFault('prompt', 'give exactly one of prompt and messages');
  if (readBoolean(body, 'continue_final_message', false))
    throw new FieldFault('continue_final_message', 'is not supported');
  const tokens =
    body.messages == null
      ? encodeOrRefuse(readString(body, 'prompt', null, MAX_TEXT_CHARS), 'prompt', ctx)
      : applyChatTemplate(readMessages(body.messages), ctx);
  const strings = readBoolean(body, 'return_token_strs', false) ? tokens.map(textOfToken) : null;
  return replyJson({ count: tokens.length, max_model_len: ctx.lm.shape.maxLength, tokens, token_strs: strings });
}

/** POST `/detokenize`: special tokens are kept. */
export function detokenize(call: Call, ctx: EngineContext): Reply {
  const body = asObject(call.body, '');
  refuseUnknown(body, DETOKENIZE_KEYS);
  checkModel(readString(body, 'model', BASE_MODEL), ctx);
  const tokens = checkIntArray(body.tokens, { min: 0, max: ctx.lm.shape.usedVocab - 1 }, MAX_TEXT_CHARS, 'tokens');
  return replyJson({ prompt: decodeIds(tokens, false) });
}

function checkModel(model: string, ctx: EngineContext): void {
  if (ctx.snapshots.find(model) === null) throw unknownModel(model);
}
