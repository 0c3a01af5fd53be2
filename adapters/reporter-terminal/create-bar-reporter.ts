import { styleText } from 'node:util';
import { MultiBar, type SingleBar } from 'cli-progress';
import type { Clock } from '../../src/ports/clock.ts';
import type { ProgressTask, Reporter } from '../../src/ports/reporter.ts';
import { describeRate, describeRemaining, estimateProgress } from './estimate-progress.ts';

/** Where the bars are drawn. */
export interface BarReporterOptions {
  /** A terminal. */
  readonly stream: NodeJS.WriteStream;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly colour: boolean;
}

/** Columns taken by everything but the note: label, bar, counts, rate and time. */
const FIXED_COLUMNS = 84;

/**
 * Progress as bars with rate and remaining time; headlines and the summaries of finished tasks scroll
 * above them. Disposing takes down the bars of tasks that will not finish; until then they redraw
 * themselves and keep the process alive.
 */
export function createBarReporter({ stream, clock, colour }: BarReporterOptions): Reporter & Disposable {
  // Whether there are colours was decided by whoever opened the reporter.
  const paint = (format: 'bold' | 'cyan' | 'green' | 'yellow', text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const running = new Set<SingleBar>();
  let bars: MultiBar | null = null;

  const log = (line: string) => {
    if (bars === null) stream.write(`${line}\n`);
    else bars.log(`${line}\n`);
  };
  const openBars = (): MultiBar => {
    bars ??= new MultiBar({
      stream,
      format: `${paint('bold', '{label}')} ${paint('cyan', '{bar}')} {value}/{total} {unit}  {pace}  {note}`,
      barsize: 24,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: false,
      clearOnComplete: true,
      emptyOnZero: true,
      fps: 8,
      gracefulExit: false,
    });
    return bars;
  };
  const closeBar = (bar: SingleBar) => {
    bars?.remove(bar);
    running.delete(bar);
    if (running.size > 0) return;
    bars?.stop();
    bars = null;
  };

  const startTask = (label: string, total: number, unit: string): ProgressTask => {
    const startedMs = clock.monotonic();
    const bar = openBars().create(total, 0, { label: label.padEnd(12), unit, pace: '', note: '' });
    running.add(bar);
    let begun: number | null = null;
    let expected = total;
    return {
      update: (done, note) => {
        begun ??= Math.max(0, done - 1);
        const estimate = estimateProgress(begun, done, expected, clock.monotonic() - startedMs);
        const pace = [describeRate(estimate, unit), describeRemaining(estimate)]
          .filter((part) => part !== '')
          .join(', ');
        const room = Math.max(0, (stream.columns ?? 80) - FIXED_COLUMNS);
        bar.update(done, { pace, ...(note === undefined ? {} : { note: note.slice(0, room) }) });
      },
      setTotal: (value) => {
        expected = value;
        bar.setTotal(value);
      },
      finish: (summary) => {
        closeBar(bar);
        log(`${paint('green', '✓')} ${label}: ${summary ?? 'done'}`);
      },
    };
  };

  return {
    info: (message) => log(message),
    warn: (message) => log(paint('yellow', `warning: ${message}`)),
    task: startTask,
    [Symbol.dispose]: () => {
      for (const bar of [...running]) closeBar(bar);
    },
  };
}
