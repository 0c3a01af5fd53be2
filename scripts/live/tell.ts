/** What the rig says on stderr. Stdout is for figures. */

const WIDTH = 110;
const REPEAT_MS = 10_000;

/** One line. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** A line that says what is going on and for how long; on a terminal it is written over, elsewhere repeated every ten seconds. */
export interface Progress {
  /** `detail` is shown behind the title, cut to the width. */
  show(detail: string): void;
  [Symbol.dispose](): void;
}

export function showProgress(title: string): Progress {
  const started = performance.now();
  let toldAt = started - REPEAT_MS;
  const isTerminal = process.stderr.isTTY === true;
  const seconds = () => Math.round((performance.now() - started) / 1000);
  return {
    show(detail) {
      if (!isTerminal && performance.now() - toldAt < REPEAT_MS) return;
      toldAt = performance.now();
      const line = `${title}: ${seconds()} s${detail === '' ? '' : `; ${detail}`}`.slice(0, WIDTH);
      process.stderr.write(isTerminal ? `\r\u001b[2K${line}` : `${line}\n`);
    },
    [Symbol.dispose]() {
      if (isTerminal) process.stderr.write('\r\u001b[2K');
      tell(`${title}: ended after ${seconds()} s`);
    },
  };
}
