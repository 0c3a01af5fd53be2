/**
 * The files of docs/deploy:
 *  1. every script is Bash that parses
 *  2. every configuration, that in the manifest too, loads, and nothing is missing before it could run
 *  3. every document of the manifest names its kind, every volume and claim that is mounted is there, and every server of the
 *     configuration is one of its own
 *  4. a script starts its servers, waits for them, begins a run, and goes on with it the next time; a signal stops the run at a
 *     clean place, and no server outlives it
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse, parseAllDocuments } from 'yaml';
import { checkRunnable } from '../../src/config/check-runnable.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const DEPLOY = fileURLToPath(new URL('../../docs/deploy/', import.meta.url));
const folder = makeTempFolder('deploy');
const scripts = readdirSync(DEPLOY).filter((name) => /\.(?:sh|sbatch)$/.test(name));
const skip = process.platform === 'win32' && 'Bash';

/** Parsed YAML, of a shape that the test itself is about. */
// biome-ignore lint/suspicious/noExplicitAny: a manifest has no type here
type Manifest = any;

function readManifest(): Manifest[] {
  return parseAllDocuments(readFileSync(join(DEPLOY, 'kubernetes.yaml'), 'utf8')).map((one) => one.toJS());
}

test('1: scripts', { skip }, () => {
  assert.ok(scripts.length >= 4);
  for (const name of scripts) execFileSync('bash', ['-n', join(DEPLOY, name)]);
});

test('2: configurations', () => {
  const files = ['lora.yaml', 'full.yaml'].map((name) => join(DEPLOY, name));
  const inManifest = join(folder, 'run.yaml');
  writeFileSync(inManifest, readManifest().find(({ kind }) => kind === 'ConfigMap').data['run.yaml']);
  for (const file of [...files, inManifest]) {
    const { config } = loadRunConfig({ file, preset: 'seen' });
    assert.deepEqual(checkRunnable(config), [], file);
  }
  assert.equal(loadRunConfig({ file: files[1]!, preset: 'seen' }).config.trainer.lora.rank, 0);
});

test('3: the manifest', () => {
  const documents = readManifest();
  for (const { apiVersion, kind, metadata } of documents) assert.ok(apiVersion && kind && metadata.name);
  const namesOf = (wanted: string) =>
    documents.filter(({ kind }) => kind === wanted).map(({ metadata }) => metadata.name);
  for (const { spec } of documents.filter(({ kind }) => kind === 'StatefulSet' || kind === 'Job')) {
    const pod = spec.template.spec;
    const volumes = pod.volumes.map(({ name }: Manifest) => name);
    for (const { persistentVolumeClaim: claim, configMap } of pod.volumes) {
      if (claim) assert.ok(namesOf('PersistentVolumeClaim').includes(claim.claimName));
      if (configMap) assert.ok(namesOf('ConfigMap').includes(configMap.name));
    }
    for (const { volumeMounts } of pod.containers) {
      for (const { name } of volumeMounts) assert.ok(volumes.includes(name), name);
    }
  }
  const config = parse(documents.find(({ kind }) => kind === 'ConfigMap').data['run.yaml']);
  const servers = documents.find(({ kind, metadata }) => kind === 'StatefulSet' && metadata.name === 'vllm').spec;
  const own = Array.from({ length: servers.replicas }, (_, i) => `http://vllm-${i}.${servers.serviceName}:8000/v1`);
  assert.deepEqual(config.engine.urls, own);
  assert.ok(namesOf('Service').includes(new URL(config.trainer.url).hostname));
});

/** Programs of the names that the scripts call: servers that write down their end, a controller that runs until it is told to stop. */
function writePrograms(place: string): string {
  const bin = join(place, 'bin');
  mkdirSync(bin, { recursive: true });
  const note = (line: string) => `echo ${line} >> "$STATE/story"`;
  const up = '"$STATE/up-$(basename "$0")"';
  const server = [
    '#!/usr/bin/env bash',
    `trap '${note('server-down')}; rm ${up}; exit 0' TERM`,
    `touch ${up}`,
    'while :; do sleep 0.05; done',
  ];
  const programs: Record<string, readonly string[]> = {
    vllm: server,
    python: server,
    curl: ['#!/usr/bin/env bash', '[[ -e "$STATE/up-vllm" && -e "$STATE/up-python" ]]'],
    // A background job of Bash ignores SIGINT and cannot trap it; the controller is no Bash.
    'parallel-r1': [
      `#!${process.execPath}`,
      "const { appendFileSync, existsSync, writeFileSync } = require('node:fs');",
      'const { STATE } = process.env;',
      "const note = (line) => appendFileSync(STATE + '/story', line + '\\n');",
      "process.on('SIGINT', () => { note('stopped'); process.exit(130); });",
      'note(process.argv[2]);',
      "if (process.argv[2] === 'doctor') process.exit(0);",
      "writeFileSync(STATE + '/runs.db', '');",
      "if (existsSync(STATE + '/end-at-once')) process.exit(0);",
      'setInterval(() => {}, 1000);',
    ],
  };
  for (const [name, lines] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `${lines.join('\n')}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  return bin;
}

test('4: a script', { skip }, async () => {
  const place = join(folder, 'run');
  const state = join(place, 'state');
  const bin = writePrograms(place);
  mkdirSync(state);
  const env = { ...process.env, PATH: `${bin}:${process.env.PATH}`, MODEL: '/model', STATE: state };
  const readStory = () =>
    existsSync(join(state, 'story')) ? readFileSync(join(state, 'story'), 'utf8').trim().split('\n') : [];
  const run = async (signal: NodeJS.Signals | null) => {
    const child = spawn('bash', [join(DEPLOY, 'one-gpu-lora.sh')], { env, stdio: 'ignore' });
    const closed = once(child, 'close');
    if (signal !== null) {
      while (!readStory().includes('run')) await pause(20);
      child.kill(signal);
    }
    const [code] = await closed;
    while (['vllm', 'python'].some((name) => existsSync(join(state, `up-${name}`)))) await pause(20);
    return code;
  };
  assert.equal(await run('SIGUSR1'), 130);
  assert.deepEqual(readStory(), ['doctor', 'run', 'stopped', 'server-down', 'server-down']);
  writeFileSync(join(state, 'end-at-once'), '');
  assert.equal(await run(null), 0);
  assert.deepEqual(
    readStory().filter((line) => line !== 'server-down'),
    ['doctor', 'run', 'stopped', 'resume'],
  );
});
