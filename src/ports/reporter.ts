/** Progress as the pipeline tells it. Implementations draw bars, write lines, JSON, or nothing. */

export interface ProgressTask {
  /** Sets the absolute position. `note` is a short text shown beside the bar. */
  update(done: number, note?: string): void;
  /** Raises or lowers the expected total. */
  setTotal(total: number): void;
  /** Ends the task; `summary` becomes one line of the log. */
  finish(summary?: string): void;
}

export interface Reporter {
  /** A headline: a stage begins, a gate was met. */
  info(message: string): void;
  warn(message: string): void;
  /** Starts a bar. `unit` is what is counted (`steps`, `problems`). */
  task(label: string, total: number, unit: string): ProgressTask;
}
