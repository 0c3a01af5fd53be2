import { stringify } from 'yaml';
import type { RunConfig } from './schema.ts';

/** A configuration as the text of a file that resolves to it. */
export function writeYaml(config: RunConfig): string {
  return stringify(config, { lineWidth: 100 });
}
