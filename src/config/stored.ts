import { readSoftwareVersion } from '../edge/package-root.ts';
import { UsageError } from '../errors.ts';
import { describeConfigFault, isUnknownKey, parseWithFaults } from './explain-issues.ts';
import { type RunConfig, runConfigSchema } from './schema.ts';

/** What the store holds of a run's configuration. */
export interface StoredConfig {
  /** Id of the run, for messages. */
  readonly id: string;
  readonly configJson: string;
  /** The version that made the run. */
  readonly softwareVersion: string;
}

/**
 * The configuration of a stored run, whichever version wrote it. A key that was added since gets its default from the
 * schema, which must therefore mean what versions without the key did. Throws `UsageError`, in one line, for what
 * this version cannot read: keys of a newer version, values that are no longer allowed.
 */
export function parseStoredConfig({ id, configJson, softwareVersion }: StoredConfig): RunConfig {
  const parsed = parseWithFaults(runConfigSchema, readJson(id, configJson));
  if ('value' in parsed) return parsed.value;
  const { faults } = parsed;
  const versions = `it was made by version ${softwareVersion}, and this is ${readSoftwareVersion()}`;
  if (faults.every(isUnknownKey)) {
    const keys = faults.map(({ path }) => path.join('.')).join(', ');
    throw new UsageError(
      `run ${id} has settings that this version does not know (${keys}): ${versions}; use that version or a newer one`,
    );
  }
  const [first] = faults.filter((fault) => !isUnknownKey(fault));
  throw new UsageError(
    `the configuration of run ${id} cannot be used: ${describeConfigFault(first!, JSON.parse(configJson))} (${versions}); use the version that made it`,
  );
}

/** The same for whoever can show a run without it: null where this version cannot read it. */
export function readStoredConfig(stored: StoredConfig): RunConfig | null {
  try {
    return parseStoredConfig(stored);
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

function readJson(id: string, configJson: string): unknown {
  try {
    return JSON.parse(configJson);
  } catch (error) {
    throw new UsageError(`the configuration of run ${id} in the store is not JSON: the store was changed by hand`, {
      cause: error,
    });
  }
}
