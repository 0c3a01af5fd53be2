import { findNearestName } from '../../core/nearest-name.ts';
import { POLICY_VALUES, type Policy } from '../../core/verify/policy.ts';
import { UsageError } from '../../errors.ts';

/** The policy that `--policy key=value` options ask for. Throws `UsageError` for an unknown key or value. */
export function parsePolicy(settings: readonly string[]): Partial<Policy> {
  return Object.fromEntries(settings.map(parseSetting));
}

function parseSetting(setting: string): [keyof Policy, unknown] {
  const at = setting.indexOf('=');
  const [key, text] = at < 0 ? [setting, ''] : [setting.slice(0, at), setting.slice(at + 1)];
  if (!Object.hasOwn(POLICY_VALUES, key)) throw new UsageError(describeUnknownKey(key));
  const name = key as keyof Policy;
  const values = POLICY_VALUES[name];
  if (values === 'places') {
    if (/^(?:\d|1[0-5])$/.test(text)) return [name, Number(text)];
    throw new UsageError(`--policy ${name} is ${JSON.stringify(text)}; it must be a whole number from 0 to 15`);
  }
  const value = (values as readonly (string | boolean)[]).find((one) => String(one) === text);
  if (value !== undefined) return [name, value];
  throw new UsageError(`--policy ${name} is ${JSON.stringify(text)}; it must be ${values.join(', ')}`);
}

function describeUnknownKey(key: string): string {
  const keys = Object.keys(POLICY_VALUES);
  const nearest = findNearestName(key, keys);
  const hint = nearest === null ? `the policies are ${keys.join(', ')}` : `did you mean ${nearest}?`;
  return `there is no policy ${JSON.stringify(key)}; ${hint}`;
}

/**
 * The policy that the `options` of a row ask for, spelled as the public verification cases spell them:
 * `precision` (decimal places), `strict: false` (symbols by order), `allow_set_relation_comp`. Other
 * options, and values out of range, are ignored.
 */
export function readRowPolicy(options: unknown): Partial<Policy> {
  if (typeof options !== 'object' || options === null) return {};
  const { precision, strict, allow_set_relation_comp: setFromRelation } = options as Readonly<Record<string, unknown>>;
  const isPlaces = typeof precision === 'number' && Number.isInteger(precision) && precision >= 0 && precision <= 15;
  return {
    ...(isPlaces ? { precision } : {}),
    ...(strict === false ? { variables: 'positional' as const } : {}),
    ...(setFromRelation === true ? { setFromRelation: true } : {}),
  };
}
