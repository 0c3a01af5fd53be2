/**
 * Looks at a store of many rollouts: how long the first paint of `view`, `show`, its lists and `report` take, and how much
 * memory. `node bench/large-store.ts [rollouts] [folder]` writes the store first, unless it is there (1 kB a rollout).
 * Limits are those of the last column; nothing here is part of the test run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { PRESETS } from '../src/config/presets.ts';
import { runConfigSchema } from '../src/config/schema.ts';
import { createRng } from '../src/core/rng.ts';
import type { Piece, Segment } from '../src/core/trajectory.ts';
import type { RolloutRecord } from '../src/ports/run-store/rollouts.ts';
import type { RunStore } from '../src/ports/run-store/run-store.ts';

const ROOT = join(import.meta.dirname, '..');
const GROUP = 8;
const GROUPS = 64;
const RUN = 'large';

const rollouts = Number(process.argv[2] ?? 1_000_000);
const folder = process.argv[3] ?? join(tmpdir(), 'parallel-r1-large');
const file = join(folder, `rollouts-${rollouts}.db`);

/** A run of two RL stages with evaluations; every problem comes back some twenty times. */
function writeStore(): void {
  mkdirSync(folder, { recursive: true });
  using store = openRunStore(file);
  const config = runConfigSchema.parse(PRESETS.embedded);
  store.createRun(
    {
      ...{ id: RUN, name: 'large', preset: 'embedded', seed: 7, configJson: JSON.stringify(config), configHash: '-' },
      ...{ softwareVersion: '0.0.0', status: 'done', message: null, createdAtMs: 0, updatedAtMs: 3_600_000 },
    },
    config.stages.map(({ id, kind }, index) => ({ index, id, kind, status: 'done', stateJson: '{"steps":1}' })),
  );
  const steps = Math.ceil(rollouts / GROUP / GROUPS);
  for (let step = 1; step <= steps; step += 1) writeStep(store, step, steps);
}

function writeStep(store: RunStore, step: number, steps: number): void {
  const { next: rng } = createRng(step);
  const stageIndex = step * 2 <= steps ? 2 : 3;
  const purpose = step % 50 === 1 ? 'eval' : 'train';
  const skill = step / steps;
  const records = Array.from({ length: GROUPS * GROUP }, (_, i) => {
    const group = Math.floor(i / GROUP);
    const number = purpose === 'eval' ? group : Math.floor(rng() * Math.max(GROUPS, (steps * GROUPS) / 20));
    return makeRollout(
      { stageIndex, purpose, step, group, sample: i % GROUP },
      `${purpose}-${number}`,
      rng() < skill,
      rng,
    );
  });
  // A group answers one problem.
  store.saveRollouts(
    RUN,
    records.map((one, i) => ({ ...one, problem: records[i - (i % GROUP)]!.problem })),
  );
  const share = records.filter(({ verdict }) => verdict?.verdict === 'correct').length / records.length;
  if (purpose === 'eval') {
    store.saveMetrics(RUN, [
      { stageIndex, step, key: 'eval/hard/mean_accuracy', value: share },
      { stageIndex, step, key: 'eval/hard/standard_error', value: 0.02 },
    ]);
  }
  const keys = Array.from({ length: 40 }, (_, i) => [`figure/${i}`, rng()] as const);
  store.commitStep(RUN, stageIndex, step, {
    ...Object.fromEntries(keys),
    ...{
      'reward/correct_fraction': share,
      'rollout/parallel_fraction': skill,
      'rollout/mean_tokens': 60,
      'rollout/mean_critical_tokens': 40,
    },
  });
}

type Key = Pick<RolloutRecord, 'stageIndex' | 'purpose' | 'step' | 'group' | 'sample'>;

function makeRollout(key: Key, id: string, isRight: boolean, rng: () => number): RolloutRecord {
  const isBroken = rng() < 0.00005;
  return {
    ...key,
    problem: { id, source: 'large', text: `Problem ${id}: how many in all?`, answer: '42', level: 'hard' },
    set: key.purpose === 'eval' ? 'hard' : null,
    trajectory: { promptIds: [1, 2, 3], segments: SEGMENTS, end: 'eos' },
    failure: null,
    weightsVersion: `large-${key.step}`,
    verdict: {
      verdict: isRight ? 'correct' : 'incorrect',
      rule: 'rational',
      reason: null,
      extracted: isRight ? '42' : '41',
      verifier: 'math/2',
    },
    formatMode: 'strict',
    formatValid: !isBroken,
    formatCode: isBroken ? 'text_before_summary' : null,
    reward: {
      value: isRight ? 1 : -1,
      mode: 'accuracy',
      correct: isRight,
      blocksInText: 1,
      blocksExecuted: 1,
      blocksEffective: 1,
      formatValid: !isBroken,
    },
    durationMs: 300,
  };
}

function makePiece(tokens: number, origin: Piece['origin'] = 'policy'): Piece {
  const ids = Array.from({ length: tokens }, (_, i) => 10 + ((i * 7) % 30));
  return {
    ids,
    text: ids.map((one) => ` w${one}`).join(''),
    logprobs: origin === 'policy' ? ids.map((one) => Math.fround(-one / 90)) : null,
    origin,
  };
}

const SEGMENTS: readonly Segment[] = (
  [
    ['main', 0, 0, [makePiece(6)]],
    ['path', 1, 1, [makePiece(1, 'injected'), makePiece(18)]],
    ['path', 1, 2, [makePiece(1, 'injected'), makePiece(14)]],
    ['summary', 1, 0, [makePiece(3, 'injected'), makePiece(10)]],
    ['main', 0, 0, [makePiece(8)]],
  ] as const
).map(([role, block, path, pieces], i) => ({
  role,
  block,
  path,
  pieces,
  stop: i === 4 ? 'eos' : 'tag',
  flags: [],
  seed: 1,
  weightsVersion: 'w',
}));

/** Runs a command; prints time and the most memory that it held. */
function measure(name: string, args: readonly string[], limitMs: number, limitMb: number | null): void {
  const program = `
    const { main } = await import(${JSON.stringify(join(ROOT, 'src/cli/main.ts'))});
    process.stdout.write = () => true;
    await main(${JSON.stringify([...args, '--db', file, '--quiet'])});
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    process.stderr.write([maxRSS, (userCPUTime + systemCPUTime) / 1000].join(' '));`;
  const startedMs = performance.now();
  const { stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  const tookMs = performance.now() - startedMs;
  const [megabytes = Number.NaN, cpuMs = Number.NaN] = stderr
    .split(' ')
    .map((value, i) => (i === 0 ? Number(value) / 1024 : Number(value)));
  if (status !== 0 || !Number.isFinite(megabytes)) throw new Error(`${name}: ${stderr}`);
  const limit = `${limitMs} ms${limitMb === null ? '' : `, ${limitMb} MB`}`;
  process.stdout.write(
    `${name.padEnd(32)} ${tookMs.toFixed(0).padStart(7)} ms ${cpuMs.toFixed(0).padStart(7)} ms of CPU ${megabytes.toFixed(0).padStart(6)} MB   (limit ${limit})\n`,
  );
}

/** From the address to the first card on the screen, in a browser that is open already; the store is opened as `view` does. */
async function measurePaint(): Promise<void> {
  const { Browser, CHROMIUM } = await import('../test/support/chromium.ts');
  const { loadPageBundle } = await import('../adapters/page-bundle/load-page-bundle.ts');
  const { openPageServer } = await import('../adapters/page-server/open-page-server.ts');
  const { createPageAnswers, createPageMetrics } = await import('../src/app/page-answers.ts');
  if (CHROMIUM === null) {
    process.stdout.write('view: no Chromium\n');
    return;
  }
  using store = openRunStore(file, { readonly: true });
  await using server = await openPageServer({
    ...(await loadPageBundle()),
    ...{
      port: 0,
      token: 't',
      title: 'large',
      answer: createPageAnswers(store, RUN),
      metrics: createPageMetrics(store, RUN),
      version: () => store.dataVersion(),
    },
  });
  await using browser = new Browser();
  for (const [name, hash, selector] of [
    ['view, first paint', '', '.timeline'],
    ['view, trajectories', '#/trajectories?correct=false', '.problem'],
    ['view, problems', '#/problems', '.heat'],
  ] as const) {
    const page = await browser.open('about:blank');
    const startedMs = performance.now();
    const opened = await browser.open(`${server.url}${hash}`);
    await opened.waitFor(`document.querySelector('${selector}')`);
    process.stdout.write(
      `${name.padEnd(32)} ${(performance.now() - startedMs).toFixed(0).padStart(7)} ms             (limit 1000 ms)\n`,
    );
    assertQuiet(opened.complaints, page.complaints);
  }
}

function assertQuiet(...lists: readonly string[][]): void {
  const [first] = lists.flat();
  if (first !== undefined) throw new Error(first);
}

async function main(): Promise<void> {
  if (!existsSync(file)) writeStore();
  process.stdout.write(`${rollouts.toLocaleString('en')} rollouts, ${(statSync(file).size / 1e9).toFixed(2)} GB\n`);

  measure('show', ['show', RUN], 1_000, null);
  measure('show --rollouts --wrong', ['show', RUN, '--rollouts', '--wrong'], 1_000, null);
  measure('show --rollouts --code (rare)', ['show', RUN, '--rollouts', '--code', 'text_before_summary'], 1_000, null);
  measure('why', ['why', String(Math.floor(rollouts / 2))], 1_000, null);
  await measurePaint();
  measure('report', ['report', RUN, '--out', join(folder, 'report.html')], 60_000, 500);
  process.stdout.write(`report.html ${(statSync(join(folder, 'report.html')).size / 1e6).toFixed(2)} MB (limit 2)\n`);
}

await main();
