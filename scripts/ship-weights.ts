/**
 * Makes the weights that come with the package out of a finished default run: `npm start`, then
 * `node scripts/ship-weights.ts`. Writes adapters/embedded-lm/trained: the weights, what the server keeps beside them, and the
 * recipe they are the result of. Whoever repeats the run on another machine gets the same bytes.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openRunStore } from '../adapters/store-sqlite/open-run-store.ts';
import { findLastState, findRun } from '../src/app/run-record.ts';

const [db = 'runs.db'] = process.argv.slice(2);
const target = join(dirname(dirname(fileURLToPath(import.meta.url))), 'adapters', 'embedded-lm', 'trained');

using store = openRunStore(db, { readonly: true });
const run = findRun(store, null);
const state = findLastState(store, run.id);
const [, model, name] = /^tinker:\/\/([\w-]+)\/weights\/([\w-]+)$/.exec(state?.path ?? '') ?? [];
if (run.status !== 'done' || run.preset !== 'embedded' || model === undefined || name === undefined) {
  process.stderr.write(`the newest run of ${db} is no finished run of the preset "embedded"; run "npm start" first\n`);
  process.exit(2);
}
const source = join(`${db}-embedded`, model, 'weights', name);
mkdirSync(target, { recursive: true });
for (const file of ['weights.bin', 'state.json']) copyFileSync(join(source, file), join(target, file));
const last = new Map(store.listMetrics(run.id, 'eval/').map(({ key, value }) => [key, value]));
const recipe = {
  command: 'npm start',
  preset: run.preset,
  seed: run.seed,
  software: run.softwareVersion,
  trained: new Date(run.updatedAtMs).toISOString().slice(0, 10),
  heldOut: Object.fromEntries([...last].filter(([key]) => /(mean_accuracy|valid_block_fraction)$/.test(key))),
};
writeFileSync(join(target, 'recipe.json'), `${JSON.stringify(recipe, null, 2)}\n`);
process.stdout.write(`${target}: the weights of run ${run.id}\n`);
