import { z } from 'zod';

/** The fields this adapter reads of the trainer's JSON answers; everything else is ignored. */

/** SkyRL's ids are decimal; some proxies send them as numbers. */
const id = z.union([z.string().min(1), z.number().transform(String)]);

/** First answer of a queued operation. */
export const submittedSchema = z.object({ request_id: id, model_id: z.string().nullish(), future_id: id.nullish() });

export const createdModelSchema = z.object({ model_id: z.string().nullish() });

export const sessionSchema = z.object({ session_id: z.string().min(1) });

export const sessionListSchema = z.object({ sessions: z.array(z.string()) });

export const sessionOverviewSchema = z.object({ training_run_ids: z.array(z.string()) });

export const trainingRunSchema = z.object({ user_metadata: z.record(z.string(), z.unknown()).nullish().catch(null) });

export const healthSchema = z.object({ status: z.string().nullish().catch(null) });

export const capabilitiesSchema = z.object({
  supported_models: z.array(
    z.object({
      model_name: z.string().nullish(),
      max_context_length: z.number().nullish().catch(null),
      extensions: z.array(z.string()).nullish().catch(null),
    }),
  ),
});

export const clientConfigSchema = z.object({
  pjwt_auth_enabled: z.boolean().nullish(),
  proto_compress_fwdbwd: z.boolean().nullish(),
  fwdbwd_max_chunk_len: z.number().int().positive().nullish(),
  fwdbwd_max_chunk_bytes_count: z.number().int().positive().nullish(),
});

export const tokenSchema = z.object({ jwt: z.string().min(1) });

export const savedSchema = z.object({ path: z.string().min(1) });

export const optimResultSchema = z.object({ metrics: z.record(z.string(), z.unknown()).nullish() });

export const checkpointListSchema = z.object({
  checkpoints: z.array(
    z.object({
      checkpoint_id: z.string().nullish(),
      checkpoint_type: z.string().nullish(),
      tinker_path: z.string().nullish(),
    }),
  ),
});

export const archiveUrlSchema = z.object({ url: z.string().min(1) });

export const sampleResultSchema = z.object({
  sequences: z.array(
    z.object({
      stop_reason: z.enum(['stop', 'length']),
      tokens: z.array(z.int().nonnegative()),
      logprobs: z.array(z.number()),
    }),
  ),
});
