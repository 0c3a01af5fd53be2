import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The release that is compared with, with its parser of LaTeX. */
export const MATH_VERIFY = 'math-verify[antlr4-13-2]==0.9.0';

/**
 * Runs a Python script beside this file with Math-Verify at hand, lines on its standard input, and returns the lines
 * it wrote; a sentence where that is not possible. `python` names an interpreter that has Math-Verify already; without
 * one a virtual environment is made for this run and removed after it.
 */
export function runWithMathVerify(script: string, input: readonly string[], python?: string): string[] | string {
  if (python !== undefined) return runScript(python, script, input);
  const folder = mkdtempSync(join(tmpdir(), 'math-verify-'));
  try {
    const own = join(folder, 'bin', 'python');
    const steps: readonly (readonly [string, readonly string[]])[] = [
      ['python3', ['-m', 'venv', folder]],
      [own, ['-m', 'pip', 'install', '--quiet', MATH_VERIFY]],
    ];
    for (const [command, args] of steps) {
      const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
      if (status !== 0)
        return `${command} ${args.join(' ')} failed: ${stderr?.trim().split('\n').at(-1) ?? 'not found'}`;
    }
    return runScript(own, script, input);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runScript(python: string, script: string, input: readonly string[]): string[] | string {
  const path = new URL(`./${script}`, import.meta.url).pathname;
  const { status, stdout, stderr } = spawnSync(python, [path], {
    input: input.join('\n'),
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return status === 0
    ? stdout.trim().split('\n')
    : `${script} failed: ${(stderr ?? 'not found').trim().split('\n').at(-1)}`;
}
