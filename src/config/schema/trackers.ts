import * as z from 'zod';
import { nonBlank, serverUrl } from './fields.ts';

/** Programs that show the figures of many runs (docs/trackers.md). */
export const trackersSchema = z.strictObject({
  tensorboard: z
    .strictObject({
      directory: nonBlank().describe(
        'Folder that TensorBoard is started with; the run gets one of its own in it, named by its id. Relative to the configuration file',
      ),
    })
    .nullable()
    .default(null)
    .describe('Event files for TensorBoard; null: none'),
  mlflow: z
    .strictObject({
      url: serverUrl().describe(
        'Base URL of the tracking server; MLFLOW_TRACKING_TOKEN, or MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, say who asks',
      ),
      experiment: nonBlank().default('parallel-r1').describe('Experiment the run belongs to; made where it is missing'),
    })
    .nullable()
    .default(null)
    .describe('An MLflow tracking server; null: none'),
});
