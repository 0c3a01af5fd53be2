/**
 * Sampler weights used where TuFT wrote them (`trainer.handover: {kind: shared-path, root: FOLDER}`).
 *
 * 1. The folder of a configuration file is relative to that file; what the trainer saves is found below it by the rule of
 *    its profile.
 * 2. An adapter that every engine takes is used in place, and nothing is written.
 * 3. One that needs another configuration is offered from a folder beside, with the very same tensors; the trainer's own
 *    stays as it was, and the folder beside goes with the checkpoint.
 * 4. A folder that is not there names the setting; a trainer that keeps no folders is refused with what to use instead.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import type { HandOver } from '../../adapters/tinker/hand-over/hand-over.ts';
import { loadRunConfig } from '../../src/config/load.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { connectTrainer, SPEC, trainerError } from '../support/trainer-connection.ts';
import { startFaultServer } from '../support/trainer-fault-server.ts';

const WHOLE = { peft_type: 'LORA', r: 8, lora_alpha: 32, target_modules: ['q_proj'], task_type: 'CAUSAL_LM' };
/** As TuFT leaves it: a fractional alpha and no task. */
const ROUGH = { ...WHOLE, lora_alpha: 15.6, task_type: null };

/** The hand-over of a configuration file whose root is `checkpoints` beside it, and that folder. */
function configure(t: TestContext): { handOver: HandOver; root: string } {
  const folder = makeTempFolder('shared-path', t);
  const file = join(folder, 'run.yaml');
  writeFileSync(
    file,
    'preset: parallel\ntrainer: {profile: tuft, handover: {kind: shared-path, root: ./checkpoints}}\n',
  );
  return { handOver: loadRunConfig({ file }).config.trainer.handover, root: join(folder, 'checkpoints') };
}

/** What TuFT leaves of a save: `<root>/<model>/<name>/adapter`. */
function writeAdapter(root: string, name: string, config: object): string {
  const folder = join(root, 'model-1', name, 'adapter');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'adapter_config.json'), JSON.stringify(config));
  writeFileSync(join(folder, 'adapter_model.safetensors'), `tensors of ${name}`);
  return folder;
}

async function open(t: TestContext, profile: 'tuft' | 'hosted', handOver: HandOver) {
  const double = await startFaultServer(t, profile === 'tuft' ? { kind: 'tuft' } : {});
  const { trainer } = await connectTrainer(t, double.url, { profile, handOver });
  await trainer.openModel(SPEC, null);
  return trainer;
}

test('1 and 2: in place', async (t) => {
  const { handOver, root } = configure(t);
  assert.deepEqual(handOver, { kind: 'shared-path', root });
  const trainer = await open(t, 'tuft', handOver);
  const folder = writeAdapter(root, 'v1', WHOLE);
  const saved = await trainer.saveForSampler('v1');
  assert.equal(saved.location, folder);
  assert.equal(saved.path, 'tinker://model-1/sampler_weights/v1');
  assert.deepEqual(saved.found, { kind: 'adapter', files: ['adapter_config.json', 'adapter_model.safetensors'] });
  assert.equal(existsSync(`${folder}.for-engine`), false);
});

test('3: beside', async (t) => {
  const { handOver, root } = configure(t);
  const trainer = await open(t, 'tuft', handOver);
  const folder = writeAdapter(root, 'v2', ROUGH);
  const { location, path } = await trainer.saveForSampler('v2');
  assert.equal(location, `${folder}.for-engine`);
  const offered = JSON.parse(readFileSync(join(location, 'adapter_config.json'), 'utf8'));
  assert.deepEqual([offered.lora_alpha, offered.task_type, offered.target_modules], [16, 'CAUSAL_LM', ['q_proj']]);
  const inode = (place: string) => statSync(join(place, 'adapter_model.safetensors')).ino;
  assert.equal(inode(location), inode(folder), 'one file under two names');
  assert.deepEqual(JSON.parse(readFileSync(join(folder, 'adapter_config.json'), 'utf8')), ROUGH);
  await trainer.deleteSaved(path);
  assert.deepEqual([existsSync(location), existsSync(folder)], [false, true], 'what the trainer wrote is its own');
});

test('4: nothing there', async (t) => {
  const { handOver, root } = configure(t);
  const trainer = await open(t, 'tuft', handOver);
  await assert.rejects(
    trainer.saveForSampler('v3'),
    trainerError(
      /saved v3, but .*model-1\/v3\/adapter is not there: trainer\.handover\.root must be its checkpoint folder/,
    ),
  );
  writeAdapter(root, 'v4', WHOLE);
  const hosted = await open(t, 'hosted', handOver);
  await assert.rejects(
    hosted.saveForSampler('v4'),
    trainerError(/profile hosted keeps no adapters as folders; use .*kind: archive/),
  );
});
