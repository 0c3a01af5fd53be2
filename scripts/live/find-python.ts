import { execFileSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { PYTHON_VERSION } from './environments.ts';
import { RigError } from './rig.ts';

/** What a Python must show: its version, and that it can make environments. */
const PROBE = 'import sys, venv, ensurepip; print("%d.%d" % sys.version_info[:2])';

/** Path of a Python of the right version: the one named, else the first found in PATH, pyenv, or among those uv installed. */
export function findPython(named: string | undefined, env: NodeJS.ProcessEnv): string {
  if (named !== undefined) {
    const fault = findFault(named);
    if (fault !== null) throw new RigError(`--python ${named}: ${fault}`, 2);
    return named;
  }
  const candidates = listCandidates(env);
  const found = candidates.find((path) => findFault(path) === null);
  if (found !== undefined) return found;
  throw new RigError(
    `no Python ${PYTHON_VERSION} with venv found in PATH, ~/.pyenv and ~/.local/share/uv; install one ` +
      `(pyenv install ${PYTHON_VERSION}, or uv python install ${PYTHON_VERSION}) or name it with --python PATH`,
  );
}

function listCandidates(env: NodeJS.ProcessEnv): string[] {
  const name = `python${PYTHON_VERSION}`;
  const inPath = (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name));
  const patterns = [
    join(env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions', `${PYTHON_VERSION}.*`, 'bin', name),
    join(homedir(), '.local', 'share', 'uv', 'python', `cpython-${PYTHON_VERSION}.*`, 'bin', name),
  ];
  return [...inPath, ...patterns.flatMap((pattern) => globSync(pattern).sort())];
}

function findFault(python: string): string | null {
  try {
    const version = execFileSync(python, ['-c', PROBE], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    return version === PYTHON_VERSION ? null : `is Python ${version}; the pins need ${PYTHON_VERSION}`;
  } catch {
    return `cannot be run, or lacks venv (Debian: python${PYTHON_VERSION}-venv)`;
  }
}
