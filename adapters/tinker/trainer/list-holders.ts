import type { z } from 'zod';
import { cleanServerText } from '../../../src/edge/server-text.ts';
import { OutsideError } from '../../../src/errors.ts';
import { Deadline, sendPatiently, type TrainerIo } from '../wire/patience.ts';
import { parseFields, readJson, type TinkerReply } from '../wire/trainer-http.ts';
import { sessionListSchema, sessionOverviewSchema, trainingRunSchema } from '../wire/wire-schemas.ts';

/** Who holds models at a server, as far as it tells: not all have these routes. */

/** More sessions than this are not looked through: the answer is for a line of text. */
const MOST_SESSIONS = 50;

/** The models of every session, one text each: whose they are, or which. Null where the server does not tell. */
export function listHolders(io: TrainerIo, operationTimeoutMs: number, signal?: AbortSignal): Promise<string[] | null> {
  return whereTold(async () => {
    const ask = createAsk(io, operationTimeoutMs, signal);
    const { sessions } = await ask('sessions', sessionListSchema);
    const holders: string[] = [];
    for (const session of sessions.slice(0, MOST_SESSIONS)) {
      const { training_run_ids: models } = await ask(toSessionRoute(session), sessionOverviewSchema);
      for (const model of models) {
        const { user_metadata: metadata } = await ask(`training_runs/${encodeURIComponent(model)}`, trainingRunSchema);
        const run = metadata?.run;
        holders.push(cleanServerText(typeof run === 'string' ? `run ${run}` : `model ${model}`, [], 80));
      }
    }
    return holders;
  });
}

/** Ids of the models of one session; null where the server does not tell. */
export function listModelsOf(
  io: TrainerIo,
  sessionId: string,
  operationTimeoutMs: number,
  signal?: AbortSignal,
): Promise<readonly string[] | null> {
  return whereTold(async () => {
    const overview = await createAsk(io, operationTimeoutMs, signal)(toSessionRoute(sessionId), sessionOverviewSchema);
    return overview.training_run_ids;
  });
}

const toSessionRoute = (id: string) => `sessions/${encodeURIComponent(id)}`;

function createAsk(io: TrainerIo, operationTimeoutMs: number, signal: AbortSignal | undefined) {
  return <T>(path: string, schema: z.ZodType<T>): Promise<T> => {
    const deadline = new Deadline(io.clock, operationTimeoutMs);
    const read = (reply: TinkerReply) => parseFields(schema, readJson(reply), reply.site);
    return sendPatiently(io, path, { deadline, canRepeat: true, signal }, read);
  };
}

async function whereTold<T>(ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof OutsideError) return null;
    throw error;
  }
}
