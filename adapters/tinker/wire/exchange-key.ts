import { TrainerError } from '../../../src/errors.ts';
import { readJson, type TrainerHttp, toJsonBody } from './http-wire.ts';
import { parseReply } from './parse-reply.ts';
import { tokenSchema } from './wire-schemas.ts';

/** Some servers want the key exchanged for a token that expires; it is renewed when it is refused. Throws `TrainerError`. */
export async function exchangeKey(http: TrainerHttp, apiKey: string): Promise<void> {
  await http.exchangeKey(async () => {
    const call = { body: toJsonBody({}), headers: { 'x-api-key': apiKey } };
    const reply = await http.sendOnce('auth/token', call);
    if (reply.status >= 300)
      throw new TrainerError(`trainer ${http.url}: auth/token answered HTTP ${reply.status}; check the API key`, {
        status: reply.status,
      });
    return parseReply(tokenSchema, readJson(reply, 'auth/token'), 'auth/token').jwt;
  });
}
