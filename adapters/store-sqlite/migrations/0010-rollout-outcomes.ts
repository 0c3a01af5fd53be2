/**
 * Schema 10: everything that lists, counts and heat maps ask about rollouts, in the order of their keys, so that a store of
 * a million rollouts is looked at without reading one of them.
 */
export const ROLLOUT_OUTCOMES = `
CREATE INDEX rollouts_outcomes ON rollouts (run_id, stage_index, purpose, step, group_index, sample, problem_key,
  set_name, end_reason, verdict, format_valid, format_code, forks);
`;
