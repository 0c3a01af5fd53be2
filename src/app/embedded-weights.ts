import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** A checkpoint of the built-in trainer as it lies on the disk. Layout: docs/embedded-server.md. */
export interface SavedWeights {
  /** Path as the trainer names it: `tinker://<model>/<kind>/<name>`. */
  readonly path: string;
  readonly folder: string;
  readonly bytes: number;
}

/** Names that the built-in trainer gives to models: nothing else in its folder is ours to remove. */
const MODEL = /^embedded-[0-9a-f]{16}$/;
const KINDS = ['weights', 'sampler_weights'];

/** Where the built-in trainer keeps what it saves for the runs of a store. */
export function embeddedFolderOf(db: string): string {
  return `${db}-embedded`;
}

/** Everything the built-in trainer has saved beside a store. */
export function listSavedWeights(db: string): SavedWeights[] {
  const root = embeddedFolderOf(db);
  return listModels(root).flatMap((model) =>
    KINDS.flatMap((kind) =>
      listNames(join(root, model, kind)).map((name) => {
        const folder = join(root, model, kind, name);
        return { path: `tinker://${model}/${kind}/${name}`, folder, bytes: measureFolder(folder) };
      }),
    ),
  );
}

/** Removes saved weights. What is gone already is as good. */
export function removeSavedWeights({ folder }: SavedWeights): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Removes the folders of models that have no weights left. `isNeeded` keeps one that is still spoken of. */
export function removeEmptyModels(db: string, isNeeded: (model: string) => boolean): void {
  const root = embeddedFolderOf(db);
  for (const model of listModels(root)) {
    const isEmpty = KINDS.every((kind) => listNames(join(root, model, kind)).length === 0);
    if (isEmpty && !isNeeded(model)) rmSync(join(root, model), { recursive: true, force: true });
  }
}

function listModels(root: string): string[] {
  return listNames(root).filter((name) => MODEL.test(name));
}

function listNames(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function measureFolder(folder: string): number {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return files.reduce((sum, one) => sum + (one.isFile() ? statSync(join(one.parentPath, one.name)).size : 0), 0);
}
