import type { Policy } from '../core/verify/policy.ts';

/**
 * The policy that the `options` of a row ask for, spelled as the public verification cases spell them:
 * `precision` (decimal places), `strict: false` (symbols by order), `allow_set_relation_comp`. Other
 * options and values out of range change nothing.
 */
export function readRowPolicy(options: unknown): Partial<Policy> {
  if (typeof options !== 'object' || options === null) return {};
  const { precision, strict, allow_set_relation_comp: setFromRelation } = options as Readonly<Record<string, unknown>>;
  const isPlaces = typeof precision === 'number' && Number.isInteger(precision) && precision >= 0 && precision <= 15;
  return {
    ...(isPlaces ? { precision } : {}),
    ...(strict === false ? { variables: 'positional' as const } : {}),
    ...(typeof setFromRelation === 'boolean' ? { setFromRelation } : {}),
  };
}
