/**
 * Servers of text under the contract of the engine port: any OpenAI-compatible one, and TGI. As in
 * engine-openai.test.ts, with two differences.
 *
 * 1. Ids are made of the text afterwards: no log-probs, marked so.
 * 2. Weights are refused by the name of the capability.
 */
import { createOpenAiEngine } from '../../adapters/engine-openai/create-openai-engine.ts';
import { TextPieces } from '../../adapters/engine-openai/text-pieces.ts';
import { runEngineContract } from '../support/engine-contract.ts';
import { createOpenAiDouble, createTgiDouble, TEXT_MODEL } from '../support/engine-text-doubles.ts';
import { type SeenRequest, startFaultServer } from '../support/fault-server.ts';

const NO_IDS = 'its tokens are its own: text goes in and comes out';
const NO_WEIGHTS = 'it serves the weights it was started with';
const pieces = new TextPieces([]);

const KINDS = [
  ['openai', createOpenAiDouble, '/v1/completions', { version: 'no endpoint of the OpenAI protocol tells it' }],
  [
    'tgi',
    createTgiDouble,
    '/generate',
    { version: 'it is part of /info, which is not asked', unknownModel: '/generate takes no model: it has one' },
  ],
] as const;

for (const [kind, createDouble, completionPath, cannot] of KINDS) {
  runEngineContract(
    kind,
    async (t) => {
      let isHeld = false;
      const held: SeenRequest[] = [];
      const letters = 'abcd?!';
      const write = (_prompt: string, seed: number) =>
        Array.from({ length: 60 }, (_, i) => letters[Math.floor(Math.abs(Math.sin(seed * 77 + i * 13)) * 6) % 6]!);
      const double = createDouble({ isHeld: () => isHeld, write });
      const server = await startFaultServer(t, (response, request) => {
        if (isHeld) held.push(request);
        double(response, request);
      });
      const engine = createOpenAiEngine({ kind, url: `${server.url}/v1`, timeoutMs: 20_000, eosTexts: ['</s>'] });
      t.after(() => engine[Symbol.asyncDispose]());
      return {
        engine,
        ...{ model: TEXT_MODEL, chatModel: TEXT_MODEL, stopTokenIds: pieces.encode('?!'), completionPath },
        prompt: pieces.encode('Say it.'),
        text: 'Let x = 3½ <Path>12</Path>\r\n𝛼\ud800 </s>\n',
        userMessage: 'How many?',
        makeWeights: async () => ['', ''],
        hold: (value) => {
          isHeld = value;
        },
        // One request per choice.
        arrived: async () => {
          while (held.length < 20 * 4) await server.next();
        },
        freed: async () => void (await Promise.all(held.map(({ hungUp }) => hungUp))),
      };
    },
    { tokenIds: NO_IDS, loadWeights: NO_WEIGHTS, ...cannot },
  );
}
