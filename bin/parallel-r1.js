#!/usr/bin/env node
/**
 * The launcher. Plain JavaScript without static imports, so that a Node too old for the program can
 * still read it and say so. Node from 22.19 on runs the command line in this very process; an older
 * one hands over to the Node that stands beside the package (npm package `node`), when there is one.
 */
/* global process */
const NEEDED = [22, 19];

/** How long a program may take to stop in order once its launcher is gone. */
const STOP_MS = 15_000;

function isNewEnough(version) {
  const parts = version.split('.').map(Number);
  return parts[0] > NEEDED[0] || (parts[0] === NEEDED[0] && parts[1] >= NEEDED[1]);
}

async function explainNeed() {
  const need = `parallel-r1 needs Node ${NEEDED.join('.')} or newer and this is ${process.version}`;
  // The package is there and its program is not: its install script, which brings it, was not allowed to run.
  const empty = await findAbove('node_modules', 'node', 'package.json');
  const remedy =
    empty === null
      ? 'install a newer Node, or add one beside the package with: npm install node@24'
      : 'the Node beside the package was installed without its program (--ignore-scripts): fetch it with: npm rebuild node --ignore-scripts=false';
  process.stderr.write(`${need}: ${remedy}\n`);
  process.exitCode = 2;
}

/** The source tree runs its TypeScript as it is; Node strips no types below node_modules, so a package runs what was built. */
async function runHere() {
  const { existsSync } = await import('node:fs');
  const { fileURLToPath } = await import('node:url');
  const source = new URL('../src/cli/main.ts', import.meta.url);
  const isInstalled = fileURLToPath(import.meta.url).includes('node_modules');
  const useSource = !isInstalled && existsSync(source);
  const { enableCompileCache } = await import('node:module');
  enableCompileCache();
  endWithLauncher();
  process.once('beforeExit', explainEmptyLoop);
  try {
    const { main } = await import((useSource ? source : new URL('../dist/src/cli/main.js', import.meta.url)).href);
    await main(process.argv.slice(2));
  } finally {
    process.off('beforeExit', explainEmptyLoop);
  }
}

/** A launcher that was killed passes no signal on: its end shows in the channel to it, and then this process stops in order. */
function endWithLauncher() {
  if (process.env.PARALLEL_R1_LAUNCHED === undefined || process.channel == null) return;
  process.once('disconnect', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), STOP_MS).unref();
  });
  // It must not keep a finished program from ending.
  process.channel.unref();
}

/** Node ends a process that has nothing left to wait for, whether or not its work is done. */
function explainEmptyLoop() {
  process.stderr.write(
    'parallel-r1: ended before the work was done: nothing was left to wait for; a run goes on with `parallel-r1 resume`; please report this\n',
  );
  process.exitCode = 1;
}

/** `node_modules/node/bin/node` of this package, or of a folder above it that has installed it. */
function findLocalNode() {
  return findAbove('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** The file at that place below this folder or one above it, or null. */
async function findAbove(...place) {
  const { existsSync } = await import('node:fs');
  const { dirname, join } = await import('node:path');
  const { fileURLToPath } = await import('node:url');
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const candidate = join(folder, ...place);
    if (existsSync(candidate)) return candidate;
    if (dirname(folder) === folder) return null;
  }
}

async function runWith(node) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const { fileURLToPath } = await import('node:url');
  const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  const child = spawn(node, args, {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: Object.assign({}, process.env, { PARALLEL_R1_LAUNCHED: '1' }),
  });
  // A terminal sends Ctrl-C to both processes, `kill` to this one only; the program takes signals that arrive together for one.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => {
    process.stderr.write(`parallel-r1: ${node} cannot be started: ${error.message}\n`);
    process.exitCode = 2;
  });
  child.on('exit', (code, signal) => process.exit(signal === null ? code : 128 + constants.signals[signal]));
}

// Until something gives another code, every way out of this process is a failure.
process.exitCode = 1;

async function launch() {
  if (isNewEnough(process.versions.node)) return runHere();
  // A local Node that is too old itself must not start another one.
  const node = process.env.PARALLEL_R1_LAUNCHED === undefined ? await findLocalNode() : null;
  return node === null ? explainNeed() : runWith(node);
}

launch().catch((error) => {
  process.stderr.write(`parallel-r1: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
