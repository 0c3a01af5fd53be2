import { failAt, type Site } from './failures.ts';

/** Longest line in characters: an event holds a few tokens, and a server that never ends a line must not fill the memory. */
const MAX_LINE_CHARS = 1024 * 1024;

/**
 * The `data` of server-sent events, in order; the mark `[DONE]` is one of them.
 * Events of several data lines are joined by a newline; other fields and comments are skipped. Source: HTML
 * standard, section "Server-sent events". Throws a final `EngineError` for a line beyond bounds.
 */
export async function* readEvents(site: Site, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let data: string[] = [];
  for await (const line of readLines(site, chunks)) {
    if (line === '') {
      if (data.length > 0) yield data.join('\n');
      data = [];
    } else if (/^data(:|$)/.test(line)) data.push(line.slice(5).replace(/^ /, ''));
  }
  if (data.length > 0) yield data.join('\n');
}

/** Lines ended by CR, LF or both. */
async function* readLines(site: Site, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    if (rest.length > MAX_LINE_CHARS) throw failAt(site, 'the answer is one line without an end');
    // A CR at the end of a chunk may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest.replace(/\r$/, '');
}
