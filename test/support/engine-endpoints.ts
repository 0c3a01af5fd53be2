/** Real loopback servers that can die, come back and lose what they held, and a fleet over them. */
import type { TestContext } from 'node:test';
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createEngineFleet } from '../../src/pipeline/engine/fleet/create-engine-fleet.ts';
import type { FleetOptions } from '../../src/pipeline/engine/fleet/fleet.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CompletionRequest, Engine } from '../../src/ports/engine.ts';
import { createVllmDouble, DOUBLE_BASE } from './engine-vllm-double.ts';
import { type Answer, cut, type FaultServer, startFaultServer } from './fault-server.ts';

/** One server of the fleet. */
export interface EndpointServer extends FaultServer {
  /** What it answers with; anything may be put before the double. */
  answer: Answer;
  /** Every connection is cut, health checks too. */
  die(): void;
  /** Answers again, as a fresh process that has loaded nothing. */
  restart(): void;
  /** Answers again with what it held before. */
  recover(): void;
  /** Requests seen for a path. */
  count(path: string): number;
}

/** Starts a stand-in for vLLM. */
export async function startEndpoint(t: TestContext): Promise<EndpointServer> {
  let double = createVllmDouble();
  const server = await startFaultServer(t, (response, request) => endpoint.answer(response, request));
  const endpoint: EndpointServer = {
    ...server,
    answer: double,
    die: () => {
      endpoint.answer = cut;
    },
    restart: () => {
      double = createVllmDouble();
      endpoint.answer = double;
    },
    recover: () => {
      endpoint.answer = double;
    },
    count: (path) => server.seen.filter((request) => request.path === path).length,
  };
  return endpoint;
}

/** A clock that stands still until it is moved; its pauses never end by themselves. */
export interface StandingClock extends Clock {
  advance(ms: number): void;
}

export function createStandingClock(): StandingClock {
  let nowMs = 0;
  const sleepers = new Set<{ readonly untilMs: number; wake(): void }>();
  return {
    now: () => nowMs,
    monotonic: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const sleeper = { untilMs: nowMs + ms, wake: resolve };
        sleepers.add(sleeper);
        signal?.addEventListener('abort', () => {
          sleepers.delete(sleeper);
          reject(signal.reason);
        });
      }),
    advance: (ms) => {
      nowMs += ms;
      for (const sleeper of [...sleepers]) {
        if (sleeper.untilMs > nowMs) continue;
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
  };
}

export interface FleetUnderTest {
  readonly fleet: Engine;
  /** `0 out`, `1 back`, in order, by number of the server. */
  readonly changes: string[];
  /** Resolves when the next change is told. */
  nextChange(): Promise<void>;
}

export function openFleet(
  t: TestContext,
  servers: readonly FaultServer[],
  options: Pick<FleetOptions, 'placement' | 'clock'>,
): FleetUnderTest {
  const changes: string[] = [];
  const waiters: (() => void)[] = [];
  const fleet = createEngineFleet({
    engines: servers.map(({ url }) => createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 20_000 })),
    onChange: ({ url, isUp }) => {
      changes.push(`${servers.findIndex((server) => server.url === url)} ${isUp ? 'back' : 'out'}`);
      for (const resolve of waiters.splice(0)) resolve();
    },
    ...options,
  });
  t.after(() => fleet[Symbol.asyncDispose]());
  return { fleet, changes, nextChange: () => new Promise((resolve) => waiters.push(resolve)) };
}

/** A completion of the double: its answer follows model and seed, wherever it is given. */
export function askFor(seed: number, patch: Partial<CompletionRequest> = {}): CompletionRequest {
  return {
    ...{ model: DOUBLE_BASE, prompt: [11, 12, 13], n: 1, maxTokens: 6, temperature: 1, topP: 1, stopTokenIds: [] },
    seed,
    ...patch,
  };
}
