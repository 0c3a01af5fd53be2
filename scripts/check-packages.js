/**
 * What may be installed: `node scripts/check-packages.js [FOLDER]`. Every package of the lock file must have a licence of
 * the list below; and `npm audit` must know no fault of severity high or above in what is shipped. Where no registry
 * answers the audit, a line says so and it is left out. Exit code 1 when something is wrong, with one line for each.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
const AUDIT_MS = 60_000;

/** Licences of what is shipped with, or beside, this package. */
const LICENCES = new Set(['MIT', 'Apache-2.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', '0BSD']);
/** Permissive too, for tools that nobody gets with this package. */
const TOOL_LICENCES = new Set([...LICENCES, 'BlueOak-1.0.0']);

/** Whether an SPDX expression of names, AND, OR and brackets can be met; AND binds closer than OR. */
function isAllowed(expression, allowed) {
  const parts = expression.replace(/[()]/g, ' ').trim();
  // Brackets around the whole are all that lock files have; a mixture with them is refused, to be looked at by a person.
  if (/[()]/.test(expression.trim().replace(/^\(([^()]*)\)$/, '$1'))) return false;
  return parts.split(/\s+OR\s+/).some((choice) => choice.split(/\s+AND\s+/).every((name) => allowed.has(name.trim())));
}

function listLicenceFaults() {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([place]) => place !== '')
    .filter(([, { license, dev }]) => !isAllowed(String(license ?? ''), dev === true ? TOOL_LICENCES : LICENCES))
    .map(
      ([place, { license }]) => `${place}: licence ${license ?? 'not told'}; allowed are ${[...LICENCES].join(', ')}`,
    );
}

function listAuditFaults() {
  const npm = process.env.npm_execpath;
  const args = ['audit', '--omit=dev', '--json', '--fetch-retries=0'];
  const options = { cwd: ROOT, encoding: 'utf8', timeout: AUDIT_MS };
  const { stdout } = npm
    ? spawnSync(process.execPath, [npm, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  const told = readAudit(stdout ?? '');
  if (told === null) {
    process.stderr.write('npm audit: no registry answered; left out\n');
    return [];
  }
  return Object.values(told)
    .filter(({ severity }) => severity === 'high' || severity === 'critical')
    .map(({ name, severity, range }) => `${name} ${range}: a fault of severity ${severity}; see npm audit`);
}

/** The faults by package, or null when it is no answer to an audit. */
function readAudit(text) {
  try {
    return JSON.parse(text).vulnerabilities ?? null;
  } catch {
    return null;
  }
}

const faults = [...listLicenceFaults(), ...listAuditFaults()];
for (const fault of faults) process.stderr.write(`${fault}\n`);
process.exit(faults.length === 0 ? 0 : 1);
