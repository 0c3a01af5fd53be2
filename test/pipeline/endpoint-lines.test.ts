/**
 * What a user is told of endpoints.
 *
 * 1. a change names the endpoint, the reason and how many are up; of one endpoint there is no count
 * 2. a progress line says how many are up only while one is down
 * 3. the doctor has a finding per endpoint where there are several: a warning and a fix for one that is down
 */
import assert from 'node:assert/strict';
import test from 'node:test';
import { diagnoseEngine } from '../../src/pipeline/doctor/diagnose-engine.ts';
import type { Subject } from '../../src/pipeline/doctor/faults.ts';
import { describeChange, noteOutages } from '../../src/pipeline/engine/fleet/create-engine-fleet.ts';
import type { EndpointStatus } from '../../src/ports/engine.ts';
import { openTempRun } from '../support/pipeline-temp-run.ts';

const SUBJECT: Subject = {
  ...{
    area: 'engine',
    expected: 'engine',
    urlKey: 'engine.urls',
    modelKey: 'm',
    modelFlag: '--model',
    apiKeyEnvKey: 'k',
  },
  ...{ variable: null, roomKeys: 'r' },
};

const UP: EndpointStatus = { url: 'http://a', isUp: true, reason: null };
const OUT: EndpointStatus = { url: 'http://b', isUp: false, reason: 'connection refused' };

test('1. changes', () => {
  assert.equal(describeChange(OUT, [UP, OUT]), 'engine http://b is down: connection refused; 1 of 2 endpoints up');
  assert.equal(describeChange(UP, [UP, UP]), 'engine http://a is back; 2 of 2 endpoints up');
  assert.equal(describeChange(OUT, [OUT]), 'engine http://b is down: connection refused');
});

test('2. progress', () => {
  assert.equal(noteOutages([UP, OUT, UP]), ', 2 of 3 endpoints up');
  assert.equal(noteOutages([UP, UP]), '');
  assert.equal(noteOutages(undefined), '');
});

test('3. doctor', async (t) => {
  const { ctx, engine } = openTempRun(t);
  const look = async (endpoints: readonly EndpointStatus[]) => {
    const { findings } = await diagnoseEngine(
      { ...ctx, engine: { ...engine, listEndpoints: () => endpoints } },
      SUBJECT,
    );
    return findings
      .filter(({ detail }) => /^http/.test(detail))
      .map(({ status, detail, fix }) => [status, detail, fix]);
  };
  assert.deepEqual(await look([UP, OUT]), [
    ['ok', 'http://a is up', null],
    ['warn', 'http://b is down: connection refused', 'start it, or take it out of engine.urls'],
  ]);
  assert.deepEqual(await look([UP]), []);
});
