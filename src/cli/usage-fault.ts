import type { Argv } from 'yargs';
import { findNearestName } from '../core/nearest-name.ts';

/**
 * One line for what the command line parser objects to, with the command or option that was probably
 * meant. `parser` is the parser of the command that was called.
 */
export function describeUsageFault(
  message: string,
  argv: readonly string[],
  parser: Argv,
  commands: readonly string[],
): string {
  const [kind, rest] = splitMessage(message);
  const [command] = argv.filter((word) => !word.startsWith('-'));
  const hint = `see: parallel-r1 ${command !== undefined && commands.includes(command) ? `${command} ` : ''}--help`;
  if (kind !== 'Unknown argument') return `${toSentence(message)}; ${hint}`;
  const word = findTyped(rest, argv);
  if (word.startsWith('-')) return describeUnknown(`there is no option ${word}`, word, listOptions(parser), hint);
  const known = command === word ? commands : [];
  return describeUnknown(
    known.length > 0 ? `there is no command "${word}"` : `"${word}" is one argument too many`,
    word,
    known,
    hint,
  );
}

function describeUnknown(what: string, word: string, known: readonly string[], hint: string): string {
  const nearest = findNearestName(word, known);
  return nearest === null ? `${what}; ${hint}` : `${what}; did you mean ${nearest}?`;
}

/** The message of the parser on one line, reworded where it is not plain. */
function toSentence(message: string): string {
  const line = message
    .split('\n')
    .map((part) => part.trim())
    .join(' ');
  if (line.startsWith('Not enough non-option arguments')) return 'an argument is missing after the command';
  const value = /^Not enough arguments following: (.+)$/.exec(line);
  if (value !== null) return `--${value[1]} needs a value`;
  const choice = /^Invalid values: Argument: (.+), Given: (.+), Choices: (.+)$/.exec(line);
  if (choice !== null) return `${choice[1]} is ${choice[2]}; it must be one of ${choice[3]!.replaceAll('"', '')}`;
  const needed = /^Missing required arguments?: (.+)$/.exec(line);
  return needed === null ? line : `--${needed[1]!.split(', ').join(' and --')} is missing`;
}

/** `Unknown arguments: a, b` -> [`Unknown argument`, `a`]. */
function splitMessage(message: string): [kind: string, first: string] {
  const match = /^Unknown (?:argument|command)s?: (.+)$/.exec(message);
  return match === null ? ['', ''] : ['Unknown argument', match[1]!.split(', ')[0]!.replaceAll('"', '')];
}

/** The word as it was typed: the parser drops the dashes and turns `dry-run` into `dryRun`. */
function findTyped(name: string, argv: readonly string[]): string {
  const bare = (word: string) =>
    word
      .replace(/^-+(no-)?/, '')
      .replace(/=.*$/s, '')
      .replaceAll('-', '')
      .toLowerCase();
  const wanted = name.replaceAll('-', '').toLowerCase();
  const option = argv.find((word) => word.startsWith('-') && bare(word) === wanted);
  return (
    option?.replace(/=.*$/s, '') ??
    (argv.includes(name) ? name : (argv.find((word) => /^-[a-zA-Z]/.test(word) && word.includes(name)) ?? name))
  );
}

/** Names of the options the parser of this command knows; its types do not show them. */
function listOptions(parser: Argv): string[] {
  const { key } = (parser as unknown as { getOptions(): { key: Readonly<Record<string, unknown>> } }).getOptions();
  return Object.keys(key)
    .filter((name) => name.length > 1 && !/[A-Z]/.test(name))
    .map((name) => `--${name}`);
}
