/**
 * Several endpoints as one engine, on real loopback servers.
 *
 *  1. sticky: one prefix, one endpoint; prefixes spread; a lost endpoint moves its prefixes only, and they come back
 *  2. spread: the endpoint with least in flight
 *  3. a slow endpoint does not hold everything that hashes to it
 *  4. an endpoint that dies in the middle of a step and comes back: reported once, every call answered once, used again
 *  5. a refusal with Retry-After moves the call to another endpoint at once; with all of them tired the pause holds
 *  6. weights lost in a restart: loaded again before the endpoint gets another call for them
 *  7. weights switched while an endpoint was away: it comes back with the new version only, under the right place
 *  8. a load that one endpoint refuses for good is refused; one that it cannot answer takes it out
 *  9. models are what all list, with the shortest context; capabilities are the weakest
 * 10. with none up a call is refused with a pause until the next probe, and probes come with growing pauses
 * 11. health: passes with one endpoint up and says which are out; fails with the endpoint's words when none is
 * 12. an abort ends a call that waits for an endpoint, with its reason
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { EngineError } from '../../src/errors.ts';
import { createCallPolicy } from '../../src/pipeline/engine/calls.ts';
import { combineCapabilities, intersectModels } from '../../src/pipeline/engine/fleet/combine-answers.ts';
import {
  askFor,
  createStandingClock,
  type EndpointServer,
  openFleet,
  type StandingClock,
  startEndpoint,
} from '../support/engine-endpoints.ts';
import { type Answer, json, silence } from '../support/fault-server.ts';

const COMPLETIONS = '/v1/completions';
const NEVER = new AbortController().signal;
const POLICY = { tries: 8, firstPauseMs: 250, maxPauseMs: 30_000 };

/** A pause that moves the clock instead of waiting for it. */
const pass = (clock: StandingClock) => async (ms: number) => {
  clock.advance(ms);
  await new Promise((resolve) => setImmediate(resolve));
};

/** `before` answers completions as long as it returns an answer; everything else is the server's own. */
function intercept(server: EndpointServer, before: () => Answer | null): void {
  const own = server.answer;
  server.answer = (response, request) => {
    const answer = request.path === COMPLETIONS ? before() : null;
    (answer ?? own)(response, request);
  };
}

const startPair = (t: Parameters<typeof startEndpoint>[0]) => Promise.all([startEndpoint(t), startEndpoint(t)]);

test('1. sticky', async (t) => {
  const servers = await Promise.all([1, 2, 3].map(() => startEndpoint(t)));
  const clock = createStandingClock();
  const { fleet, nextChange } = openFleet(t, servers, { placement: 'sticky', clock });
  const keys = Array.from({ length: 30 }, (_, i) => `problem ${i}`);
  const placeAll = async () => {
    const places = new Map<string, number>();
    for (const prefixKey of keys) {
      const before = servers.map((server) => server.count(COMPLETIONS));
      await fleet.complete(askFor(1, { prefixKey })).catch(() => fleet.complete(askFor(1, { prefixKey })));
      await fleet.complete(askFor(2, { prefixKey, prompt: [9, 9] }));
      places.set(
        prefixKey,
        servers.findIndex((server, i) => server.count(COMPLETIONS) === before[i]! + 2),
      );
    }
    return places;
  };
  const first = await placeAll();
  for (const server of [0, 1, 2]) assert.ok([...first.values()].includes(server), `server ${server} has no prefix`);
  assert.ok(![...first.values()].includes(-1));
  servers[1]!.die();
  await assert.rejects(fleet.complete(askFor(1, { prefixKey: keys.find((key) => first.get(key) === 1)! })));
  const without = await placeAll();
  for (const key of keys) {
    if (first.get(key) === 1) assert.notEqual(without.get(key), 1);
    else assert.equal(without.get(key), first.get(key));
  }
  servers[1]!.recover();
  clock.advance(100_000);
  const back = nextChange();
  await fleet.complete(askFor(1));
  await back;
  assert.deepEqual(await placeAll(), first);
});

test('2. spread', async (t) => {
  const servers = await startPair(t);
  const held: (() => void)[] = [];
  for (const server of servers) {
    const own = server.answer;
    server.answer = (response, request) => {
      if (request.path === COMPLETIONS) held.push(() => own(response, request));
      else own(response, request);
    };
  }
  const { fleet } = openFleet(t, servers, { placement: 'spread', clock: createStandingClock() });
  const calls = Array.from({ length: 10 }, (_, i) => fleet.complete(askFor(i)));
  while (held.length < 10) await Promise.race(servers.map((server) => server.next()));
  assert.deepEqual(
    servers.map((server) => server.count(COMPLETIONS)),
    [5, 5],
  );
  for (const answer of held) answer();
  await Promise.all(calls);
});

test('3. a slow endpoint', async (t) => {
  const servers = await startPair(t);
  const { fleet } = openFleet(t, servers, { placement: 'sticky', clock: createStandingClock() });
  const prefixKey = 'one prefix';
  await fleet.complete(askFor(0, { prefixKey }));
  const slow = servers.findIndex((server) => server.count(COMPLETIONS) === 1);
  intercept(servers[slow]!, () => silence);
  const stop = new AbortController();
  const calls = Array.from({ length: 60 }, (_, i) => fleet.complete(askFor(i, { prefixKey }), stop.signal));
  const settled = Promise.allSettled(calls);
  const other = servers[1 - slow]!;
  while (other.count(COMPLETIONS) < 60 - 45) await other.next();
  // Thirty-two are free; beyond them the slow one may hold one and a half times its share.
  assert.ok(servers[slow]!.count(COMPLETIONS) - 1 <= 45);
  stop.abort(new Error('enough'));
  await settled;
});

test('4. dies and comes back', async (t) => {
  const servers = await startPair(t);
  const clock = createStandingClock();
  const { fleet, changes } = openFleet(t, servers, { placement: 'sticky', clock });
  const pausing = { ...clock, sleep: pass(clock) };
  const calls = createCallPolicy({ ...POLICY, maxInFlight: 40, clock: pausing });
  const expected = await Promise.all(Array.from({ length: 200 }, (_, seed) => fleet.complete(askFor(seed))));
  let answered = 0;
  let served = 0;
  for (const server of servers) {
    intercept(server, () => {
      served += 1;
      return null;
    });
  }
  const [first] = servers;
  const own = first!.answer;
  const run = (seed: number) =>
    calls.run((signal) => fleet.complete(askFor(seed, { prefixKey: `group ${seed >> 2}` }), signal), NEVER);
  const step = Array.from({ length: 200 }, async (_, seed) => {
    const answer = await run(seed);
    answered += 1;
    if (answered === 50) first!.die();
    if (answered === 150) first!.answer = own;
    assert.deepEqual(answer, expected[seed]);
  });
  await Promise.all(step);
  assert.equal(answered, 200);
  assert.equal(served, 200, 'a call is computed once');
  assert.equal(changes.filter((change) => change === '0 out').length, 1);
  assert.ok(!changes.some((change) => change.startsWith('1')));
  // Nothing is lost by an outage that only the pauses outlast.
  for (let seed = 0; !changes.includes('0 back'); seed += 1) {
    await run(seed);
    await pausing.sleep(1000);
  }
  const used = first!.count(COMPLETIONS);
  await Promise.all(Array.from({ length: 40 }, (_, i) => run(4 * i)));
  assert.ok(first!.count(COMPLETIONS) > used);
  assert.ok(calls.stats().retries.no_answer > 0);
});

test('5. Retry-After', async (t) => {
  const servers = await startPair(t);
  const clock = createStandingClock();
  const { fleet, changes } = openFleet(t, servers, { placement: 'sticky', clock });
  const prefixKey = 'one prefix';
  await fleet.complete(askFor(0, { prefixKey }));
  const home = servers.findIndex((server) => server.count(COMPLETIONS) === 1);
  const refuse = json({ error: { message: 'slow down' } }, 429, { 'retry-after': '7' });
  intercept(servers[home]!, () => refuse);
  const failure = (error: unknown) => error as EngineError;
  const one = await fleet.complete(askFor(1, { prefixKey })).catch(failure);
  assert.ok(one instanceof EngineError && one.retryable && one.status === 429);
  assert.equal(one.retryAfterMs, null, 'another endpoint can take it now');
  await fleet.complete(askFor(1, { prefixKey }));
  assert.equal(servers[1 - home]!.count(COMPLETIONS), 1);
  intercept(servers[1 - home]!, () => refuse);
  const both = await fleet.complete(askFor(2, { prefixKey })).catch(failure);
  assert.ok(both instanceof EngineError);
  assert.equal(both.retryAfterMs, 7000);
  assert.deepEqual(changes, [], 'a busy endpoint is not out');
  clock.advance(7000);
  await fleet.complete(askFor(3, { prefixKey })).catch(() => undefined);
  assert.equal(servers[home]!.count(COMPLETIONS), 3, 'rested, it is asked again');
});

test('6. weights lost', async (t) => {
  const servers = await startPair(t);
  const { fleet, changes, nextChange } = openFleet(t, servers, { placement: 'spread', clock: createStandingClock() });
  await fleet.loadWeights('run-1', '/weights/1');
  await fleet.loadWeights('run-2', '/weights/2');
  const expected = await fleet.complete(askFor(5, { model: 'run-2' }));
  servers[0]!.restart();
  const outcomes = await Promise.allSettled([1, 2].map(() => fleet.complete(askFor(5, { model: 'run-2' }))));
  const lost = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason);
  assert.equal(lost.length, 1);
  assert.ok(lost[0] instanceof EngineError && lost[0].retryable);
  assert.match(lost[0].message, /weights run-2 are lost: .*404/);
  if (!changes.includes('0 back')) await nextChange();
  assert.deepEqual(changes, ['0 out', '0 back']);
  const loads = servers[0]!.seen.filter(({ path }) => path === '/v1/load_lora_adapter').map(({ body }) => body);
  assert.deepEqual(
    loads.slice(2).map(({ lora_name, lora_path }) => [lora_name, lora_path]),
    [
      ['run-1', '/weights/1'],
      ['run-2', '/weights/2'],
    ],
  );
  for (const answer of await Promise.all([1, 2, 3, 4].map(() => fleet.complete(askFor(5, { model: 'run-2' }))))) {
    assert.deepEqual(answer, expected);
  }
  await assert.rejects(fleet.complete(askFor(5, { model: 'nobody' })), { retryable: false, status: 404 });
  assert.equal(changes.length, 2, 'a name nobody loaded is the caller’s fault');
});

test('7. switched while away', async (t) => {
  const servers = await startPair(t);
  const clock = createStandingClock();
  const { fleet, changes, nextChange } = openFleet(t, servers, { placement: 'spread', clock });
  await fleet.loadWeights('run-1', '/weights/1');
  await fleet.loadWeights('kept', '/weights/old');
  servers[0]!.die();
  await fleet.listModels();
  assert.deepEqual(changes, ['0 out']);
  await fleet.unloadWeights('run-1');
  await fleet.unloadWeights('kept');
  await fleet.loadWeights('kept', '/weights/new');
  await fleet.loadWeights('run-2', '/weights/2');
  servers[0]!.recover();
  clock.advance(100_000);
  const back = nextChange();
  await fleet.complete(askFor(1, { model: 'run-2' }));
  await back;
  const models = (await fleet.listModels()).map(({ id }) => id);
  assert.deepEqual(models.toSorted(), ['double-base', 'kept', 'run-2']);
  const last = servers[0]!.seen.filter(({ path, body }) => /load_lora/.test(path) && body.lora_name === 'kept');
  assert.deepEqual(
    last.slice(-2).map(({ path, body }) => [path, body.lora_path]),
    [
      ['/v1/unload_lora_adapter', undefined],
      ['/v1/load_lora_adapter', '/weights/new'],
    ],
  );
});

test('8. loads that fail', async (t) => {
  const servers = await startPair(t);
  const { fleet, changes } = openFleet(t, servers, { placement: 'spread', clock: createStandingClock() });
  const own = servers[1]!.answer;
  const failLoads =
    (answer: Answer): Answer =>
    (response, request) =>
      (request.path === '/v1/load_lora_adapter' ? answer : own)(response, request);
  servers[1]!.answer = failLoads(json({ error: { message: 'no such directory' } }, 404));
  await assert.rejects(fleet.loadWeights('run-1', '/elsewhere'), /no such directory/);
  assert.deepEqual(changes, []);
  await fleet.unloadWeights('run-1');
  servers[1]!.answer = failLoads(json({ error: { message: 'out of memory' } }, 500));
  await fleet.loadWeights('run-1', '/weights/1');
  assert.equal(changes[0], '1 out');
  assert.ok((await fleet.listModels()).some(({ id }) => id === 'run-1'));
  servers[0]!.die();
  servers[1]!.die();
  await assert.rejects(fleet.loadWeights('run-2', '/weights/2'), { retryable: true });
});

test('9. what all have', () => {
  const model = (id: string, maxLength: number | null) => ({ id, maxLength, parent: null });
  const lists = [
    [model('a', 100), model('b', null), model('c', 5)],
    [model('b', 7), model('a', 80)],
  ];
  assert.deepEqual(intersectModels(lists), [model('a', 80), model('b', 7)]);
  const all = { tokenIds: true, loadWeights: true, tokenize: true, anyText: true };
  assert.deepEqual(combineCapabilities([all, { ...all, loadWeights: false }]), { ...all, loadWeights: false });
});

test('10. none up', async (t) => {
  const servers = await startPair(t);
  const clock = createStandingClock();
  const { fleet, changes } = openFleet(t, servers, { placement: 'spread', clock });
  for (const server of servers) server.die();
  await assert.rejects(fleet.listModels(), { retryable: true });
  const probes = () => servers.map((server) => server.count('/health'));
  const ask = () => fleet.complete(askFor(1)).catch((error: unknown) => error as EngineError);
  const pauses: (number | null)[] = [];
  for (let round = 1; round <= 8; round += 1) {
    const refused = await ask();
    assert.ok(refused instanceof EngineError && refused.retryable && refused.status === null);
    assert.match(refused.message, /none of the 2 endpoints in engine\.urls answers: .*cut/);
    assert.deepEqual(probes(), [round, round]);
    const again = await ask();
    assert.ok(again instanceof EngineError && again.retryAfterMs === refused.retryAfterMs);
    assert.deepEqual(probes(), [round, round], 'not before its time');
    pauses.push(refused.retryAfterMs);
    clock.advance(refused.retryAfterMs ?? 0);
  }
  assert.deepEqual(pauses, [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  assert.deepEqual(changes.toSorted(), ['0 out', '1 out']);
  servers[1]!.recover();
  assert.equal((await fleet.complete(askFor(1))).length, 1);
});

test('11. health', async (t) => {
  const servers = await startPair(t);
  const { fleet } = openFleet(t, servers, { placement: 'spread', clock: createStandingClock() });
  assert.deepEqual(await fleet.checkHealth(), { version: '0.0-double' });
  servers[0]!.die();
  await fleet.checkHealth();
  const [first, second] = fleet.listEndpoints?.() ?? [];
  assert.deepEqual([first?.isUp, second?.isUp, second?.reason], [false, true, null]);
  assert.match(first?.reason ?? '', /\/health: the connection was cut/);
  servers[1]!.die();
  await assert.rejects(fleet.checkHealth(), /the connection was cut/);
  servers[0]!.recover();
  await fleet.checkHealth();
});

test('12. abort', async (t) => {
  const server = await startEndpoint(t);
  const { fleet } = openFleet(t, [server], { placement: 'sticky', clock: createStandingClock() });
  server.die();
  await assert.rejects(fleet.complete(askFor(1)));
  server.answer = silence;
  const stop = new AbortController();
  const reason = new Error('enough');
  const failed = assert.rejects(fleet.complete(askFor(1), stop.signal), (error) => error === reason);
  stop.abort(reason);
  await failed;
});
