/**
 * A fleet of two stand-ins for vLLM under the contract of the engine port, with either placement: whoever holds an
 * `Engine` cannot tell whether it is one server or several.
 *
 * 1. `spread` keeps the contract while every call may go to either server.
 * 2. `sticky` keeps it too.
 */
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { createEngineFleet } from '../../src/pipeline/engine/fleet/create-engine-fleet.ts';
import { runEngineContract } from '../support/engine-contract.ts';
import { createStandingClock } from '../support/engine-endpoints.ts';
import { createVllmDouble, DOUBLE_BASE } from '../support/engine-vllm-double.ts';
import { type SeenRequest, startFaultServer } from '../support/fault-server.ts';

for (const placement of ['spread', 'sticky'] as const) {
  runEngineContract(`fleet, ${placement}`, async (t) => {
    let isHeld = false;
    const held: SeenRequest[] = [];
    const servers = await Promise.all(
      [1, 2].map(() => {
        const double = createVllmDouble(() => isHeld);
        return startFaultServer(t, (response, request) => {
          if (isHeld) held.push(request);
          double(response, request);
        });
      }),
    );
    const engine = createEngineFleet({
      engines: servers.map(({ url }) => createOpenAiEngine({ kind: 'vllm', url, timeoutMs: 20_000 })),
      placement,
      clock: createStandingClock(),
      onChange: ({ url }) => {
        throw new Error(`${url} went out`);
      },
    });
    t.after(() => engine[Symbol.asyncDispose]());
    return {
      engine,
      ...{ model: DOUBLE_BASE, chatModel: DOUBLE_BASE, text: 'abba', userMessage: 'hello', stopTokenIds: [12, 13] },
      prompt: [11, 12, 13],
      completionPath: '/v1/completions',
      makeWeights: async () => ['/weights/a', '/weights/b'],
      hold: (wanted) => {
        isHeld = wanted;
      },
      arrived: async () => {
        while (held.length < 20) await Promise.race(servers.map((server) => server.next()));
      },
      freed: async () => void (await Promise.all(held.map(({ hungUp }) => hungUp))),
    };
  });
}
