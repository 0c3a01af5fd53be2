import type { RunStore } from '../ports/run-store/run-store.ts';
import type { RunRecord } from '../ports/run-store/runs.ts';

/** Content type of the text format, https://prometheus.io/docs/instrumenting/exposition_formats/ */
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** One sample: its labels and its value. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number];

/** Samples of one name. */
interface Family {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  readonly samples: Sample[];
}

const PREFIX = 'parallel_r1_';

const EVAL_KEY = /^eval\/([^/]+)\/(.+)$/;

/**
 * A run as Prometheus reads it: the newest value of each figure, and counts of what was written. A figure `reward/mean`
 * is `parallel_r1_reward_mean`; its own key is the label `key`, so that two keys which differ in punctuation alone stay
 * two series. Figures of a held-out set have one name for all sets and the label `set`.
 */
export function renderPrometheusText(store: RunStore, run: RunRecord): string {
  const stageOf = new Map(store.listStages(run.id).map(({ index, id }) => [index, id]));
  const nameOf = (index: number) => stageOf.get(index) ?? `${index}`;
  return [
    describeRun(run),
    ...describeProgress(store, run, nameOf),
    describeRollouts(store, run, nameOf),
    describeAttempts(store, run),
    ...describeFigures(store, run, nameOf),
  ]
    .filter(({ samples }) => samples.length > 0)
    .map(renderFamily)
    .join('');
}

function describeRun({ id, name, preset, softwareVersion, status }: RunRecord): Family {
  const labels = { run: id, name, preset: preset ?? '', version: softwareVersion, status };
  return { name: 'run_info', type: 'gauge', help: 'The run; its status is a label.', samples: [[labels, 1]] };
}

function describeProgress(store: RunStore, { id }: RunRecord, nameOf: (index: number) => string): Family[] {
  const last = store.listLastFigures(id).at(-1);
  if (last === undefined) return [];
  const labels = { run: id, stage: nameOf(last.stageIndex) };
  return [{ name: 'step', type: 'gauge', help: 'Newest step of the newest stage.', samples: [[labels, last.step]] }];
}

function describeRollouts(store: RunStore, { id }: RunRecord, nameOf: (index: number) => string): Family {
  const samples = store.summarizeRollouts(id).flatMap(({ stageIndex, purpose, rollouts, ...counts }): Sample[] => {
    const { correct, unparsable, failed } = counts;
    const outcomes = { correct, unparsable, failed, incorrect: rollouts - correct - unparsable - failed };
    return Object.entries(outcomes).map(([outcome, count]) => [
      { run: id, stage: nameOf(stageIndex), purpose, outcome },
      count,
    ]);
  });
  return { name: 'rollouts_total', type: 'counter', help: 'Stored rollouts.', samples };
}

function describeAttempts(store: RunStore, { id }: RunRecord): Family {
  const samples = store
    .listStages(id)
    .filter(({ kind }) => kind === 'cold-start')
    .flatMap(({ index, id: stage }) =>
      store
        .countAttempts(id, index)
        .map(({ status, code, count }): Sample => [{ run: id, stage, status, code: code ?? '' }, count]),
    );
  return { name: 'attempts_total', type: 'counter', help: 'Answers of a teacher.', samples };
}

function describeFigures(store: RunStore, { id }: RunRecord, nameOf: (index: number) => string): Family[] {
  const families = new Map<string, Family>();
  for (const { stageIndex, key, value } of store.listNewestFigures(id)) {
    const [, set, figure] = EVAL_KEY.exec(key) ?? [];
    const name = (figure === undefined ? key : `eval/${figure}`).replaceAll(/[^a-zA-Z0-9_]/g, '_');
    const labels = { run: id, stage: nameOf(stageIndex), key, ...(set === undefined ? {} : { set }) };
    const family = families.get(name) ?? {
      name,
      type: 'gauge',
      help: 'Newest value of a figure of the run.',
      samples: [],
    };
    family.samples.push([labels, value]);
    families.set(name, family);
  }
  return [...families.values()];
}

function renderFamily({ name, type, help, samples }: Family): string {
  const full = `${PREFIX}${name}`;
  const lines = samples.map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
    return `${full}{${pairs.join(',')}} ${writeValue(value)}`;
  });
  return [`# HELP ${full} ${help}`, `# TYPE ${full} ${type}`, ...lines, ''].join('\n');
}

function escapeLabel(text: string): string {
  return text.toWellFormed().replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

function writeValue(value: number): string {
  if (Number.isFinite(value)) return `${value}`;
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
