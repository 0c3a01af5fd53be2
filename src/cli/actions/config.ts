import { explainKey, type KeyExplanation } from '../../config/explain-key.ts';
import { toConfigJsonSchema } from '../../config/json-schema.ts';
import { loadRunConfig } from '../../config/load.ts';
import { DEFAULT_PRESET, isPresetName, PRESETS } from '../../config/presets.ts';
import { writeYaml } from '../../config/yaml.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import type { configCommand } from '../commands/surroundings.ts';
import { printJson, printLine } from '../output.ts';

/** `config show | schema | explain KEY`: reads nothing but the configuration, and starts nothing. */
export function handleConfig(args: ArgsOf<typeof configCommand>): number {
  if (args.what !== 'explain' && args.key !== undefined)
    throw new UsageError(`config ${args.what} takes no key; meant: config explain ${args.key}`);
  if (args.what === 'schema') printJson(toConfigJsonSchema());
  else if (args.what === 'explain') explain(args);
  else show(args);
  return 0;
}

/** What is in force, with a mark on every line that is not as in the preset it began from. */
function show({ preset, config, set, overrides, json }: ArgsOf<typeof configCommand>): void {
  const loaded = loadRunConfig({ preset, file: config, sets: set, overrides });
  if (json) printJson({ preset: loaded.preset, config: loaded.config });
  else printLine(markChanges(loaded));
}

/** The configuration as YAML; lines that differ from its preset say what that has. */
export function markChanges({ config, preset }: ReturnType<typeof loadRunConfig>): string {
  const base = preset !== null && isPresetName(preset) ? preset : DEFAULT_PRESET;
  return writeYaml(config, { name: base, config: PRESETS[base] }).trimEnd();
}

function explain({ key = '', json }: ArgsOf<typeof configCommand>): void {
  const found = explainKey(key);
  if ('fault' in found) throw new UsageError(found.fault);
  if (json) printJson({ ...found, default: found.fallback });
  else printLine(describeKey(found));
}

function describeKey({ key, description, takes, fallback, keys, presets }: KeyExplanation): string {
  const lines = [`${key === '' ? 'configuration' : key}: ${description ?? 'no description'}`];
  if (key !== '') lines.push(`  takes    ${takes}`);
  if (fallback !== undefined) lines.push(`  default  ${JSON.stringify(fallback)}`);
  for (const [name, value] of Object.entries(presets)) lines.push(`  ${name.padEnd(10)} sets ${JSON.stringify(value)}`);
  if (keys.length > 0) lines.push(`  below    ${keys.join(', ')}`);
  return lines.join('\n');
}
