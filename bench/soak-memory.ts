/**
 * Memory over hours: `npm run soak -- memory --hours 2 [--every 60] [--share 0.5] [--out FOLDER]`. One embedded server
 * lives through the whole soak. First `generate` asks its teacher, 60,000 questions for each hour of the soak;
 * then one run trains: supervised until it answers some sums right, and then small RL steps without end, at a learning
 * rate that keeps it there, so that every step has something to train on. Sampled are resident memory, heap and buffers
 * after a collection, file descriptors, threads and timers of each process; sizes of the store and of its write-ahead
 * log; rows of the answers table; saved states and versions on disk.
 *
 * The table is of the cold start and of the RL stage, without the first quarter of each. Exit code 1 when a measure other than the store itself would double in a week.
 * `--share` stops the server for the rest of each second, to leave the machine to others. Linux only.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { judgeSeries, renderTrends, type Series, type Trend } from './memory-trend.ts';
import { type ProcessSample, WatchedProcess } from './watched-process.ts';

const [LAUNCHER, SERVER] = ['../bin/parallel-r1.js', '../adapters/embedded-lm/server/main.ts'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
) as [string, string];

/** Share of the samples of a part that counts as warm-up. */
const WARM_UP = 0.25;

/** Questions of the cold start for each hour of the soak, at least, and at most: so many word sums can be made. */
const QUESTIONS_PER_HOUR = 60_000;
const MIN_QUESTIONS = 200;
const MAX_QUESTIONS = 100_000;

/** Measures that grow with the work that was done, by design. */
const GROWING: ReadonlySet<string> = new Set(['store', 'steps']);

const PACE_MS = 1000;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface SoakOptions {
  readonly hours: number;
  /** RL steps that are waited for even when the time is over. */
  readonly minSteps: number;
  /** Time between two samples. */
  readonly everySeconds: number;
  /** Share of the time in which the server may work, up to 1. */
  readonly share: number;
  /** Steps of the supervised stage. */
  readonly sftSteps: number;
  /** Where samples and store are kept; null: nowhere. */
  readonly out: string | null;
}

/** What was seen at one moment. */
interface Sample {
  readonly hours: number;
  readonly part: 'cold-start' | 'training';
  readonly controller: ProcessSample;
  readonly server: ProcessSample;
  readonly store: StoreSample;
  readonly disk: { readonly states: number; readonly versions: number };
}

interface StoreSample {
  readonly bytes: number;
  readonly walBytes: number;
  readonly attempts: number;
  readonly answers: number;
  /** Steps of the RL stage. */
  readonly steps: number;
}

export interface SoakResult {
  readonly trends: readonly Trend[];
  readonly samples: number;
  readonly attempts: number;
  readonly steps: number;
}

/** Runs the soak and returns its trends. Throws when a process ends before its time. */
export async function soakMemory(options: SoakOptions): Promise<SoakResult> {
  setPriority(constants.priority.PRIORITY_LOW);
  const folder = options.out ?? mkdtempSync(join(tmpdir(), 'parallel-r1-soak-'));
  mkdirSync(folder, { recursive: true });
  const stateDir = join(folder, 'state');
  const server = new WatchedProcess(SERVER, [
    '--state-dir',
    stateDir,
    '--seed',
    '7',
    '--threads',
    '1',
    '--parent-watch',
  ]);
  // A server that is stopped when this process is ended would stay so.
  const leave = () => {
    server.child.kill('SIGCONT');
    process.exit(130);
  };
  for (const signal of SIGNALS) process.once(signal, leave);
  try {
    const { url } = (await server.readJsonLine()) as { url: string };
    const soak = new Soak(server, url, folder, options);
    await soak.coldStart();
    return await soak.train();
  } finally {
    for (const signal of SIGNALS) process.off(signal, leave);
    await server.stop();
    if (options.out === null) rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
  }
}

/** One soak: a server, and one controller after the other. */
class Soak {
  readonly #server: WatchedProcess;
  readonly #url: string;
  readonly #folder: string;
  readonly #options: SoakOptions;
  readonly #startMs = performance.now();
  readonly #samples: Sample[] = [];
  #attempts = 0;

  constructor(server: WatchedProcess, url: string, folder: string, options: SoakOptions) {
    this.#server = server;
    this.#url = url;
    this.#folder = folder;
    this.#options = options;
  }

  get #hours(): number {
    return (performance.now() - this.#startMs) / 3_600_000;
  }

  async coldStart(): Promise<void> {
    const wanted = Math.ceil(this.#options.hours * QUESTIONS_PER_HOUR);
    const count = Math.min(MAX_QUESTIONS, Math.max(MIN_QUESTIONS, wanted));
    const db = join(this.#folder, 'cold-start.db');
    const controller = this.#control('generate', db, listColdStartSettings(count));
    await this.#watch(controller, 'cold-start', db, () => false);
    const code = await controller.ended;
    if (code !== 0) throw new Error(`the cold start ended with exit code ${code}: ${controller.tail}`);
    this.#attempts = readStore(db).attempts;
  }

  async train(): Promise<SoakResult> {
    const db = join(this.#folder, 'runs.db');
    const controller = this.#control('run', db, listTrainingSettings(this.#options.sftSteps));
    const { hours, minSteps } = this.#options;
    const isOver = () => this.#hours >= hours && (this.#samples.at(-1)?.store.steps ?? 0) >= minSteps;
    await this.#watch(controller, 'training', db, isOver);
    if (controller.hasEnded) throw new Error(`the run ended before its time: ${controller.tail}`);
    const code = await controller.stop();
    if (code !== 130) throw new Error(`the stopped run ended with exit code ${code}: ${controller.tail}`);
    return this.#judge();
  }

  #control(command: string, db: string, settings: readonly string[]): WatchedProcess {
    const servers = ['--engine', this.#url, ...(command === 'run' ? ['--trainer', this.#url] : [])];
    const sets = settings.flatMap((setting) => ['--set', setting]);
    return new WatchedProcess(LAUNCHER, [command, '--preset', 'embedded', '--db', db, ...servers, ...sets]);
  }

  /** Samples until the controller has ended or `isOver`; meanwhile the server works its share of the time. */
  async #watch(controller: WatchedProcess, part: Sample['part'], db: string, isOver: () => boolean): Promise<void> {
    let nextHours = this.#hours;
    while (!controller.hasEnded && !isOver()) {
      if (this.#hours >= nextHours) {
        await this.#take(controller, part, db);
        nextHours += this.#options.everySeconds / 3600;
      }
      await this.#pace();
    }
  }

  /** Lets the server work for its share of a second. */
  async #pace(): Promise<void> {
    const workMs = PACE_MS * this.#options.share;
    await pause(workMs);
    if (workMs >= PACE_MS) return;
    this.#server.child.kill('SIGSTOP');
    await pause(PACE_MS - workMs);
    this.#server.child.kill('SIGCONT');
  }

  async #take(controller: WatchedProcess, part: Sample['part'], db: string): Promise<void> {
    const [own, server] = await Promise.all([controller.sample(), this.#server.sample()]);
    if (server === null) throw new Error(`the embedded server ended: ${this.#server.tail}`);
    if (own === null || !existsSync(db)) return;
    const sample: Sample = {
      hours: this.#hours,
      part,
      controller: own,
      server,
      store: readStore(db),
      disk: countCheckpoints(join(this.#folder, 'state')),
    };
    this.#samples.push(sample);
    appendFileSync(join(this.#folder, 'samples.jsonl'), `${JSON.stringify(sample)}\n`);
  }

  #judge(): SoakResult {
    const asking = this.#samples.filter(({ part }) => part === 'cold-start');
    const training = this.#samples.filter(({ part, store }) => part === 'training' && store.steps > 0);
    const series = [
      ...listProcessSeries('cold start', asking, (sample) => sample.controller),
      ...listProcessSeries('controller', training, (sample) => sample.controller),
      ...listProcessSeries('server', training, (sample) => sample.server),
      pick('write-ahead log', 'bytes', training, ({ store }) => store.walBytes),
      pick('rows of the answers table', 'count', training, ({ store }) => store.answers),
      pick('saved states on disk', 'count', training, ({ disk }) => disk.states),
      pick('versions on disk', 'count', training, ({ disk }) => disk.versions),
      pick('store', 'bytes', training, ({ store }) => store.bytes),
      pick('steps', 'count', training, ({ store }) => store.steps),
    ];
    return {
      trends: series.map((one) => judgeSeries(one, { warmUp: WARM_UP, share: this.#options.share })),
      samples: training.length,
      attempts: this.#attempts,
      steps: training.at(-1)?.store.steps ?? 0,
    };
  }
}

function listProcessSeries(name: string, samples: readonly Sample[], of: (sample: Sample) => ProcessSample): Series[] {
  return [
    pick(`${name}: resident memory`, 'bytes', samples, (sample) => of(sample).rss),
    pick(`${name}: heap`, 'bytes', samples, (sample) => of(sample).heapUsed),
    pick(`${name}: buffers`, 'bytes', samples, (sample) => of(sample).external),
    pick(`${name}: file descriptors`, 'count', samples, (sample) => of(sample).descriptors),
    pick(`${name}: threads`, 'count', samples, (sample) => of(sample).threads),
    pick(`${name}: timers`, 'count', samples, (sample) => of(sample).timers),
    pick(`${name}: active resources`, 'count', samples, (sample) => of(sample).resources),
  ];
}

function pick(
  name: string,
  unit: Series['unit'],
  samples: readonly Sample[],
  read: (sample: Sample) => number,
): Series {
  return { name, unit, points: samples.map((sample) => ({ hours: sample.hours, value: read(sample) })) };
}

/** Prints the table; returns whether nothing grows that should not. */
export function reportSoak(result: SoakResult): boolean {
  console.log(
    `${result.samples} samples of ${result.steps} RL steps, after a cold start of ${result.attempts} questions`,
  );
  console.log(renderTrends(result.trends));
  return result.trends.every(({ name, verdict }) => verdict !== 'grows' || GROWING.has(name));
}

function wordSums(level: string, split: string, count: number, seed: number): string {
  return `[{kind: word-sums, level: ${level}, split: ${split}, count: ${count}, seed: ${seed}}]`;
}

function listColdStartSettings(count: number): string[] {
  return [`stages.cold-start.problems=${wordSums('hard', 'train', count, 21)}`];
}

/** A policy that stays where the supervised stage left it, evaluated now and then. */
function listTrainingSettings(sftSteps: number): string[] {
  return [
    `stages.sft.maxSteps=${sftSteps}`,
    'stages.sft.until=null',
    'stages.rl-easy.gate=null',
    'stages.rl-easy.steps=1000000',
    'stages.rl-easy.batchSize=4',
    'stages.rl-easy.adam.learningRate=1.0e-9',
    'stages.rl-easy.evalEvery=50',
    `eval.sets=[{name: easy, problems: ${wordSums('easy', 'heldout', 20, 22)}, samples: 1}]`,
  ];
}

function readStore(db: string): StoreSample {
  const store = new Database(db, { readonly: true });
  try {
    const count = (sql: string) => store.prepare(sql).pluck().get() as number;
    return {
      bytes: sizeOf(db),
      walBytes: sizeOf(`${db}-wal`),
      attempts: count('SELECT count(*) FROM attempts'),
      answers: count('SELECT count(*) FROM answers'),
      steps: count("SELECT count(*) FROM steps JOIN stages USING (run_id, stage_index) WHERE kind = 'rl'"),
    };
  } finally {
    store.close();
  }
}

function sizeOf(file: string): number {
  return existsSync(file) ? statSync(file).size : 0;
}

function countCheckpoints(stateDir: string): Sample['disk'] {
  const list = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  const models = list(stateDir);
  const count = (kind: string) => models.reduce((sum, model) => sum + list(join(stateDir, model, kind)).length, 0);
  return { states: count('weights'), versions: count('sampler_weights') };
}
