import { STATUS_CODES } from 'node:http';

/**
 * What a failed request's body says: `{error: {message}}` of vLLM and OpenAI, the inner object alone, `{error}` of
 * TGI, `{error_message}` of SGLang, `{detail}` of FastAPI (text or a list of field faults), or plain text. Uncleaned.
 */
export function readErrorBody(status: number, text: string): string {
  const said = findMessage(parseOrNull(text)) ?? text.trim();
  return said === '' ? (STATUS_CODES[status] ?? 'no explanation') : said;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function findMessage(body: unknown): string | null {
  if (typeof body !== 'object' || body === null) return null;
  const { error, message, detail, error_message: own } = body as Record<string, unknown>;
  for (const candidate of [error, message, own, detail]) {
    if (typeof candidate === 'string' && candidate !== '') return candidate;
  }
  if (Array.isArray(detail) && detail.length > 0) return detail.map(describeFieldFault).join('; ');
  return findMessage(error);
}

function describeFieldFault(fault: unknown): string {
  const { loc, msg } = (fault ?? {}) as { loc?: unknown; msg?: unknown };
  const where = Array.isArray(loc) ? `${loc.join('.')}: ` : '';
  return typeof msg === 'string' ? `${where}${msg}` : JSON.stringify(fault);
}
