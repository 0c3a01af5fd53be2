import path from 'node:path';
import { FieldFault } from '../http/route.ts';

/** `weights` holds a training state, `sampler_weights` what an engine serves. */
export type CheckpointKind = 'weights' | 'sampler_weights';

/** Which checkpoint: every part is safe as a file name. */
export interface CheckpointRef {
  readonly modelId: string;
  readonly kind: CheckpointKind;
  readonly name: string;
}

/** No dots, no slashes: neither a parent folder nor a hidden file can be named. */
const SAFE_NAME = /^[A-Za-z0-9_-]{1,255}$/;

/** Whether a text may be the name of a model or checkpoint, and so of a folder. */
export function isSafeName(text: string): boolean {
  return SAFE_NAME.test(text);
}

/** A checkpoint name as a request gives it. Throws FieldFault. */
export function checkName(name: string, field: string): string {
  if (!isSafeName(name)) throw new FieldFault(field, 'must be 1 to 255 letters, digits, "_" or "-"');
  return name;
}

/** The name of sampler weights that were saved without one. `id`: 16 hex digits. */
export function makeUnnamed(id: string): string {
  return `unnamed-${id}`;
}

/** Whether nobody can ask for sampler weights any more once the process that saved them has ended. */
export function isUnnamed(name: string): boolean {
  return /^unnamed-[0-9a-f]{16}$/.test(name);
}

/** Whether a text names a kind of checkpoint. */
export function isKind(text: string): text is CheckpointKind {
  return text === 'weights' || text === 'sampler_weights';
}

/** `tinker://<model id>/<weights or sampler_weights>/<name>` */
export function toTinkerPath(ref: CheckpointRef): string {
  return `tinker://${ref.modelId}/${ref.kind}/${ref.name}`;
}

/** Reads a canonical path. Throws FieldFault for anything else. */
export function parseTinkerPath(text: string, field: string): CheckpointRef {
  const ref = text.startsWith('tinker://') ? toRef(text.slice('tinker://'.length).split('/')) : null;
  if (ref === null)
    throw new FieldFault(
      field,
      'must be tinker://<model id>/weights/<name> or tinker://<model id>/sampler_weights/<name>',
    );
  return ref;
}

/** Reads a canonical path or a checkpoint directory below `stateDir`; null for anything else. */
export function parseLocation(text: string, stateDir: string): CheckpointRef | null {
  if (text.startsWith('tinker://')) return toRef(text.slice('tinker://'.length).split('/'));
  return toRef(path.relative(path.resolve(stateDir), path.resolve(text)).split(path.sep));
}

function toRef(parts: readonly string[]): CheckpointRef | null {
  const [modelId = '', kind = '', name = ''] = parts;
  if (parts.length !== 3 || !isSafeName(modelId) || !isKind(kind) || !isSafeName(name)) return null;
  return { modelId, kind, name };
}
