/** Executed blocks whose paths did work that the answer needed; NULL in rows that were stored before it was measured. */
export const EFFECTIVE_BLOCKS = `
ALTER TABLE rollouts ADD COLUMN blocks_effective INTEGER;
`;
