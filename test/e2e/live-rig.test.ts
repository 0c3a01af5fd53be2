/**
 * `npm run live` with made-up programs in the places of Python, uv and the servers.
 *
 * 1. `setup` says what is to be done and how large it is, does it once, and a second call does nothing; `--dry-run` only says it.
 * 2. A step that fails ends `setup` with exit code 1 and the last words of its log; the next call does that step and not those before.
 * 3. Interrupted, `setup` ends what it started, a process in a session of its own included, with exit code 130; the next call goes on.
 * 4. Without a Python 3.12 it says so in one line that names what to do; a Python that is named and none is exit code 2.
 * 5. Two set-ups at once: the second one is refused with the number of the first.
 * 6. `up` before `setup` names the missing steps and the command that brings them.
 * 7. `up` starts engine and trainer and puts vLLM's engine process, which spins, behind the others; `status` tells where; a second `up` says they run already and starts nothing; `down` ends both and what they started.
 * 8. A server that ends before it answers: its last words, exit code 1, and the other one is ended too.
 * 9. Interrupted while it waits, `up` ends what it started.
 * 10. A port that is taken, and another model than the one that runs, are one line each.
 * 11. Unknown commands, options and names end with exit code 2 and one line.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { identifyProcess } from '../../scripts/live/process-family.ts';
import { choosePorts, type FakeRig, makeFakeRig } from '../support/fake-live-programs.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const skip = (process.platform !== 'linux' || process.arch !== 'x64') && 'the rig is for Linux on x86-64';
const folder = makeTempFolder('live-rig');
const STEPS = ['setup', '--only', 'vllm,skyrl,qwen3'];

/** A rig of one test; what it started is ended after it. */
function makeRig(t: test.TestContext): FakeRig {
  const rig = makeFakeRig(join(folder, t.name.split(':')[0]!));
  t.after(async () => {
    rig.wish({});
    await rig.run(['down']);
    assert.deepEqual(rig.children().filter(isAlive), [], 'processes are left');
  });
  return rig;
}

async function makeReadyRig(t: test.TestContext): Promise<FakeRig> {
  const rig = makeRig(t);
  const { code, stderr } = await rig.run(STEPS);
  assert.equal(code, 0, stderr);
  return rig;
}

/** Whether a process runs; one that ended and was not fetched by its parent does not. */
const isAlive = (pid: number) => identifyProcess(pid) !== null;

/** Resolves when programs have left `count` children behind. */
async function waitForChildren(rig: FakeRig, count: number): Promise<void> {
  if (rig.children().length >= count) return;
  const watcher = watch(rig.root, { recursive: true });
  for (;;) {
    if (rig.children().length >= count) break;
    await once(watcher, 'change');
  }
  watcher.close();
}

const onlyLine = (text: string) => {
  const lines = text.trim().split('\n');
  assert.equal(lines.length, 1, text);
  return lines[0]!;
};

test('1: set up once', { skip }, async (t) => {
  const rig = makeRig(t);
  const planned = await rig.run([...STEPS, '--dry-run']);
  assert.equal(planned.code, 0);
  assert.match(planned.stderr, /to do {2}skyrl +SkyRL 0\.4\.0/);
  assert.match(planned.stderr, /to do: \d+\.\d GB of disk/);
  assert.deepEqual(rig.calls(), []);
  assert.equal((await rig.run(STEPS)).code, 0);
  assert.ok(existsSync(join(rig.root, 'models', 'qwen3')));
  const before = rig.calls();
  assert.ok(
    before.some((call) => /^pip install .*--no-deps --requirements .*locks\/vllm\.txt$/.test(call)),
    before.join('\n'),
  );
  const again = await rig.run(STEPS);
  assert.equal(again.code, 0);
  assert.match(again.stderr, /nothing to do/);
  assert.deepEqual(rig.calls(), before);
});

test('2: a step fails', { skip }, async (t) => {
  const rig = makeRig(t);
  rig.wish({ 'locks/skyrl.txt': 'fail' });
  const failed = await rig.run(STEPS);
  assert.equal(failed.code, 1);
  assert.match(
    failed.stderr,
    /install skyrl failed \(exit code 1\); the end of .*setup-skyrl\.log:\nfirst words\nlast words/,
  );
  const before = rig.calls().length;
  rig.wish({});
  assert.equal((await rig.run(STEPS)).code, 0);
  const later = rig.calls().slice(before);
  assert.ok(later.some((call) => call.includes('locks/skyrl.txt')));
  assert.ok(!later.some((call) => call.includes('locks/vllm.txt')), later.join('\n'));
});

test('3: interrupted', { skip }, async (t) => {
  const rig = makeRig(t);
  rig.wish({ 'locks/skyrl.txt': 'hang' });
  const { child, ended } = rig.start(STEPS);
  await waitForChildren(rig, 1);
  child.kill('SIGINT');
  assert.equal((await ended).code, 130);
  assert.deepEqual(rig.children().filter(isAlive), []);
  rig.wish({});
  const { code, stderr } = await rig.run(STEPS);
  assert.equal(code, 0, stderr);
  assert.match(stderr, /done {3}vllm/);
  assert.match(stderr, /to do {2}skyrl/);
});

test('4: no Python', { skip }, async (t) => {
  const rig = makeRig(t);
  const none = await rig.run(STEPS, { PATH: '' });
  assert.equal(none.code, 1);
  assert.match(onlyLine(none.stderr), /no Python 3\.12 .*name it with --python PATH/);
  const wrong = await rig.run([...STEPS, '--python', '/nowhere/python']);
  assert.equal(wrong.code, 2);
  assert.match(onlyLine(wrong.stderr), /--python \/nowhere\/python: cannot be run/);
});

test('5: two at once', { skip }, async (t) => {
  const rig = makeRig(t);
  rig.wish({ 'locks/skyrl.txt': 'hang' });
  const { child, ended } = rig.start(STEPS);
  await waitForChildren(rig, 1);
  const second = await rig.run(STEPS);
  assert.equal(second.code, 1);
  assert.match(second.stderr, new RegExp(`a set-up is under way already \\(process ${child.pid}\\)`));
  child.kill('SIGINT');
  await ended;
});

test('6: up before set-up', { skip }, async (t) => {
  const rig = makeRig(t);
  const { code, stderr } = await rig.run(['up']);
  assert.equal(code, 1);
  assert.match(
    onlyLine(stderr),
    /vllm and skyrl and qwen3 not set up in .*: npm run live -- setup --only vllm,skyrl,qwen3/,
  );
});

test('7: up, status, up, down', { skip }, async (t) => {
  const rig = await makeReadyRig(t);
  const first = await rig.run(['up', ...(await choosePorts())]);
  assert.equal(first.code, 0, first.stderr);
  const [engine, trainer] = [/vLLM .* runs at (http:\S+\/v1) with qwen3/, /SkyRL .* runs at (http:\S+) with qwen3/].map(
    (pattern) => pattern.exec(first.stderr)?.[1],
  );
  const status = await rig.run(['status']);
  assert.ok(status.stdout.includes(`answers at ${engine}, model qwen3`), status.stdout);
  assert.ok(status.stdout.includes(`answers at ${trainer}, model qwen3`), status.stdout);
  const calls = rig.calls().length;
  const second = await rig.run(['up']);
  assert.equal(second.code, 0);
  assert.ok(second.stderr.includes(`runs already at ${engine} `), second.stderr);
  assert.equal(rig.calls().length, calls);
  const servers = rig.children();
  assert.equal(servers.filter(isAlive).length, 2);
  assert.deepEqual(servers.map((pid) => getPriority(pid) - getPriority()).sort(), [0, 19 - getPriority()].sort());
  const down = await rig.run(['down']);
  assert.equal(down.code, 0);
  assert.deepEqual(servers.filter(isAlive), []);
  assert.match((await rig.run(['status'])).stdout, /no server runs/);
  assert.match((await rig.run(['down'])).stderr, /nothing runs/);
});

test('8: a server ends', { skip }, async (t) => {
  const rig = await makeReadyRig(t);
  rig.wish({ 'skyrl.tinker.api': 'end' });
  const { code, stderr } = await rig.run(['up', ...(await choosePorts())]);
  assert.equal(code, 1);
  assert.match(stderr, /SkyRL .* ended before it answered; the end of .*skyrl\.log:\nfirst words\nlast words/);
  assert.match((await rig.run(['status'])).stdout, /no server runs/);
});

test('9: interrupted while waiting', { skip }, async (t) => {
  const rig = await makeReadyRig(t);
  rig.wish({ 'skyrl.tinker.api': 'hang' });
  const { child, ended } = rig.start(['up', ...(await choosePorts())]);
  await waitForChildren(rig, 2);
  child.kill('SIGINT');
  assert.equal((await ended).code, 130);
  assert.deepEqual(rig.children().filter(isAlive), []);
});

test('10: port and model', { skip }, async (t) => {
  const rig = await makeReadyRig(t);
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const refused = await rig.run(['up', ...(await choosePorts()), '--engine-port', String(port)]);
  taken.close();
  assert.equal(refused.code, 1);
  assert.match(onlyLine(refused.stderr), new RegExp(`port ${port} of 127\\.0\\.0\\.1 is taken`));
  assert.equal((await rig.run(['up', ...(await choosePorts())])).code, 0);
  assert.equal((await rig.run(['setup', '--only', 'smollm2'])).code, 1, 'no wheel came');
  const other = await rig.run(['doctor', '--model', 'smollm2']);
  assert.equal(other.code, 1);
  assert.match(onlyLine(other.stderr), /vllm runs with qwen3, not with smollm2: npm run live -- down vllm/);
});

test('11: wrong usage', { skip }, async (t) => {
  const rig = makeRig(t);
  for (const [args, pattern] of [
    [['nothing'], /there is no command nothing; there are setup, up/],
    [['down', '--seed', '1'], /down takes no --seed; it takes no option/],
    [['up', '--trainer', 'other'], /--trainer is "other"; it may be skyrl, tuft/],
    [['up', '--engine-port', '70000'], /"70000" is no port/],
    [['up', 'vllm'], /up takes no vllm/],
    [['setup', '--only', 'vllm,other'], /--only has other; steps are uv, vllm/],
    [['kills', '--trainer', 'tuft'], /--trainer skyrl/],
    [['kills', '--victims', 'engine,me'], /--victims is "me"; it may be controller, engine, trainer/],
    [['curriculum', '--name', '../x'], /--name is "\.\.\/x"/],
    [['setup', '--what'], /Unknown option '--what'/],
  ] as const) {
    const { code, stderr } = await rig.run(args);
    assert.equal(code, 2, stderr);
    assert.match(onlyLine(stderr), pattern);
  }
  const spaced = await rig.run(['status'], { PARALLEL_R1_LIVE: `${rig.root} x` });
  assert.equal(spaced.code, 2);
  assert.match(onlyLine(spaced.stderr), /PARALLEL_R1_LIVE/);
});
