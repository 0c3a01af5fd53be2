import { createRng, hashSeed } from '../../src/core/rng.ts';
import { type PackedCompletion, unpackCompletion } from '../../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion, CompletionRequest } from '../../src/ports/engine.ts';
import type { RunStore } from '../../src/ports/run-store/run-store.ts';
import { TOY_RUN } from './pipeline-toy-run.ts';
import { decodeToy, EOS_ID, pieceId } from './pipeline-toy-tokens.ts';

/** An engine whose answers follow from seed, choice and what kind of call it is, after a few turns of the event loop. */
export interface ForkingEngine {
  readonly requests: readonly CompletionRequest[];
  complete(request: CompletionRequest, signal?: AbortSignal): Promise<Completion[]>;
  /** Resolves when nothing is under way any more. */
  rest(): Promise<void>;
}

const WORDS = ['count ', 'sum ', '1', '2'].map(pieceId);
const MAX_TURNS = 4;

/** Main calls fork while they may; some paths repeat a sibling; some log-probs are -0. */
export function createForkingEngine(): ForkingEngine {
  const requests: CompletionRequest[] = [];
  let inFlight = 0;
  const answer = async (request: CompletionRequest, signal: AbortSignal | undefined) => {
    const turns = 1 + (hashSeed(request.seed, 'turns') % MAX_TURNS);
    for (let turn = 0; turn < turns; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      signal?.throwIfAborted();
    }
    return Array.from({ length: request.n }, (_, choice) => write(request, choice));
  };
  return {
    requests,
    complete: async (request, signal) => {
      requests.push(request);
      inFlight += 1;
      try {
        return await answer(request, signal);
      } finally {
        inFlight -= 1;
      }
    },
    rest: async () => {
      for (let quiet = 0; quiet < 5; quiet = inFlight === 0 ? quiet + 1 : 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function write(request: CompletionRequest, choice: number): Completion {
  const rng = createRng(hashSeed(request.seed, choice));
  const stops = (text: string) => request.stopTokenIds.includes(pieceId(text));
  const words = (count: number) => Array.from({ length: count }, () => WORDS[rng.nextInt(WORDS.length)]!);
  const ids = stops('</Path>')
    ? [...words(1 + rng.nextInt(2)), pieceId('</Path>')]
    : stops('</Summary>')
      ? [...words(1), pieceId('</Summary>')]
      : stops('<Parallel>')
        ? [...words(1), pieceId('<Parallel>')]
        : [pieceId('\n'), pieceId('Final Answer: '), pieceId('3'), EOS_ID];
  // The first log-prob tells which call was answered, see `readToyAnswers`.
  const logprobs = ids.map((_, i) => (i === 0 ? -request.seed - 1 : rng.nextInt(3) === 0 ? -0 : -rng.next()));
  return { ids, text: decodeToy(ids), logprobs, finish: 'stop', cachedTokens: null };
}

/** What the store keeps for an owner: seeds of answered calls, and joined paths by name of the join. */
export function readToyAnswers(
  store: Pick<RunStore, 'loadAnswers'>,
  owner: readonly (string | number)[],
): { readonly seeds: readonly number[]; readonly joins: ReadonlyMap<string, number[]> } {
  const answers = store.loadAnswers(TOY_RUN, 2, JSON.stringify(owner));
  const isJoin = (call: string) => call.includes('join');
  return {
    seeds: answers.flatMap(({ call, answer }) =>
      isJoin(call) ? [] : [-unpackCompletion((JSON.parse(answer) as PackedCompletion[])[0]!).logprobs[0]! - 1],
    ),
    joins: new Map(answers.flatMap(({ call, answer }) => (isJoin(call) ? [[call, JSON.parse(answer)]] : []))),
  };
}
