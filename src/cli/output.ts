import { toPlainJson, toPlainText } from '../edge/terminal-text.ts';

/**
 * The one place that prints: data to stdout, remarks and errors to stderr. Whatever a line holds (what a model wrote,
 * names of files and models, keys of a row), nothing in it reaches the terminal as a command. Progress is printed by
 * the reporters, which do the same.
 */

/** Writes text as one line, or as several where it has line feeds. */
export function printLine(line: string): void {
  process.stdout.write(`${toPlainText(line)}\n`);
}

/** Writes one JSON document, indented. */
export function printJson(value: unknown): void {
  process.stdout.write(`${toPlainJson(JSON.stringify(value, null, 2))}\n`);
}

/** Writes one item of a stream as one line of JSON. */
export function printJsonLine(value: unknown): void {
  process.stdout.write(`${toPlainJson(JSON.stringify(value))}\n`);
}

/** Columns of the terminal that data goes to; 80 where it goes to a file or another program. */
export function measureScreen(): number {
  return Math.max(20, process.stdout.columns ?? 80);
}

/** Tells a person something on stderr, unless asked to be quiet. */
export function tell(options: { readonly quiet: boolean; readonly json: boolean }, message: string): void {
  if (!options.quiet && !options.json) printRemark(message);
}

/** Writes an error or a remark to stderr, whatever the options say. */
export function printRemark(message: string): void {
  process.stderr.write(`${toPlainText(message)}\n`);
}

/** A reader that closed the pipe (`| head`) has seen enough: exit quietly. */
export function endOnClosedPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  // There is nobody left to tell.
  process.stderr.on('error', () => {});
}
