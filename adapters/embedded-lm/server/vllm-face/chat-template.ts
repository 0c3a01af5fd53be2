import { PROMPT_ID } from '../../tokenizer.ts';
import { FieldFault } from '../http/failure.ts';
import { encodeOrRefuse } from './parse-completion.ts';

export interface ChatMessage {
  readonly role: string;
  readonly content: string;
}

const MAX_MESSAGES = 64;
const ROLES: readonly string[] = ['system', 'developer', 'user', 'assistant'];

/** Reads `messages`; content may be a string or a list of text parts. Throws FieldFault. */
export function readMessages(value: unknown): readonly ChatMessage[] {
  if (!Array.isArray(value) || value.length === 0) throw new FieldFault('messages', 'must be a non-empty array');
  if (value.length > MAX_MESSAGES)
    throw new FieldFault('messages', `has ${value.length} entries, at most ${MAX_MESSAGES} are taken`);
  return value.map((message: { role?: unknown; content?: unknown } | null, i) => {
    const field = `messages[${i}]`;
    if (typeof message?.role !== 'string' || !ROLES.includes(message.role)) {
      throw new FieldFault(`${field}.role`, `must be one of ${ROLES.join(', ')}`);
    }
    return { role: message.role, content: readContent(message.content, `${field}.content`) };
  });
}

function readContent(content: unknown, field: string): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw new FieldFault(field, 'must be text');
  return content
    .map((part: { type?: unknown; text?: unknown } | null) => {
      if (part?.type !== 'text' || typeof part.text !== 'string')
        throw new FieldFault(field, 'must hold text parts only');
      return part.text;
    })
    .join('');
}

/** The last thing the user said. Throws FieldFault when there is no user message. */
export function findUserMessage(messages: readonly ChatMessage[]): string {
  const message = messages.findLast(({ role }) => role === 'user');
  if (message === undefined) throw new FieldFault('messages', 'hold no user message');
  return message.content;
}

/**
 * The chat template of the embedded model: `Q` and the last user message, trimmed. It has no turns; the
 * model answers one problem. Throws a 400 that names the first piece outside the vocabulary.
 */
export function applyChatTemplate(messages: readonly ChatMessage[]): readonly number[] {
  return [PROMPT_ID, ...encodeOrRefuse(findUserMessage(messages).trim(), 'messages')];
}
