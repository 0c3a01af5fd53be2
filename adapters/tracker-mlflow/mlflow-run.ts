import { z } from 'zod';
import { TrackerError } from '../../src/errors.ts';
import { type MlflowHttp, MlflowRefusal } from './mlflow-http.ts';

/** Finding or making the experiment and the run that stand for one run of ours. */

/** Tag that ties a run there to a run here. */
const RUN_TAG = 'parallel_r1.run_id';

/** The part of MLflow's Run that is read. `metrics` holds the newest point of each key. */
const RunSchema = z.object({
  info: z.object({ run_id: z.string() }),
  data: z
    .object({
      metrics: z.array(z.object({ key: z.string(), step: z.coerce.number().nullish() })).nullish(),
      params: z.array(z.object({ key: z.string() })).nullish(),
    })
    .nullish(),
});

/** The schema of answers that say nothing more than that it worked. */
export const Done = z.looseObject({});

/** A run as the server has it. */
export interface ServerRun {
  readonly id: string;
  /** Newest step of each metric. */
  readonly steps: ReadonlyMap<string, number>;
  readonly params: ReadonlySet<string>;
}

function toServerRun({ info, data }: z.infer<typeof RunSchema>): ServerRun {
  return {
    id: info.run_id,
    steps: new Map((data?.metrics ?? []).map(({ key, step }) => [key, step ?? 0])),
    params: new Set((data?.params ?? []).map(({ key }) => key)),
  };
}

/** Id of the experiment of that name, which is made where there is none. */
export async function openExperiment(http: MlflowHttp, name: string, signal: AbortSignal): Promise<string> {
  const existing = await findExperiment(http, name, signal);
  if (existing !== null) return existing;
  try {
    const Created = z.object({ experiment_id: z.string() });
    return (await http.post('experiments/create', { name }, Created, signal)).experiment_id;
  } catch (error) {
    // Another run made it in between, or this one did and the answer was lost.
    if (!(error instanceof MlflowRefusal) || error.code !== 'RESOURCE_ALREADY_EXISTS') throw error;
    const made = await findExperiment(http, name, signal);
    if (made === null) throw error;
    return made;
  }
}

async function findExperiment(http: MlflowHttp, name: string, signal: AbortSignal): Promise<string | null> {
  const Found = z.object({
    experiment: z.object({ experiment_id: z.string(), lifecycle_stage: z.string().nullish() }),
  });
  try {
    const { experiment } = await http.get('experiments/get-by-name', { experiment_name: name }, Found, signal);
    if (experiment.lifecycle_stage === 'deleted')
      throw new TrackerError(`MLflow experiment ${JSON.stringify(name)} is deleted; restore it or choose another name`);
    return experiment.experiment_id;
  } catch (error) {
    if (error instanceof MlflowRefusal && error.code === 'RESOURCE_DOES_NOT_EXIST') return null;
    throw error;
  }
}

/** The run there that stands for `runId`; null where there is none, or it was deleted. */
export async function findRun(
  http: MlflowHttp,
  { experimentId, runId }: { readonly experimentId: string; readonly runId: string },
  signal: AbortSignal,
): Promise<ServerRun | null> {
  const Runs = z.object({ runs: z.array(RunSchema).nullish() });
  const query = {
    experiment_ids: [experimentId],
    filter: `tags.\`${RUN_TAG}\` = '${runId}'`,
    run_view_type: 'ACTIVE_ONLY',
    max_results: 1,
  };
  const [found] = (await http.post('runs/search', query, Runs, signal)).runs ?? [];
  return found === undefined ? null : toServerRun(found);
}

export async function createRun(
  http: MlflowHttp,
  run: {
    readonly experimentId: string;
    readonly runId: string;
    readonly runName: string;
    readonly startTimeMs: number;
  },
  signal: AbortSignal,
): Promise<ServerRun> {
  const body = {
    experiment_id: run.experimentId,
    run_name: run.runName,
    start_time: run.startTimeMs,
    tags: [
      { key: RUN_TAG, value: run.runId },
      { key: 'mlflow.source.name', value: 'parallel-r1' },
    ],
  };
  return toServerRun((await http.post('runs/create', body, z.object({ run: RunSchema }), signal)).run);
}

export async function readRun(http: MlflowHttp, id: string, signal: AbortSignal): Promise<ServerRun> {
  return toServerRun((await http.get('runs/get', { run_id: id }, z.object({ run: RunSchema }), signal)).run);
}
