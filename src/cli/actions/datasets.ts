import { UsageError } from '../../errors.ts';
import type { DatasetsArgs } from '../datasets-args.ts';

/** `datasets list | check | overlap | pull | generate`; each part is loaded when it is asked for. */
export async function handleDatasets(args: DatasetsArgs): Promise<number> {
  if (args.what === 'check') return (await import('./check-sets.ts')).checkSets(args);
  if (args.what === 'overlap') return (await import('./compare-sets.ts')).compareSets(args);
  if (args.what === 'pull') return (await import('./pull-set.ts')).pullSet(args);
  if (args.names.length > 0) throw new UsageError(`datasets ${args.what} takes no files`);
  if (args.what === 'list') return (await import('./list-sets.ts')).listSets(args);
  return (await import('./generate-set.ts')).generateSet(args);
}
