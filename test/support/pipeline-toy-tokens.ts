import { TAGS } from '../../src/core/grammar.ts';
import { EngineError } from '../../src/errors.ts';

/** The toy student's tokenizer: a closed list of pieces, longest match first. Text outside the list is refused. */

export const EOS_TEXT = '<eos>';
const USER = '<user>';
const ASSISTANT = '<assistant>';

const PIECES: readonly string[] = [
  ...TAGS,
  EOS_TEXT,
  USER,
  ASSISTANT,
  '\n',
  'Final Answer: ',
  'What is ',
  ' plus ',
  '?',
  'count ',
  'sum ',
  'so ',
  'A:',
  'B:',
  ...Array.from({ length: 10 }, (_, digit) => String(digit)),
];

const BY_LENGTH = PIECES.map((text, id) => ({ text, id })).sort((a, b) => b.text.length - a.text.length);

/** Number of ids; they run from 0. */
export const VOCABULARY_SIZE = PIECES.length;

/** Id of one piece. */
export function pieceId(text: string): number {
  const id = PIECES.indexOf(text);
  if (id < 0) throw new RangeError(`no piece ${JSON.stringify(text)}`);
  return id;
}

export const EOS_ID = pieceId(EOS_TEXT);
export const ASSISTANT_ID = pieceId(ASSISTANT);

/** Ids of a text; EngineError (400) for text outside the list, as a server refuses what it cannot encode. */
export function encodeToy(text: string): number[] {
  const ids: number[] = [];
  for (let at = 0; at < text.length; ) {
    const match = BY_LENGTH.find((piece) => text.startsWith(piece.text, at));
    if (match === undefined)
      throw new EngineError(`cannot encode ${JSON.stringify(text.slice(at, at + 20))}`, { status: 400 });
    ids.push(match.id);
    at += match.text.length;
  }
  return ids;
}

/** Ids of one user message with the generation prompt. */
export function encodeToyChat(userMessage: string): number[] {
  return [pieceId(USER), ...encodeToy(userMessage), ASSISTANT_ID];
}

export function decodeToy(ids: readonly number[]): string {
  return ids.map((id) => PIECES[id]).join('');
}
