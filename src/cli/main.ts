import yargs, { type Argv } from 'yargs';
import { STDIN } from '../edge/jsonl.ts';
import { readSoftwareVersion } from '../edge/package-root.ts';
import { UsageError } from '../errors.ts';
import { addCommand, addOptions, GLOBAL_OPTIONS } from './command.ts';
import { COMMANDS } from './commands.ts';
import { endOnClosedPipe, printRemark } from './output.ts';
import { describeError, toExitCode } from './report-error.ts';
import { describeUsageFault } from './usage-fault.ts';

/** How long something left open may keep a finished command from ending. */
const LINGER_MS = 5_000;

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

function createCommandLine(argv: readonly string[]): Argv {
  const cli = yargs([...argv]);
  cli
    .scriptName('parallel-r1')
    .usage('$0 <command>\n\nTeaches language models to think in parallel (Parallel-R1, arXiv 2509.07980).')
    // `--set a.b=1` carries dots in its value only; numbers stay as typed, so that no id loses a zero.
    .parserConfiguration({
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'duplicate-arguments-array': true,
    })
    .locale('en')
    .wrap(Math.min(100, process.stdout.columns ?? 100))
    .completion('completion', 'print the script that lets bash or zsh complete commands and options')
    .version(readSoftwareVersion())
    .alias('h', 'help')
    .strict()
    .demandCommand(1, 1, 'name a command')
    .exitProcess(false)
    .fail((message, error) => {
      if (error && error.name !== 'YError') throw error;
      const names = COMMANDS.map(({ name }) => name.split(' ')[0]!);
      throw new UsageError(describeUsageFault(message ?? error.message, argv, cli, names));
    })
    .epilogue(
      'Data goes to stdout, progress to stderr. Exit codes: 0 done, 1 failed, 2 bad usage or configuration, 130 interrupted.',
    );
  return addOptions(cli, GLOBAL_OPTIONS);
}
