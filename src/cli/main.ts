import yargs, { type Argv } from 'yargs';
import { STDIN } from '../edge/jsonl.ts';
import { readSoftwareVersion } from '../edge/package-root.ts';
import { UsageError } from '../errors.ts';
import { addCommand, addOptions, type Command, GLOBAL_OPTIONS } from './command.ts';
import { COMMANDS } from './commands.ts';
import { endOnClosedPipe, measureScreen, printLine, printRemark } from './output.ts';
import { renderCommandHelp, renderOverview } from './render/render-help.ts';
import { describeError, toExitCode } from './report-error.ts';
import { describeUsageFault } from './usage-fault.ts';

/** How long something left open may keep a finished command from ending. */
const LINGER_MS = 5_000;

/** Longer lines are hard to read. */
const MAX_COLUMNS = 100;

/** Runs one command line and sets the exit code of the process. Never rejects. */
export async function main(argv: readonly string[]): Promise<void> {
  endOnClosedPipe();
  process.on('uncaughtException', (error) => {
    reportError(error);
    process.exit(toExitCode(error));
  });
  try {
    process.exitCode = await execute(argv);
  } catch (error) {
    reportError(error);
  }
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

function reportError(error: unknown): void {
  process.exitCode = toExitCode(error);
  printRemark(`parallel-r1: ${describeError(error, process.env.PARALLEL_R1_DEBUG !== undefined)}`);
}

async function execute(argv: readonly string[]): Promise<number> {
  if (asksForHelp(argv)) {
    const command = findCommand(argv);
    const columns = Math.min(MAX_COLUMNS, measureScreen());
    printLine(command === undefined ? renderOverview(COMMANDS, columns) : renderCommandHelp(command, columns));
    return 0;
  }
  let code = 0;
  const cli = createCommandLine(argv.map((word) => (word === '-' ? STDIN : word)));
  for (const command of COMMANDS) {
    addCommand(cli, command, async (args) => {
      const action = await command.load();
      code = await action(args);
    });
  }
  await cli.parseAsync();
  return code;
}

/** Whether `--help` is among the options; what follows `--` is none. */
function asksForHelp(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end < 0 ? argv.length : end).some((word) => word === '--help' || word === '-h');
}

/** The command of a line, which other words and options may precede. */
function findCommand(argv: readonly string[]): Command | undefined {
  const byWord = new Map(COMMANDS.map((command) => [nameCommand(command), command]));
  return argv.map((word) => byWord.get(word)).find((command) => command !== undefined);
}

function nameCommand({ name }: Command): string {
  return name.split(' ')[0]!;
}

function createCommandLine(argv: readonly string[]): Argv {
  const cli = yargs([...argv]);
  cli
    .scriptName('parallel-r1')
    // `--set a.b=1` carries dots in its value only; numbers stay as typed, so that no id loses a zero.
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
    })
    .locale('en')
    .completion('completion', 'print the script that lets bash or zsh complete commands and options')
    .version(readSoftwareVersion())
    // The pages are `renderOverview` and `renderCommandHelp`; the parser only has to know the option, to complete it.
    .help(false)
    .option('help', { alias: 'h', type: 'boolean', describe: 'print a page on the command' })
    .strict()
    .demandCommand(1, 1, 'name a command')
    .exitProcess(false)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      const names = COMMANDS.map(nameCommand);
      throw new UsageError(describeUsageFault(message ?? error.message, argv, cli, names));
    });
  return addOptions(cli, GLOBAL_OPTIONS);
}
