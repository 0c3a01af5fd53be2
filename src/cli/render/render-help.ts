import { type Command, type CommandSpec, GLOBAL_OPTIONS, TASKS } from '../command.ts';
import type { Option, OptionTable } from '../options.ts';
import { breakCommand, padColumns, wrapText } from './wrap-text.ts';

/** The help pages: all commands by task, and one command with its options. They fit terminals of 40 columns and more. */

const PROGRAM = 'parallel-r1';
const INTRO = 'Teaches language models to think in parallel (Parallel-R1, arXiv 2509.07980).';
const CODES =
  'Data goes to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 130 interrupted.';

/** Text keeps at least so many columns beside what it explains; where it has fewer, it goes below. */
const MIN_TEXT = 32;
const INDENT = '  ';
const DEEP = '      ';

/** An option that the parser knows by itself. */
type Builtin = readonly [name: string, what: string];
const BUILTIN: readonly Builtin[] = [
  ['--version', 'print the version'],
  ['-h, --help', 'print this page; after a command: its own'],
];

/** The page of `--help` without a command. */
export function renderOverview(commands: readonly Command[], columns: number): string {
  const groups = Object.entries(TASKS).flatMap(([task, title]) => [
    '',
    title,
    ...renderPairs(
      commands
        .filter((command) => command.task === task)
        .map(({ name, describe }) => [name, describe] as const)
        .concat(task === 'setUp' ? [COMPLETION] : []),
      columns,
    ),
  ]);
  const options = [...listPairs(GLOBAL_OPTIONS, false), ...BUILTIN];
  return [
    `${PROGRAM} COMMAND [OPTIONS]`,
    '',
    ...wrapText(INTRO, columns),
    ...groups,
    '',
    'Options of every command',
    ...renderPairs(options, columns),
    '',
    ...wrapText(CODES, columns),
  ].join('\n');
}

/** `completion` is a command of the parser itself. */
const COMPLETION = ['completion', 'print the script that lets bash or zsh complete commands and options'] as const;

/** The page of one command. */
export function renderCommandHelp(command: CommandSpec, columns: number): string {
  const { name, describe, options, examples = [], epilogue } = command;
  const words = listPairs(options, true);
  const own = listPairs(options, false);
  const common = [...listPairs(GLOBAL_OPTIONS, false), ...BUILTIN];
  const section = (title: string, pairs: readonly (readonly [string, string])[]) =>
    pairs.length === 0 ? [] : ['', title, ...renderPairs(pairs, columns)];
  return [
    ...wrapText(`${PROGRAM} ${name}${own.length === 0 ? '' : ' [OPTIONS]'}`, columns),
    '',
    ...wrapText(describe, columns),
    ...section('Words', words),
    ...section('Options', own),
    ...section('Options of every command', common),
    ...(examples.length === 0 ? [] : ['', 'Examples', ...examples.flatMap((one) => renderExample(one, columns))]),
    ...(epilogue === undefined ? [] : ['', ...wrapText(epilogue, columns)]),
  ].join('\n');
}

function renderExample([line, what]: readonly [string, string], columns: number): string[] {
  const command = breakCommand(line.replace('$0', PROGRAM), columns);
  return [
    ...(what === '' ? [] : wrapText(`${what}:`, columns - INDENT.length).map((text) => INDENT + text)),
    ...command,
  ];
}

/** Names, and beside or below them what they are. */
function renderPairs(pairs: readonly (readonly [name: string, what: string])[], columns: number): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length)) + 2;
  const left = columns - INDENT.length - width;
  return pairs.flatMap(([name, what]) => {
    if (left < MIN_TEXT) {
      const text = wrapText(what, columns - DEEP.length).map((line) => DEEP + line);
      return [`${INDENT}${name}`, ...text];
    }
    return wrapText(what, left).map((line, row) => INDENT + padColumns(row === 0 ? name : '', width) + line);
  });
}

/** The words or the options of a table, with what they take and are by default. */
function listPairs(table: OptionTable, words: boolean): (readonly [string, string])[] {
  return Object.entries(table)
    .filter(([, { isWord }]) => isWord === words)
    .map(([name, option]) => [words ? name : `--${name}${describeValue(option)}`, describeOption(option)] as const);
}

function describeValue({ parser }: Option<unknown>): string {
  if (parser.type === 'boolean') return '';
  return parser.number === true ? ' N' : ' TEXT';
}

function describeOption({ describe, parser }: Option<unknown>): string {
  const { choices, defaultDescription, default: fallback } = parser;
  const notes: string[] = [];
  if (parser.demandOption === true) notes.push('needed');
  if (choices !== undefined) notes.push(`one of ${choices.join(', ')}`);
  // A switch is off by default, and a list without a description is empty.
  const preset = defaultDescription ?? (typeof fallback === 'string' || typeof fallback === 'number' ? fallback : null);
  if (preset !== null) notes.push(`default: ${preset}`);
  return notes.length === 0 ? describe : `${describe} [${notes.join('; ')}]`;
}
