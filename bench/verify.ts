/**
 * The verifier over all public cases, and Math-Verify over the same ones in the same run: `node bench/verify.ts`.
 * Needs the sample cases beside the repository; Math-Verify needs Python with pip (`--no-peer` leaves it out).
 * Ratios travel between machines better than the figures they come from.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openVerifyPool } from '../adapters/verify-pool/open-verify-pool.ts';
import { verify } from '../src/core/verify/verify.ts';
import type { VerifyCase } from '../src/ports/verifier.ts';
import { readSharedRows } from '../test/support/shared-rows.ts';
import { type PublicCase, readSuite, SUITES, toCasePolicy } from '../test/support/verify-cases.ts';

const rows = SUITES.flatMap((suite) => readSuite(suite) ?? []);
const cases = rows.map(toCase);

function toCase(row: PublicCase): VerifyCase {
  return { gold: row.gold, text: row.answer, options: { mode: 'math', structured: false, policy: toCasePolicy(row) } };
}

function isAccepted(index: number): boolean {
  const { gold, text, options } = cases[index]!;
  return verify(gold, text, options).verdict === 'correct';
}

function print(what: string, value: string): void {
  console.log(`${what.padEnd(58)}${value.padStart(20)}`);
}

function printSuites(): void {
  const tally = (which: (row: PublicCase) => boolean) => {
    const chosen = rows.flatMap((row, k) => (which(row) ? [isAccepted(k) === row.expected] : []));
    return chosen.length === 0 ? '-' : `${chosen.filter(Boolean).length}/${chosen.length}`;
  };
  console.log(
    `${'suite'.padEnd(30)}${'policy-free'.padStart(14)}${'with a policy'.padStart(16)}${'false accepts'.padStart(16)}`,
  );
  for (const suite of [...SUITES, 'all']) {
    const isIn = (row: PublicCase) => suite === 'all' || row.suite === suite;
    const free = tally((row) => isIn(row) && row.policy === undefined);
    const tagged = tally((row) => isIn(row) && row.policy !== undefined);
    const wrong = rows.filter((row, k) => isIn(row) && !row.expected && isAccepted(k)).length;
    console.log(`${suite.padEnd(30)}${free.padStart(14)}${tagged.padStart(16)}${String(wrong).padStart(16)}`);
  }
  const missed = rows.filter((row, k) => isAccepted(k) !== row.expected).map(({ id }) => id);
  console.log(`missed: ${missed.join(', ') || 'none'}\n`);
}

/** Verdicts per CPU second of one pass. */
function measurePass(): number {
  const before = process.cpuUsage();
  for (const { gold, text, options } of cases) verify(gold, text, options);
  const { user, system } = process.cpuUsage(before);
  return cases.length / ((user + system) / 1e6);
}

/** Milliseconds per verdict, for each case the fastest of five warm passes, sorted. */
function measureEach(): number[] {
  const fastest = cases.map(() => Number.POSITIVE_INFINITY);
  for (let pass = 0; pass < 5; pass += 1) {
    for (const [k, { gold, text, options }] of cases.entries()) {
      const startMs = performance.now();
      verify(gold, text, options);
      fastest[k] = Math.min(fastest[k]!, performance.now() - startMs);
    }
  }
  return fastest.sort((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number) => sorted[Math.floor(share * (sorted.length - 1))]!;

/** Best of several passes: other work on the machine only ever takes away. */
async function measurePool(threads: number): Promise<number> {
  await using pool = openVerifyPool({ threads });
  await pool.verify(cases);
  let best = 0;
  for (let pass = 0; pass < 10; pass += 1) {
    const startMs = performance.now();
    await pool.verify(cases);
    best = Math.max(best, (1000 * cases.length) / (performance.now() - startMs));
  }
  return best;
}

/** Milliseconds to import a module into a fresh process, the best of several. */
function measureImport(module: string): number {
  const script = `const s = performance.now(); await import(${JSON.stringify(module)}); console.log(performance.now() - s);`;
  const runs = Array.from({ length: 7 }, () =>
    Number(spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout),
  );
  return Math.min(...runs);
}

/** The core as the published package holds it: types stripped, `.js`. */
function writeCompiledCore(folder: string): string {
  const source = new URL('../src/core/', import.meta.url);
  for (const path of readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((one) => one.endsWith('.ts'))) {
    const text = stripTypeScriptTypes(readFileSync(new URL(path, source), 'utf8'));
    const file = join(folder, path.replace(/[.]ts$/, '.js'));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text.replace(/(from '[.][^']*)[.]ts'/g, "$1.js'"));
  }
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  return pathToFileURL(join(folder, 'verify', 'verify.js')).href;
}

function printImport(): void {
  const folder = mkdtempSync(join(tmpdir(), 'verify-core-'));
  try {
    print('import of the verifier as published, ms', measureImport(writeCompiledCore(folder)).toFixed(1));
    const source = new URL('../src/core/verify/verify.ts', import.meta.url).href;
    print('import of the verifier from TypeScript, ms', measureImport(source).toFixed(1));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Longest time of a hostile input, in four wrappings, bare process. */
function printHazards(): void {
  const hazards = readSharedRows<{ input?: string; input_parts?: [string, number][] }>('verify/hazards.jsonl') ?? [];
  let slowestMs = 0;
  let slowest = '';
  for (const { input, input_parts } of hazards) {
    const text = input ?? input_parts!.map(([part, times]) => part.repeat(times)).join('');
    for (const one of [text, `\\boxed{${text}}`, `$${text}$`, `Final Answer: ${text}`]) {
      const startMs = performance.now();
      verify('\\frac{1}{2}', one, { mode: 'math', structured: false });
      const ms = performance.now() - startMs;
      if (ms > slowestMs) [slowestMs, slowest] = [ms, one.slice(0, 60)];
    }
  }
  print(`slowest of ${4 * hazards.length} hostile answers, ms`, slowestMs.toFixed(1));
  console.log(`  ${JSON.stringify(slowest)}`);
}

interface PeerResult {
  readonly free: number;
  readonly right: number;
  readonly falseAccepts: number;
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** Math-Verify in a temporary virtual environment; the reason when that is not possible. */
function runPeer(): PeerResult | string {
  const folder = mkdtempSync(join(tmpdir(), 'math-verify-'));
  try {
    const python = join(folder, 'bin', 'python');
    const steps: readonly (readonly [string, readonly string[]])[] = [
      ['python3', ['-m', 'venv', folder]],
      [python, ['-m', 'pip', 'install', '--quiet', 'math-verify[antlr4-13-2]==0.8.0']],
    ];
    for (const [command, args] of steps) {
      const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
      if (status !== 0)
        return `${command} ${args.join(' ')} failed: ${stderr?.trim().split('\n').at(-1) ?? 'not found'}`;
    }
    const input = rows.map((row) => JSON.stringify(row)).join('\n');
    const script = new URL('./math-verify-peer.py', import.meta.url).pathname;
    const { status, stdout, stderr } = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 2 ** 26 });
    return status === 0
      ? (JSON.parse(stdout.trim().split('\n').at(-1)!) as PeerResult)
      : `failed: ${stderr.slice(-300)}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function printPeer(ownPerCpuSecond: number): void {
  const peer = runPeer();
  if (typeof peer === 'string') {
    console.log(`\nMath-Verify: skipped (${peer})`);
    return;
  }
  console.log('');
  print('Math-Verify: policy-free cases right', `${peer.right}/${peer.free}`);
  print('Math-Verify: false accepts', String(peer.falseAccepts));
  print('Math-Verify: verdicts per CPU second', peer.perCpuSecond.toFixed(0));
  print('Math-Verify: p50 / p99, ms', `${peer.p50.toFixed(2)} / ${peer.p99.toFixed(2)}`);
  print('ours over Math-Verify, verdicts per CPU second', `${(ownPerCpuSecond / peer.perCpuSecond).toFixed(0)} x`);
}

if (rows.length === 0) {
  console.log('skipped: the sample cases are not beside the repository');
} else {
  const [processor] = cpus();
  console.log(`${rows.length} cases, Node ${process.version}, ${cpus().length} x ${processor?.model ?? 'unknown'}\n`);
  printImport();
  const cold = measurePass();
  const warm = Math.max(...Array.from({ length: 8 }, measurePass));
  const each = measureEach();
  print('verdicts per CPU second, first pass', cold.toFixed(0));
  print('verdicts per CPU second, warm', warm.toFixed(0));
  print(
    'p50 / p99 / maximum, ms',
    `${at(each, 0.5).toFixed(3)} / ${at(each, 0.99).toFixed(3)} / ${each.at(-1)!.toFixed(1)}`,
  );
  for (const threads of [1, 2])
    print(`pool of ${threads}: verdicts per second`, (await measurePool(threads)).toFixed(0));
  printHazards();
  console.log('');
  printSuites();
  if (!process.argv.includes('--no-peer')) printPeer(warm);
}
