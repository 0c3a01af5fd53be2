import type { Command } from '../define-command.ts';
import { checkCommand } from './check.ts';
import { datasetsCommand } from './datasets.ts';
import { doctorCommand } from './doctor.ts';
import { embeddedCommand } from './embedded.ts';
import { evalCommand } from './eval.ts';
import { exportCommand } from './export.ts';
import { generateCommand } from './generate.ts';
import { replayCommand } from './replay.ts';
import { resumeCommand } from './resume.ts';
import { reverifyCommand } from './reverify.ts';
import { rlCommand } from './rl.ts';
import { runCommand } from './run.ts';
import { runsCommand } from './runs.ts';
import { sftCommand } from './sft.ts';
import { showCommand } from './show.ts';
import { solveCommand } from './solve.ts';
import { verifyCommand } from './verify.ts';

/** Every command, in the order of the help page. */
export const COMMANDS: readonly Command[] = [
  runCommand,
  resumeCommand,
  generateCommand,
  exportCommand,
  sftCommand,
  rlCommand,
  evalCommand,
  solveCommand,
  checkCommand,
  verifyCommand,
  datasetsCommand,
  runsCommand,
  showCommand,
  replayCommand,
  reverifyCommand,
  doctorCommand,
  embeddedCommand,
];
