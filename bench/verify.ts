/**
 * The verifier over all public cases, and Math-Verify over the same ones in the same run: `node bench/verify.ts`.
 * Needs the sample cases beside the repository; Math-Verify needs Python with pip (`--no-peer` leaves it out, `--python
 * PATH` names an interpreter that has it). Ratios travel between machines better than the figures they come from.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { openVerifyPool } from '../adapters/verify-pool/open-verify-pool.ts';
import { verify } from '../src/core/verify/verify.ts';
import type { VerifyCase } from '../src/ports/verifier.ts';
import { derivePumps, writePump } from '../test/support/hostile-texts/derive-texts.ts';
import { HOSTILE_SETTINGS, listHostileAnswers } from '../test/support/hostile-texts/hostile-answers.ts';
import { listPatterns } from '../test/support/hostile-texts/list-patterns.ts';
import { parsePattern } from '../test/support/hostile-texts/parse-pattern.ts';
import { readSharedRows } from '../test/support/shared-rows.ts';
import { type PublicCase, readSuite, SUITES, toCasePolicy } from '../test/support/verify-cases.ts';
import { MATH_VERIFY, runWithMathVerify } from './math-verify-peer.ts';

const { values } = parseArgs({ options: { 'no-peer': { type: 'boolean' }, python: { type: 'string' } } });

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
    const isIn = (row: PublicCase) => suite === 'all' || row.suite.replaceAll('_', '-') === suite.replaceAll('_', '-');
    const free = tally((row) => isIn(row) && row.policy === undefined);
    const tagged = tally((row) => isIn(row) && row.policy !== undefined);
    // What a policy says of a case may be a convention of another grader.
    const wrong = rows.filter(
      (row, k) => isIn(row) && row.policy === undefined && !row.expected && isAccepted(k),
    ).length;
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

/** Hostile texts: the inputs of the sample file, and texts derived from every rule of reading and from every pattern. */
function listHostileTexts(): string[] {
  const hazards = readSharedRows<{ input?: string; input_parts?: [string, number][] }>('verify/hazards.jsonl') ?? [];
  const inputs = hazards.map(
    ({ input, input_parts }) => input ?? input_parts!.map(([part, times]) => part.repeat(times)).join(''),
  );
  const rules = listHostileAnswers().flatMap(({ write }) => [write(1_900), write(40_000)]);
  const patterns = listPatterns(new URL('../src/core/', import.meta.url)).flatMap(({ source, flags }) =>
    derivePumps(parsePattern(source), flags).map((pump) => writePump(pump, 40_000)),
  );
  return [...new Set([...inputs, ...rules, ...patterns])].flatMap((text) => HOSTILE_SETTINGS.map((set) => set(text)));
}

/** The longest verdict on a hostile text against a number and a choice, in CPU time: the load of the machine adds none. */
function printHazards(): void {
  const texts = listHostileTexts();
  let slowest = { ms: 0, text: '' };
  for (const text of texts) {
    for (const gold of ['\\frac{1}{2}', 'A']) {
      // Collecting garbage falls on whoever is at it: only what is slow three times is slow.
      let ms = measureVerdict(gold, text);
      for (let again = 0; again < 2 && ms > slowest.ms; again += 1) ms = Math.min(ms, measureVerdict(gold, text));
      if (ms > slowest.ms) slowest = { ms, text };
    }
  }
  print(`slowest of ${2 * texts.length} hostile cases, ms of CPU time`, slowest.ms.toFixed(1));
  console.log(`  ${JSON.stringify(slowest.text.slice(0, 60))}, ${slowest.text.length} code units`);
}

function measureVerdict(gold: string, text: string): number {
  const before = process.cpuUsage();
  verify(gold, text, { mode: 'math', structured: false });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

interface PeerResult {
  readonly free: number;
  readonly right: number;
  readonly falseAccepts: number;
  readonly perCpuSecond: number;
  readonly p50: number;
  readonly p99: number;
}

function runPeer(): PeerResult | string {
  const input = rows.map((row) => JSON.stringify(row));
  const answered = runWithMathVerify('math-verify-peer.py', input, values.python);
  return typeof answered === 'string' ? answered : (JSON.parse(answered.at(-1)!) as PeerResult);
}

function printPeer(ownPerCpuSecond: number): void {
  const peer = runPeer();
  if (typeof peer === 'string') {
    console.log(`\nMath-Verify: skipped (${peer})`);
    return;
  }
  console.log(`\n${MATH_VERIFY}`);
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
  // The compiler goes on improving the code for some twenty passes.
  const warm = Math.max(...Array.from({ length: 40 }, measurePass));
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
  if (!values['no-peer']) printPeer(warm);
}
