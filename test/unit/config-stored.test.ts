/**
 * The configuration of a stored run, read back by whichever version comes.
 *
 *  1. every preset comes back as it was stored
 *  2. keys that were added since get what versions without them did; the runs of 0.1.0 come back unchanged
 *  3. settings of a newer version are told in one line: the run, all of its unknown keys, both versions
 *  4. a value that is allowed no more, and text that is no JSON, are told in one line with the run
 *  5. what commands put into a configuration can be read back: rows of another run, a data file of any name
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { gunzipSync } from 'node:zlib';
import { openRunStore } from '../../adapters/store-sqlite/open-run-store.ts';
import { changeRunConfig } from '../../src/config/load.ts';
import { PRESET_NAMES, PRESETS } from '../../src/config/presets.ts';
import type { RunConfig } from '../../src/config/schema.ts';
import { parseStoredConfig } from '../../src/config/stored.ts';
import { UsageError } from '../../src/errors.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const RUN = { id: 'run-1', softwareVersion: '9.9.9' };

function readBack(config: unknown): RunConfig {
  return parseStoredConfig({ ...RUN, configJson: JSON.stringify(config) });
}

/** The refusal of a stored configuration: one line. */
function refusalOf(configJson: string): string {
  try {
    parseStoredConfig({ ...RUN, configJson });
  } catch (error) {
    assert.ok(error instanceof UsageError, String(error));
    assert.doesNotMatch(error.message, /\n/);
    return error.message;
  }
  return assert.fail('the configuration was accepted');
}

test('1: presets', () => {
  for (const name of PRESET_NAMES) assert.deepEqual(readBack(PRESETS[name]), PRESETS[name]);
});

test('2: keys added since', () => {
  const old = structuredClone(PRESETS.embedded) as never as Record<string, Record<string, unknown>> & {
    stages: Record<string, unknown>[];
  };
  for (const key of ['join', 'joinOrder', 'duplicatePaths']) delete old.rollout![key];
  for (const key of ['tokenizerUrl', 'placement', 'adminUrls', 'sessionHeader']) delete old.engine![key];
  for (const key of ['slotPatienceSeconds', 'keep']) delete old.trainer![key];
  delete old.format!.promote;
  const coldStart = old.stages[0]!;
  for (const key of ['method', 'limit', 'retries', 'retryTemperature', 'budgetTokens', 'budgetUsd', 'keep'])
    delete coldStart[key];
  for (const stage of old.stages) delete stage.stripTags;
  delete old.embedded!.family;
  for (const key of ['kind', 'maxInFlight', 'prices']) delete (coldStart.teacher as Record<string, unknown>)[key];
  assert.deepEqual(readBack(old), PRESETS.embedded);
});

const withoutTwin = (set: RunConfig['eval']['sets'][number]) => ({ ...set, sequentialTwin: false });

test('2: runs of 0.1.0', () => {
  const file = join(makeTempFolder('config-stored'), 'runs.db');
  writeFileSync(file, gunzipSync(readFileSync(new URL('../fixtures/runs-0.1.0.db.gz', import.meta.url))));
  using store = openRunStore(file);
  const runs = store.listRuns();
  assert.equal(runs.length, 4);
  const { effective, watchdog, trackers } = PRESETS.embedded;
  for (const run of runs) {
    const stored = JSON.parse(run.configJson);
    const added = {
      run: { ...stored.run, report: null },
      engine: { ...stored.engine, adminUrls: [], sessionHeader: 'X-Session-ID', restartPatienceSeconds: 600 },
      trainer: { ...stored.trainer, slotPatienceSeconds: 600, keep: 1 },
      embedded: { family: 'word-sums', ...stored.embedded },
      stages: (stored as RunConfig).stages.map((stage) => {
        if (stage.kind === 'eval') return { ...stage, sets: stage.sets.map(withoutTwin) };
        return stage.kind === 'sft' ? { ...stage, stripTags: false } : stage;
      }),
      eval: { ...stored.eval, sets: (stored as RunConfig).eval.sets.map(withoutTwin) },
    };
    assert.deepEqual(
      parseStoredConfig(run),
      { ...stored, ...added, effective, watchdog, trackers },
      'later keys have their defaults',
    );
  }
});

test('3: a newer version', () => {
  const newer = { ...PRESETS.seen, replica: 1, rollout: { ...PRESETS.seen.rollout, drafts: 2 } };
  assert.match(
    refusalOf(JSON.stringify(newer)),
    /^run run-1 has settings that this version does not know \(rollout\.drafts, replica\): it was made by version 9\.9\.9, and this is \d+\.\d+\.\d+\S*; use that version or a newer one$/,
  );
});

test('4: what cannot be used', () => {
  const wrong = { ...PRESETS.seen, engine: { ...PRESETS.seen.engine, kind: 'abacus' }, replica: 1 };
  assert.match(
    refusalOf(JSON.stringify(wrong)),
    /^the configuration of run run-1 cannot be used: engine\.kind: must be one of .*version 9\.9\.9/,
  );
  assert.match(refusalOf('{"run":'), /run run-1 in the store is not JSON/);
});

test('5: what commands put in', () => {
  for (const data of ['run:20261128-183911-473d', '/data/rows.txt']) {
    const [stage] = changeRunConfig({ ...PRESETS.embedded, stages: [PRESETS.embedded.stages[1]!] }, [
      { flag: '--data', path: 'stages.kind=sft.data', value: data },
    ]).stages;
    assert.ok(stage?.kind === 'sft');
    const [again] = readBack({ ...PRESETS.embedded, stages: [stage] }).stages;
    assert.ok(again?.kind === 'sft');
    assert.equal(again.data, data);
  }
});
