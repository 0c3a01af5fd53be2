import { dirname, resolve } from 'node:path';
import { findNearestName } from '../core/nearest-name.ts';
import { type CallerOption, findOptionFault } from '../core/options.ts';
import { UsageError } from '../errors.ts';
import { expandPath, isPlainObject, type KeyPath, mergeConfig, resolvePaths, setValueAt } from './draft.ts';
import { type ConfigFault, nameKey, parseWithFaults } from './explain-issues.ts';
import { DEFAULT_PRESET, isPresetName, PRESET_NAMES, PRESETS, type PresetName } from './presets.ts';
import { type RunConfig, runConfigSchema } from './schema.ts';
import { readConfigText, readYaml } from './yaml.ts';

/** A value that a flag sets, such as `--engine URL` for `engine.urls`. */
export interface ConfigOverride {
  /** Where it came from, for fault messages: a flag as typed. */
  readonly flag: string;
  /** Dotted key path; `*` is every item of a list, `kind=rl` every item of that kind. */
  readonly path: string;
  readonly value: unknown;
}

/** What a configuration is made of, weakest first. Each may be left out. */
export interface ConfigSources {
  /** Wins over the `preset:` of the file. Neither it nor a file given: the embedded preset. */
  readonly preset?: string | null | undefined;
  /** The configuration of a stored run, laid over the preset. */
  readonly stored?: unknown;
  /** YAML file. */
  readonly file?: string | null | undefined;
  /** `key.path=value`, the value in YAML. */
  readonly sets?: readonly string[] | undefined;
  readonly overrides?: readonly ConfigOverride[] | undefined;
  /** Folder of relative paths in `sets` and `overrides`; default: the working directory. */
  readonly cwd?: string | undefined;
}

/** A resolved configuration and the preset it started from. */
export interface LoadedConfig {
  readonly config: RunConfig;
  readonly preset: PresetName | null;
}

const SOURCES = {
  preset: 'text?',
  stored: 'object?',
  file: 'text?',
  sets: 'list?',
  overrides: 'list?',
  cwd: 'text?',
} as const satisfies Readonly<Record<keyof ConfigSources, CallerOption>>;

/**
 * Resolves a configuration: preset, then stored run, then file, then `--set`, then flags. It is validated as a whole,
 * and all faults are reported at once: UsageError with one line per fault (key path, what is wrong, where
 * it was written). Relative paths come out absolute: those of a file against the file's folder.
 */
export function loadRunConfig(sources: ConfigSources = {}): LoadedConfig {
  const fault = findOptionFault('loadRunConfig', sources, SOURCES);
  if (fault !== null) throw new UsageError(fault);
  const file = sources.file == null ? null : readConfigFile(sources.file);
  const faults = [...(file?.faults ?? [])];
  const preset = choosePreset(sources, file, faults);
  const isBaseKnown = faults.length === 0;
  const assignments = listAssignments(sources, faults);
  // Without the base, every key would seem to be missing.
  if (!isBaseKnown) throw toUsageError(faults);
  const begin = mergeConfig(preset === null ? {} : PRESETS[preset], sources.stored ?? {});
  const base = mergeConfig(begin, file?.content ?? {});
  return { config: finishConfig(base, assignments, file, faults), preset };
}

/** A resolved configuration with some keys changed, validated as a whole. Throws `UsageError` with one line per fault. */
export function changeRunConfig(config: RunConfig, overrides: readonly ConfigOverride[]): RunConfig {
  return finishConfig(config, listAssignments({ overrides }, []), null, []);
}

/** Applies the assignments and validates the result; `faults` are those known so far. */
function finishConfig(
  base: unknown,
  assignments: readonly Assignment[],
  file: ConfigFile | null,
  faults: string[],
): RunConfig {
  const { draft, applied } = applyAssignments(base, assignments, faults);
  const result = parseWithFaults(runConfigSchema, draft);
  if ('faults' in result) faults.push(...result.faults.map((fault) => describeFault(fault, draft, applied, file)));
  if (faults.length > 0 || 'faults' in result) throw toUsageError(faults);
  return result.value;
}

interface ConfigFile {
  readonly name: string;
  /** Without `preset`, paths resolved. */
  readonly content: unknown;
  readonly preset: unknown;
  readonly faults: readonly string[];
  lineOf(path: readonly PropertyKey[]): number | null;
}

function readConfigFile(name: string): ConfigFile {
  const reading = readYaml(readConfigText(name));
  const broken = (faults: readonly string[]) => ({ name, content: {}, preset: null, faults, lineOf: () => null });
  if ('faults' in reading) return broken(reading.faults.map(({ line, message }) => `${name}:${line}: ${message}`));
  const value = reading.value ?? {};
  if (!isPlainObject(value))
    return broken([`${name}:1: a configuration is an object of keys such as run, engine, stages`]);
  const { preset = null, ...rest } = value;
  const content = resolvePaths(rest, dirname(resolve(name)));
  return { name, content, preset, faults: [], lineOf: reading.lineOf };
}

function choosePreset(sources: ConfigSources, file: ConfigFile | null, faults: string[]): PresetName | null {
  const name = sources.preset ?? file?.preset ?? (file === null ? DEFAULT_PRESET : null);
  if (name === null || (typeof name === 'string' && isPresetName(name))) return name;
  const nearest = typeof name === 'string' ? findNearestName(name, PRESET_NAMES) : null;
  const hint = nearest === null ? '' : `did you mean ${nearest}? `;
  const where = sources.preset == null && file !== null ? describeLine(file, ['preset']) : '';
  faults.push(`preset: there is no such preset; ${hint}known: ${PRESET_NAMES.join(', ')}${where}`);
  return null;
}

/** One `--set` or flag, read. */
interface Assignment {
  readonly path: KeyPath;
  readonly value: unknown;
  /** As the user wrote it, without the value. */
  readonly origin: string;
}

function listAssignments(sources: ConfigSources, faults: string[]): Assignment[] {
  const cwd = sources.cwd ?? process.cwd();
  const read: Assignment[] = [];
  for (const text of sources.sets ?? []) {
    const outcome = readSet(text);
    if ('fault' in outcome) faults.push(outcome.fault);
    else read.push(outcome);
  }
  for (const { flag, path, value } of sources.overrides ?? [])
    read.push({ path: path.split('.'), value, origin: flag });
  return read.map((assignment) => {
    const key = assignment.path.findLast((part) => !/^\d+$/.test(part)) ?? '';
    return { ...assignment, value: resolvePaths(assignment.value, cwd, key) };
  });
}

function readSet(text: string): Assignment | { readonly fault: string } {
  const at = text.indexOf('=');
  const key = (at < 0 ? text : text.slice(0, at)).trim();
  const origin = `--set ${key}`;
  const path = key.split('.');
  if (at < 0 || path.some((part) => part === '')) return { fault: `${origin}: write --set key.path=value` };
  const reading = readYaml(text.slice(at + 1));
  if ('faults' in reading) return { fault: `${origin}: the value is not YAML: ${reading.faults[0]!.message}` };
  return { path, value: reading.value, origin };
}

/** `applied` holds one assignment for every place that was set. */
function applyAssignments(
  base: unknown,
  assignments: readonly Assignment[],
  faults: string[],
): { readonly draft: unknown; readonly applied: readonly Assignment[] } {
  let draft = base;
  const applied: Assignment[] = [];
  for (const assignment of assignments) {
    for (const path of expandPath(draft, assignment.path)) {
      const outcome = setValueAt(draft, path, assignment.value);
      if ('fault' in outcome) faults.push(`${assignment.origin}: ${outcome.fault}`);
      else draft = outcome.value;
      applied.push({ ...assignment, path });
    }
  }
  return { draft, applied };
}

function describeFault(
  fault: ConfigFault,
  draft: unknown,
  assignments: readonly Assignment[],
  file: ConfigFile | null,
): string {
  const { path, message } = fault;
  const key = path.length === 0 ? 'configuration' : nameKey(path, draft);
  const setter = assignments.findLast((assignment) => assignment.path.every((part, i) => String(path[i]) === part));
  const where = setter === undefined ? (file === null ? '' : describeLine(file, path)) : ` (${setter.origin})`;
  // Hints name other keys, by their place.
  const said = message.replace(/\bstages\.(\d{1,4})\b/g, (_, index: string) => nameKey(['stages', index], draft));
  return `${key}: ${said}${where}`;
}

function describeLine(file: ConfigFile, path: readonly PropertyKey[]): string {
  const line = file.lineOf(path);
  return line === null ? '' : ` (${file.name}:${line})`;
}

function toUsageError(faults: readonly string[]): UsageError {
  if (faults.length === 1) return new UsageError(faults[0]!);
  return new UsageError(
    [`the configuration has ${faults.length} faults:`, ...faults.map((fault) => `  ${fault}`)].join('\n'),
  );
}
