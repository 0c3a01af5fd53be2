import type { JoinPolicy, RolloutSettings } from '../src/core/curriculum.ts';
import type { Rng } from '../src/core/rng.ts';
import { EngineError } from '../src/errors.ts';
import { FORGETFUL } from '../src/pipeline/rollout/answer-log.ts';
import type { CallSpec, RolloutIo } from '../src/pipeline/rollout/trajectory-calls.ts';
import type { Completion } from '../src/ports/engine.ts';
import { createToyIo, TOY, TOY_SETTINGS, toyText } from '../test/support/token-script-engine.ts';

/** Settings and engines a rollout executor must survive. */

/** Random settings of a rollout, small enough that budgets bind. */
export function drawSettings(rng: Rng): RolloutSettings {
  const from = (min: number, max: number) => min + rng.nextInt(max - min + 1);
  const fewest = from(2, 4);
  const joins: readonly JoinPolicy[] = [
    { kind: 'all' },
    { kind: 'first' },
    { kind: 'quorum', count: from(2, 3) },
    { kind: 'deadline', ms: 1 },
  ];
  const maxPathTokens = from(1, 30);
  return {
    ...TOY_SETTINGS,
    mode: rng.nextInt(10) === 0 ? 'sequential' : 'parallel',
    paths: rng.nextInt(2) === 0 ? fewest : { min: fewest, max: from(fewest, 5) },
    join: joins[rng.nextInt(joins.length)]!,
    joinOrder: rng.nextInt(2) === 0 ? 'emitted' : 'longest-first',
    duplicatePaths: rng.nextInt(2) === 0 ? 'keep' : 'reseed',
    maxBlocks: from(0, 3),
    maxResponseTokens: from(1, 240),
    maxPathTokens,
    minPathTokens: from(1, maxPathTokens),
    maxSummaryTokens: from(1, 20),
    reserveSummaryTokens: from(0, 20),
    reserveAnswerTokens: from(0, 20),
  };
}

/** What the engine did, for checks. */
export interface HostileIo extends RolloutIo {
  readonly calls: readonly CallSpec[];
  /** What it answered, by seed. */
  readonly given: ReadonlyMap<number, readonly Completion[]>;
  /** How often it broke the contract of an engine, or refused. */
  readonly breaches: number;
}

/** An engine in process that does what it likes within the contract, and now and then not even that. */
export function createHostileIo(settings: RolloutSettings, rng: Rng): HostileIo {
  const calls: CallSpec[] = [];
  const given = new Map<number, readonly Completion[]>();
  let breaches = 0;
  const labels = rng.nextInt(4) === 0 && settings.joinOrder === 'emitted' ? [[90], [91, 92]] : null;
  const complete: RolloutIo['complete'] = async (call, signal) => {
    calls.push(call);
    if (calls.length > MAX_CALLS) throw new Error('there is no end of calls');
    await passTurns(rng.nextInt(5) === 0 ? 12 : rng.nextInt(4));
    signal.throwIfAborted();
    const completions = Array.from({ length: call.n }, () => write(call, rng));
    const broken = rng.nextInt(60) === 0 ? breakContract(call, completions, rng) : completions;
    if (broken !== completions) breaches += 1;
    if (broken instanceof EngineError) throw broken;
    given.set(call.seed, broken);
    return broken;
  };
  return {
    ...createToyIo(() => [], settings, labels),
    answers: FORGETFUL,
    clock: { sleep: () => passTurns(rng.nextInt(8)) },
    calls,
    given,
    get breaches() {
      return breaches;
    },
    complete,
  };
}

/** Far more than any case can need. */
const MAX_CALLS = 1000;

async function passTurns(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

function write(call: CallSpec, rng: Rng): Completion {
  const stops = [...call.stopTokenIds];
  const stop = stops[rng.nextInt(stops.length)]!;
  const room = call.maxTokens;
  const words = (count: number) => drawIds(Math.min(count, room), rng).filter((id) => !stops.includes(id));
  switch (rng.nextInt(8)) {
    case 0:
      return toCompletion([], 'stop');
    case 1:
      return toCompletion([TOY.eos], 'stop');
    case 2:
      return toCompletion([stop], 'stop');
    // Runs into its cap, or gives up before it.
    case 3:
      return toCompletion(words(room), 'length');
    case 4:
      return toCompletion(words(rng.nextInt(room + 1)), 'length');
    // A sibling's twin.
    case 5:
      return toCompletion([...words(Math.min(1, room - 1)), stop], 'stop');
    // Tags that end no call of this kind stand in the middle.
    default:
      return toCompletion([...words(rng.nextInt(Math.min(room, 30))), stop].slice(-room), 'stop');
  }
}

/** Plain tokens for the most part, any tag and end of sequence among them. */
function drawIds(count: number, rng: Rng): number[] {
  return Array.from({ length: count }, () => (rng.nextInt(6) === 0 ? 1 + rng.nextInt(8) : 10 + rng.nextInt(4)));
}

function toCompletion(ids: readonly number[], finish: Completion['finish']): Completion {
  return { ids, text: toyText(ids), logprobs: ids.map((id) => -id / 7), finish, cachedTokens: null };
}

function breakContract(call: CallSpec, completions: readonly Completion[], rng: Rng): EngineError | Completion[] {
  const [first, ...others] = completions;
  switch (rng.nextInt(6)) {
    case 0:
      return [...completions, first!];
    case 1:
      return others;
    case 2:
      return [toCompletion(drawIds(call.maxTokens + 1, rng), 'length'), ...others];
    case 3:
      return call.maxTokens < 2 ? others : [toCompletion([call.stopTokenIds[0]!, 10], 'stop'), ...others];
    case 4:
      return [{ ...first!, logprobs: [...first!.logprobs, -1] }, ...others];
    default:
      return new EngineError('400 refused', { status: 400 });
  }
}
