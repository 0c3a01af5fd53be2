import { type Command, tieCommand } from './command.ts';
import { checkCommand, solveCommand, verifyCommand } from './commands/answers.ts';
import { exportCommand, generateCommand } from './commands/cold-start.ts';
import {
  compareCommand,
  figuresCommand,
  reportCommand,
  showCommand,
  viewCommand,
  whyCommand,
} from './commands/run-views.ts';
import {
  analyseCommand,
  pruneCommand,
  replayCommand,
  reverifyCommand,
  runsCommand,
  trackCommand,
} from './commands/stored-runs.ts';
import { configCommand, datasetsCommand, doctorCommand, embeddedCommand } from './commands/surroundings.ts';
import {
  evalCommand,
  experimentCommand,
  initCommand,
  reproduceCommand,
  resumeCommand,
  rlCommand,
  runCommand,
  sftCommand,
} from './commands/training.ts';

/**
 * Every command, in the order of the help page. A command has two halves: its name and options are in `commands/`, in
 * the file of its subject; what it does is in `actions/`, in the file of its name, which is loaded only when the command
 * is called, so that `--help` stays fast. How to add one: docs/how-to-add/command.md.
 */
export const COMMANDS: readonly Command[] = [
  tieCommand(initCommand, async () => (await import('./actions/init.ts')).initConfig),
  tieCommand(runCommand, async () => (await import('./actions/run.ts')).startWholeRun),
  tieCommand(resumeCommand, async () => (await import('./actions/resume.ts')).resume),
  tieCommand(generateCommand, async () => (await import('./actions/generate.ts')).generate),
  tieCommand(exportCommand, async () => (await import('./actions/export.ts')).exportRun),
  tieCommand(sftCommand, async () => (await import('./actions/one-stage.ts')).startSft),
  tieCommand(rlCommand, async () => (await import('./actions/one-stage.ts')).startRl),
  tieCommand(evalCommand, async () => (await import('./actions/one-stage.ts')).startEval),
  tieCommand(experimentCommand, async () => (await import('./actions/experiment.ts')).runNamedExperiment),
  tieCommand(reproduceCommand, async () => (await import('./actions/reproduce.ts')).reproducePaper),
  tieCommand(solveCommand, async () => (await import('./actions/solve.ts')).solve),
  tieCommand(checkCommand, async () => (await import('./actions/check.ts')).checkFiles),
  tieCommand(verifyCommand, async () => (await import('./actions/verify.ts')).verifyAnswers),
  tieCommand(datasetsCommand, async () => (await import('./actions/datasets.ts')).handleDatasets),
  tieCommand(runsCommand, async () => (await import('./actions/runs.ts')).handleRuns),
  tieCommand(showCommand, async () => (await import('./actions/show.ts')).showRun),
  tieCommand(viewCommand, async () => (await import('./actions/view.ts')).viewRun),
  tieCommand(reportCommand, async () => (await import('./actions/report.ts')).reportRun),
  tieCommand(whyCommand, async () => (await import('./actions/why.ts')).explainRollout),
  tieCommand(compareCommand, async () => (await import('./actions/compare.ts')).compareStoredRuns),
  tieCommand(figuresCommand, async () => (await import('./actions/figures.ts')).exportFigures),
  tieCommand(trackCommand, async () => (await import('./actions/track.ts')).trackStoredRun),
  tieCommand(replayCommand, async () => (await import('./actions/replay.ts')).replayRun),
  tieCommand(reverifyCommand, async () => (await import('./actions/reverify.ts')).reverifyRun),
  tieCommand(analyseCommand, async () => (await import('./actions/analyse.ts')).analyseRun),
  tieCommand(pruneCommand, async () => (await import('./actions/prune.ts')).pruneStore),
  tieCommand(configCommand, async () => (await import('./actions/config.ts')).handleConfig),
  tieCommand(doctorCommand, async () => (await import('./actions/doctor.ts')).doctor),
  tieCommand(embeddedCommand, async () => (await import('./actions/embedded.ts')).serveEmbedded),
];
