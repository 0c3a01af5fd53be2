import type { TestContext } from 'node:test';
import { type Answer, type SeenRequest, startFaultServer } from './fault-server.ts';

/** Stands between the program and a living server, and does to single requests what a test asks for. */

/** Which requests are meant: all to a path, below the root of the server. */
export type Aim = (request: SeenRequest) => boolean;

/** The text of an answer, changed on its way. */
export type Change = (text: string) => string;

export interface FaultProxy {
  readonly url: string;
  /** Answers these requests by itself; the first `times` of them, or all. */
  answer(aim: Aim, answer: Answer, times?: number): void;
  /** Changes the answers to these requests. */
  change(aim: Aim, change: Change): void;
}

/** Requests whose path ends so. */
export const to =
  (end: string): Aim =>
  ({ path }) =>
    path.split('?')[0]!.endsWith(end);

interface Planned {
  readonly aim: Aim;
  readonly answer: Answer;
  left: number;
}

/** Starts the proxy in front of the server at `target`; it asks for JSON only, so that answers are text. */
export async function startFaultProxy(t: TestContext, target: string): Promise<FaultProxy> {
  const planned: Planned[] = [];
  const changes: { readonly aim: Aim; readonly change: Change }[] = [];
  const server = await startFaultServer(t, (response, request) => {
    const plan = planned.find(({ aim, left }) => left > 0 && aim(request));
    if (plan !== undefined) {
      plan.left -= 1;
      plan.answer(response, request);
      return;
    }
    void pass(target, request)
      .then(async ({ status, type, text }) => {
        const whole = changes.filter(({ aim }) => aim(request)).reduce((body, { change }) => change(body), text);
        response.writeHead(status, { 'content-type': type }).end(whole);
      })
      .catch(() => response.destroy());
  });
  return {
    url: server.url,
    answer: (aim, answer, times = Number.POSITIVE_INFINITY) => planned.push({ aim, answer, left: times }),
    change: (aim, change) => changes.push({ aim, change }),
  };
}

async function pass(target: string, { method, path, headers, raw }: SeenRequest) {
  const kept = ['content-type', 'content-encoding', 'authorization', 'x-api-key'].flatMap((name) =>
    typeof headers[name] === 'string' ? [[name, headers[name]] as const] : [],
  );
  const answer = await fetch(`${target}${path}`, {
    method,
    headers: { ...Object.fromEntries(kept), accept: 'application/json' },
    ...(raw.length > 0 ? { body: new Uint8Array(raw) } : {}),
    redirect: 'manual',
  });
  const type = answer.headers.get('content-type') ?? 'application/json';
  return { status: answer.status, type, text: await answer.text() };
}
