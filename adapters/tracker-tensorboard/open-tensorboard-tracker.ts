import { type FileHandle, mkdir, open, readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { TrackerError } from '../../src/errors.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { SeriesPoint, Tracker } from '../../src/ports/tracker.ts';
import { writePointsRecord, writeStartRecord, writeVersionRecord } from './event-records.ts';

export interface TensorboardOptions {
  /** The run's own folder below TensorBoard's `--logdir`; made where it is missing. The path below `--logdir` is the run's name there. */
  readonly folder: string;
  /** What `send` was last told to be there; null for a run that sends for the first time. */
  readonly lastStepSent: number | null;
  readonly clock: Pick<Clock, 'now'>;
}

/**
 * Writes the scalars of one run as TensorBoard event files. Each opening begins a new file, which marks where the run goes
 * on: steps that an earlier, killed writer left beyond `lastStepSent` are dropped by whoever reads the folder. Values are
 * 32-bit floats there. Rejects with `TrackerError` where the folder cannot be written.
 */
export async function openTensorboardTracker(options: TensorboardOptions): Promise<Tracker> {
  return refuseReadably(options.folder, async () => {
    await mkdir(options.folder, { recursive: true });
    const isEmpty = (await listEventFiles(options.folder)).length === 0;
    return new EventFolder(options, isEmpty ? null : options.lastStepSent);
  });
}

class EventFolder implements Tracker {
  readonly name = 'TensorBoard';
  readonly lastStepSent: number | null;
  readonly #options: TensorboardOptions;
  #file: FileHandle | null = null;

  constructor(options: TensorboardOptions, lastStepSent: number | null) {
    this.#options = options;
    this.lastStepSent = lastStepSent;
  }

  async send(points: readonly SeriesPoint[], signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (points.length === 0) return;
    await refuseReadably(this.#options.folder, async () => {
      const records = groupByMoment(points).map(writePointsRecord);
      const begin = this.#file === null ? this.#writeBeginning(points[0]!.globalStep) : [];
      this.#file ??= await this.#createFile();
      try {
        await this.#file.appendFile(Buffer.concat([...begin, ...records]));
        await this.#file.datasync();
      } catch (error) {
        // A reader stops at a record that was cut off: what follows goes into a file of its own.
        await this.#closeFile();
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await refuseReadably(this.#options.folder, () => this.#closeFile());
  }

  /** The first file is begun in the same way: TensorBoard's Python loader takes only the second start of a run for a restart. */
  #writeBeginning(step: number): Uint8Array[] {
    const nowMs = this.#options.clock.now();
    return [writeVersionRecord(nowMs), writeStartRecord(nowMs, step)];
  }

  /** Readers take the files of a folder in order of their names, so a new one must sort last, even after the clock went back. */
  async #createFile(): Promise<FileHandle> {
    const { folder, clock } = this.#options;
    const newest = (await listEventFiles(folder)).reduce((latest, name) => Math.max(latest, readSecond(name)), 0);
    const second = Math.max(Math.floor(clock.now() / 1000), newest + 1);
    const host = hostname().replaceAll(/[^\w-]/g, '_');
    return open(join(folder, `events.out.tfevents.${String(second).padStart(10, '0')}.${host}.${process.pid}`), 'ax');
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close();
  }
}

const EVENT_FILE = /^events\.out\.tfevents\.(\d+)\./;

async function listEventFiles(folder: string): Promise<string[]> {
  return (await readdir(folder)).filter((name) => EVENT_FILE.test(name));
}

function readSecond(name: string): number {
  return Number(EVENT_FILE.exec(name)![1]);
}

/** Points of one global step and time go into one event, in the order they came. */
function groupByMoment(points: readonly SeriesPoint[]): SeriesPoint[][] {
  const moments = Map.groupBy(points, ({ globalStep, wallTimeMs }) => `${globalStep} ${wallTimeMs}`);
  return [...moments.values()];
}

async function refuseReadably<T>(folder: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const { message } = error as Error;
    throw new TrackerError(
      `TensorBoard files cannot be written in ${folder}: ${message}; free or choose another folder`,
      {
        cause: error,
      },
    );
  }
}
