/**
 * Installs the dependencies when they are missing or are not the ones the lock file names, so that
 * `npm start` and `npm test` work from a bare clone. Plain JavaScript for any Node from 14 on: it is
 * what brings the newer Node. A second call compares two small files and returns.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Packages by place, of a lock file; null when it is missing or unreadable. */
function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages || null;
  } catch {
    return null;
  }
}

/** npm writes what it installed, last of all, into a lock file of its own: an interrupted install has none. */
function isInstalled(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (wanted === null || present === null) return false;
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  if (!existsSync(join(root, 'node_modules', 'node', 'bin', name))) return false;
  return Object.keys(wanted).every((place) => {
    const entry = wanted[place];
    // Optional packages are there on the platforms they are for.
    if (place === '' || entry.optional || entry.devOptional || entry.peer) return true;
    return present[place] !== undefined && present[place].version === entry.version;
  });
}

function install(root) {
  process.stderr.write('installing the packages of package-lock.json (npm ci), once; this takes about half a minute\n');
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const npm = process.env.npm_execpath;
  // What npm says goes to stderr: stdout belongs to the command that follows.
  const options = { cwd: root, stdio: ['ignore', 2, 2] };
  const result = npm
    ? spawnSync(process.execPath, [npm].concat(args), options)
    : spawnSync('npm', args, Object.assign({ shell: process.platform === 'win32' }, options));
  if (result.status === 0) return;
  const reason = result.error ? `: ${result.error.message}` : '';
  process.stderr.write(`npm ci failed${reason}; put right what it says above, then try again\n`);
  process.exit(1);
}

if (!isInstalled(ROOT)) install(ROOT);
