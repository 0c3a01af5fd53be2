import { STATUS_CODES } from 'node:http';
import { type JsonObject, parseObject, toObject } from '../core/json-object.ts';

/** Longest text of a server within a message, in characters. */
const MAX_CHARS = 300;

/** How much of each end of a longer text is looked at, as a multiple of what is shown: bodies may be hundreds of megabytes. */
const REACH = 20;

/** Share of what is shown that is the beginning; the rest is the end. */
const HEAD_SHARE = 0.6;

const GAP = ' … ';

/** What stands for a secret in a message. */
const REDACTED = '***';

/** Shorter ones would match ordinary words and protect nothing. */
const SHORTEST_SECRET = 8;

/** Escape sequences of terminals: CSI (colours, cursor), OSC (titles, links, the clipboard), and two-character ones. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const ESCAPES = /\u001b\[[0-?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|\u001b[@-Z\\-_]/g;

/** Control characters, line and paragraph separators, and marks that reorder what is shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** How a Python traceback begins, and every frame of it; some servers leave the first line out and send the frames alone. */
const TRACEBACK = 'Traceback (most recent call last)';
const FRAME = /^[ \t|+]*File "[^"]*", line \d/;

/** Most of a message that stands before the exception of a traceback, as a share: the exception is what is wanted. */
const PREFACE_SHARE = 0.35;

/**
 * Cleans what a server said so that it fits into one line of ours: no control sequences, no secrets, at most `maxChars`
 * characters. A longer text keeps its beginning and its end; a Python traceback keeps what comes before it and the
 * exception, which comes last. The work is bounded by `maxChars`, not by the length of the text.
 */
export function cleanServerText(text: string, secrets: readonly string[] = [], maxChars = MAX_CHARS): string {
  const reach = REACH * maxChars;
  const kept = secrets.filter(({ length }) => length >= SHORTEST_SECRET);
  const clean = (part: string) => redact(toLine(part), kept);
  const isWhole = text.length <= 2 * reach;
  const head = restoreLines((isWhole ? text : text.slice(0, reach)).replace(ESCAPES, ''));
  const tail = isWhole ? head : restoreLines(text.slice(-reach).replace(ESCAPES, ''));
  const begin = findTraceback(head);
  const isTraceback = begin !== null || findTraceback(tail) !== null;
  if (isWhole && !isTraceback) return shorten(clean(head), maxChars);
  // A secret may have been cut in half where the text was, and would not be recognised: that much is dropped.
  const longest = isWhole ? 0 : Math.max(0, ...kept.map(({ length }) => length));
  const preface = clean(begin === null ? head : head.slice(0, begin));
  const first = begin === null ? preface.slice(0, Math.max(0, preface.length - longest)) : preface;
  const rest = redact(tail, kept).slice(longest);
  if (!isTraceback) return shorten(first + GAP + clean(rest), maxChars);
  const before = shorten(first, Math.floor(PREFACE_SHARE * maxChars));
  const exception = clean(findException(rest));
  if (before === '') return shorten(exception, maxChars);
  return before + GAP + shorten(exception, maxChars - before.length - GAP.length);
}

function toLine(text: string): string {
  return text.replace(CONTROLS, ' ').replace(/\s+/g, ' ').trim();
}

function redact(line: string, secrets: readonly string[]): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, REDACTED), line);
}

/** A traceback within a quoted text has its line ends written out. */
function restoreLines(text: string): string {
  if (text.includes('\n') || !/\\n {0,8}File \\?"/.test(text)) return text;
  return text.replaceAll('\\n', '\n').replaceAll('\\"', '"');
}

/** Where a traceback begins; null where there is none. */
function findTraceback(text: string): number | null {
  const headline = text.indexOf(TRACEBACK);
  if (headline >= 0) return headline;
  let at = 0;
  for (const line of text.split('\n')) {
    if (FRAME.test(line)) return at;
    at += line.length + 1;
  }
  return null;
}

/**
 * What follows the last frame: source lines are indented, and the exception begins at the first line that is not. It may
 * have many lines, of which the later ones are often advice. Lines of an exception group have a bar in front.
 */
function findException(text: string): string {
  const lines = text.trimEnd().split('\n');
  const isFlush = (line: string) => /^(?: *\| )?[^\s|]/.test(line);
  const frame = lines.findLastIndex((line) => FRAME.test(line));
  const start = frame < 0 ? lines.findLastIndex(isFlush) : lines.findIndex((line, at) => at > frame && isFlush(line));
  return lines.slice(start < 0 ? -1 : start).join('\n');
}

function shorten(line: string, maxChars: number): string {
  if (line.length <= maxChars) return line;
  const room = maxChars - GAP.length;
  const headChars = Math.ceil(room * HEAD_SHARE);
  const head = line.slice(0, headChars).replace(/[\ud800-\udbff]$/, '');
  const tail = line.slice(line.length - (room - headChars)).replace(/^[\udc00-\udfff]/, '');
  return head.trimEnd() + GAP + tail.trimStart();
}

/**
 * What the body of a failed request says: `{error: {message}}` of vLLM and OpenAI, the inner object alone, `{error}` of
 * TGI, `{error_message}` of SGLang, `{detail}` of FastAPI (text or a list of field faults), or plain text. Uncleaned.
 */
export function readErrorBody(status: number, text: string): string {
  const body = parseObject(text);
  const said = body === null ? null : findMessage(body);
  return said ?? (text.trim() || (STATUS_CODES[status] ?? 'no explanation'));
}

/** How deep error objects within error objects are searched. */
const MAX_DEPTH = 4;

/** The message of an error object; null when it holds none. */
export function findMessage(body: JsonObject, depth = 0): string | null {
  const { error, message, detail, error_message: own } = body;
  for (const candidate of [error, message, own, detail]) {
    if (typeof candidate === 'string' && candidate.trim() !== '') return candidate;
  }
  if (Array.isArray(detail) && detail.length > 0) return detail.map(describeFieldFault).join('; ');
  const inner = toObject(error) ?? toObject(detail);
  if (inner === null || depth === MAX_DEPTH) return null;
  return findMessage(inner, depth + 1) ?? showValue(inner);
}

/** `{loc: [...], msg}`, as web frameworks report a wrong field. */
function describeFieldFault(fault: unknown): string {
  const { loc, msg } = toObject(fault) ?? {};
  if (typeof msg !== 'string') return showValue(fault);
  return Array.isArray(loc) ? `${loc.join('.')}: ${msg}` : msg;
}

/** A value of somebody else's JSON as text: text as it is, nothing for what is not there. */
export function showValue(value: unknown): string {
  if (typeof value === 'string') return value;
  try {
    return JSON.stringify(value) ?? '';
  } catch {
    // Nested deeper than the stack.
    return '(nested too deeply to be shown)';
  }
}
