import { toObject } from '../../src/core/json-object.ts';
import type { ChatCompletion } from '../../src/ports/engine.ts';
import { readFinish } from './finish.ts';

/** A word that is kept as a reason; anything else of a server is not shown. */
const REASON = /^[A-Za-z_]{1,40}$/;

/**
 * One choice of a chat answer. Servers differ in nearly all of it, and one bad choice is a bad answer to one question and
 * never an error: what is no complete text has a `finish` that says so, in the server's word where it has one.
 */
export function readChatChoice(value: unknown): Pick<ChatCompletion, 'content' | 'reasoning' | 'finish'> {
  const choice = toObject(value);
  const message = toObject(choice?.message);
  if (message === null) return { content: '', reasoning: null, finish: 'no_message' };
  const parts = readParts(message.content);
  const reasoning = readText(message.reasoning) ?? readText(message.reasoning_content) ?? parts.reasoning;
  return { content: parts.text ?? '', reasoning, finish: findFault(message, parts.text) ?? describeFinish(choice) };
}

/** Why a message is no answer, whatever its finish reason; null where it may be one. */
function findFault(message: Readonly<Record<string, unknown>>, text: string | null): string | null {
  if (text === null) return 'unreadable_content';
  if (text.trim() !== '') return null;
  if (readText(message.refusal) !== null) return 'refusal';
  const calls = message.tool_calls;
  return (Array.isArray(calls) && calls.length > 0) || toObject(message.function_call) !== null ? 'tool_calls' : null;
}

function describeFinish(choice: Readonly<Record<string, unknown>> | null): string {
  const said = choice?.finish_reason;
  if (said == null || said === '') return 'no_finish_reason';
  const finish = readFinish(said);
  if (finish !== null) return finish;
  return typeof said === 'string' && REASON.test(said) ? said : 'unreadable_finish_reason';
}

interface Parts {
  /** Null for what cannot be read as text. */
  readonly text: string | null;
  readonly reasoning: string | null;
}

/**
 * Content is a text, nothing, or a list of parts: `{type: text, text}`, or `{type: thinking | reasoning, ...}` for what is
 * not part of the answer.
 */
function readParts(content: unknown): Parts {
  if (content == null) return { text: '', reasoning: null };
  if (typeof content === 'string') return { text: content, reasoning: null };
  if (!Array.isArray(content)) return { text: null, reasoning: null };
  const texts: string[] = [];
  const thoughts: string[] = [];
  for (const value of content) {
    const part = typeof value === 'string' ? { type: 'text', text: value } : toObject(value);
    const isThought = part !== null && /^(thinking|reasoning)/.test(String(part.type));
    const text = part === null ? null : isThought ? readThought(part) : readText(part.text);
    if (text === null && !isThought) return { text: null, reasoning: null };
    if (text !== null) (isThought ? thoughts : texts).push(text);
  }
  return { text: texts.join(''), reasoning: thoughts.length === 0 ? null : thoughts.join('') };
}

/** The thought of a part: a text, or a list of text parts. */
function readThought(part: Readonly<Record<string, unknown>>): string | null {
  const thought = part.thinking ?? part.reasoning ?? part.text;
  if (!Array.isArray(thought)) return readText(thought);
  return thought.map((inner) => readText(toObject(inner)?.text) ?? '').join('');
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
