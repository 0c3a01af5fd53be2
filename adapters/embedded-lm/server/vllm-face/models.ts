import { asObject, readBoolean, readString, refuseUnknown } from '../http/body.ts';
import { type Call, HttpFailure, type Reply, replyJson } from '../http/route.ts';
import { BASE_MODEL } from '../snapshots.ts';
import { TEACHER_MODEL } from '../teacher.ts';
import type { EngineContext } from './engine-context.ts';

const LOAD_KEYS: ReadonlySet<string> = new Set(['lora_name', 'lora_path', 'load_inplace']);
const UNLOAD_KEYS: ReadonlySet<string> = new Set(['lora_name', 'lora_int_id']);

/** GET `/v1/models`: the base, the rule-based teacher, and the loaded weights with their path. */
export function listModels(ctx: EngineContext): Reply {
  const created = Math.floor(ctx.now() / 1000);
  const entry = (id: string, root: string, parent: string | null, owner: string) => ({
    id,
    object: 'model',
    created,
    owned_by: owner,
    root,
    parent,
    max_model_len: ctx.lm.shape.maxLength,
  });
  const data = [
    entry(BASE_MODEL, BASE_MODEL, null, 'parallel-r1'),
    { ...entry(TEACHER_MODEL, TEACHER_MODEL, null, 'rule-based'), max_model_len: null },
    ...ctx.snapshots.listAdapters().map(({ name, root }) => entry(name, root, BASE_MODEL, 'parallel-r1')),
  ];
  return replyJson({ object: 'list', data });
}

/** POST `/v1/load_lora_adapter`: `lora_path` is a tinker path or checkpoint directory of this server. */
export async function loadAdapter(call: Call, ctx: EngineContext): Promise<Reply> {
  const body = asObject(call.body, '');
  refuseUnknown(body, LOAD_KEYS);
  const name = readName(body.lora_name);
  if (body.lora_path == null || body.lora_path === '') throw missing('Both lora_name and lora_path must be provided.');
  if (readBoolean(body, 'load_inplace', false))
    throw new HttpFailure(400, 'load_inplace is not supported: use a new name per version');
  await ctx.snapshots.loadAdapter(name, readString(body, 'lora_path'));
  return { status: 200, text: `Success: LoRA adapter '${name}' added successfully.` };
}

/** POST `/v1/unload_lora_adapter` */
export async function unloadAdapter(call: Call, ctx: EngineContext): Promise<Reply> {
  const body = asObject(call.body, '');
  refuseUnknown(body, UNLOAD_KEYS);
  const name = readName(body.lora_name);
  await ctx.snapshots.unloadAdapter(name);
  return { status: 200, text: `Success: LoRA adapter '${name}' removed successfully.` };
}

function readName(name: unknown): string {
  if (typeof name !== 'string' || name === '') throw missing('Both lora_name and lora_path must be provided.');
  if (name.length > 255 || name === BASE_MODEL || name === TEACHER_MODEL)
    throw missing(`'${name.slice(0, 60)}' cannot be the name of an adapter.`);
  return name;
}

function missing(message: string): HttpFailure {
  return new HttpFailure(400, message, { type: 'InvalidUserInput' });
}
