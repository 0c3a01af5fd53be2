/** Data goes to stdout through here; progress and errors go to stderr. */

/** Writes one line of text. */
export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Writes one JSON document, indented. */
export function printJson(value: unknown): void {
  printLine(JSON.stringify(value, null, 2));
}

/** Writes one item of a stream as one line of JSON. */
export function printJsonLine(value: unknown): void {
  printLine(JSON.stringify(value));
}

/** Tells a person something on stderr, unless asked to be quiet. */
export function tell(options: { readonly quiet: boolean; readonly json: boolean }, message: string): void {
  if (!options.quiet && !options.json) process.stderr.write(`${message}\n`);
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
