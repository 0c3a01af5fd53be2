import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ENVIRONMENTS, LEADING_ENVIRONMENT } from './environments.ts';
import { findPython } from './find-python.ts';
import { type Rig, SCRIPTS } from './rig.ts';
import { runLogged } from './run-logged.ts';
import { requireSetUp, uvSettings } from './set-up.ts';
import { tell } from './tell.ts';

/** Packages that the other environments take in the leading one's versions, so that they share their files. */
const SHARED = /^(torch|triton|nvidia-[\w-]+|cuda-[\w-]+)==/;

/** `lock`: writes the pins of all environments anew from what environments.ts wants. */
export async function renewLocks(rig: Rig, python: string | undefined, signal: AbortSignal): Promise<void> {
  requireSetUp(rig, ['uv']);
  const found = findPython(python, process.env);
  const locks = join(SCRIPTS, 'locks');
  mkdirSync(locks, { recursive: true });
  const folder = mkdtempSync(join(tmpdir(), 'parallel-r1-locks-'));
  try {
    const write = (name: string, lines: readonly string[]) => {
      const file = join(folder, name);
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
      return file;
    };
    let shared = write('shared.txt', []);
    for (const { name, wants, overrides } of ENVIRONMENTS) {
      const output = join(locks, `${name}.txt`);
      const args = [
        ...['pip', 'compile', write(`${name}.in`, wants), '--output-file', output, '--upgrade', '--python', found],
        ...['--override', write(`${name}.overrides`, overrides), '--constraint', shared],
        ...['--no-annotate', '--no-header', '--quiet'],
      ];
      const uv = {
        command: rig.at('envs', 'uv', 'bin', 'uv'),
        env: uvSettings(rig),
        logFile: rig.at('logs', `lock-${name}.log`),
      };
      await runLogged({ ...uv, title: `resolve ${name}`, args }, signal);
      const pins = readFileSync(output, 'utf8').split('\n');
      if (name === LEADING_ENVIRONMENT)
        shared = write(
          'shared.txt',
          pins.filter((pin) => SHARED.test(pin)),
        );
    }
    tell(`written to ${locks}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
