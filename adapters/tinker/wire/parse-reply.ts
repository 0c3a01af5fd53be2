import type { z } from 'zod';
import { TrainerError } from '../../../src/errors.ts';

/** Reads the fields of a JSON answer. Throws `TrainerError` naming the first one that is wrong. */
export function parseReply<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const where = issue === undefined || issue.path.length === 0 ? 'its body' : issue.path.join('.');
  throw new TrainerError(`${what}: the trainer's answer is not the protocol's: ${where}: ${issue?.message ?? 'wrong'}`);
}
