import { styleText } from 'node:util';
import { MultiBar, type SingleBar } from 'cli-progress';
import { toPlainText } from '../../src/edge/terminal-text.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { ProgressTask, Reporter } from '../../src/ports/reporter.ts';
import { describeRate, describeRemaining, estimateProgress } from './estimate-progress.ts';
import { type BarParts, fitBarLine } from './fit-bar-line.ts';

/** Where the bars are drawn. */
export interface BarReporterOptions {
  /** A terminal. */
  readonly stream: NodeJS.WriteStream;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly colour: boolean;
}

/** Bars are drawn with wrapping off; what scrolls above them is written with it on, over nothing. */
const WRAP_ON = '\u001B[?7h\u001B[J';
const WRAP_OFF = '\u001B[?7l';

/**
 * Progress as bars with rate and remaining time; headlines and the summaries of finished tasks scroll
 * above them. Nothing in a message reaches the terminal as a command, whoever wrote it. Disposing takes
 * down the bars of tasks that will not finish; until then they redraw themselves and keep the process alive.
 */
export function createBarReporter({ stream, clock, colour }: BarReporterOptions): Reporter & Disposable {
  // Whether there are colours was decided by whoever opened the reporter.
  const paint = (format: 'bold' | 'cyan' | 'green' | 'yellow', text: string) =>
    colour ? styleText(format, text, { validateStream: false }) : text;
  const running = new Set<SingleBar>();
  let bars: MultiBar | null = null;

  const log = (line: string) => {
    if (bars === null) stream.write(`${line}\n`);
    else bars.log(`${WRAP_ON}${line}\n${WRAP_OFF}`);
  };
  const openBars = (): MultiBar => {
    bars ??= new MultiBar({
      stream,
      // One column stays free: some terminals wrap as soon as the last one is written.
      format: (_options, params, payload: Omit<BarParts, 'done' | 'total'>) =>
        fitBarLine({ ...payload, done: params.value, total: params.total }, (stream.columns ?? 80) - 1, (part, text) =>
          paint(part === 'label' ? 'bold' : 'cyan', text),
        ),
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
    const bar = openBars().create(total, 0, {
      label: toPlainText(label),
      unit,
      pace: '',
      note: '',
    });
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
        bar.update(done, { pace, ...(note === undefined ? {} : { note: toPlainText(note).replaceAll('\n', ' ') }) });
      },
      setTotal: (value) => {
        expected = value;
        bar.setTotal(value);
      },
      finish: (summary) => {
        closeBar(bar);
        log(`${paint('green', '✓')} ${toPlainText(`${label}: ${summary ?? 'done'}`)}`);
      },
    };
  };

  return {
    info: (message) => log(toPlainText(message)),
    warn: (message) => log(paint('yellow', toPlainText(`warning: ${message}`))),
    task: startTask,
    [Symbol.dispose]: () => {
      for (const bar of [...running]) closeBar(bar);
    },
  };
}
