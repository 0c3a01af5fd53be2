/**
 * `/metrics` of the page, read by Prometheus' own parser. Needs a Python with `prometheus_client` (0.26.0 is known to
 * work), named in PARALLEL_R1_PROMETHEUS_PYTHON.
 *
 * 1. every figure of a run comes out with its name, labels and value, also odd keys and values that are not finite, and no
 *    two samples are one series
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import test from 'node:test';
import { renderPrometheusText } from '../../src/report/prometheus-text.ts';
import { writePageRun } from '../support/page-run.ts';

const PYTHON = process.env.PARALLEL_R1_PROMETHEUS_PYTHON;
const skip = PYTHON === undefined && 'set PARALLEL_R1_PROMETHEUS_PYTHON';

const READ = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families
samples = [s for f in text_string_to_metric_families(sys.stdin.read()) for s in f.samples]
print(json.dumps([[s.name, s.labels, repr(s.value)] for s in samples]))
`;

test('1: figures', { skip }, (t) => {
  const { store, runId } = writePageRun(t, { problem: 'How many?', text: 'split' });
  const odd = {
    'a/b': 1.5,
    a_b: -2,
    'ü "q" \\ x\ny': Number.NaN,
    big: Number.POSITIVE_INFINITY,
    'eval/my set/mean_accuracy': 0.25,
  };
  const stageIndex = 3;
  store.saveMetrics(
    runId,
    Object.entries(odd).map(([key, value]) => ({ stageIndex, step: 9, key, value })),
  );
  const text = renderPrometheusText(store, store.getRun(runId)!);
  const samples = JSON.parse(execFileSync(PYTHON!, ['-c', READ], { input: text, encoding: 'utf8' })) as [
    string,
    Record<string, string>,
    string,
  ][];
  const byKey = new Map(samples.map(([name, labels, value]) => [labels.key, [name, value, labels.set]]));
  assert.deepEqual(byKey.get('a/b'), ['parallel_r1_a_b', '1.5', undefined]);
  assert.deepEqual(byKey.get('a_b'), ['parallel_r1_a_b', '-2', undefined]);
  assert.deepEqual(byKey.get('ü "q" \\ x\ny'), ['parallel_r1____q____x_y', 'nan', undefined]);
  assert.deepEqual(byKey.get('big'), ['parallel_r1_big', 'inf', undefined]);
  assert.deepEqual(byKey.get('eval/my set/mean_accuracy'), ['parallel_r1_eval_mean_accuracy', '0.25', 'my set']);
  const series = samples.map(([name, labels]) => JSON.stringify([name, labels]));
  assert.equal(new Set(series).size, series.length);
  assert.equal(samples.find(([name]) => name === 'parallel_r1_run_info')?.[1].status, 'done');
});
