/**
 * Schema 6: a checkpoint is written down before the trainer is asked for it. With `is_saved` 0 it is a save that was begun,
 * and nobody lived to see its end; the rows of older schemas were written after theirs.
 */
export const INTENDED_SAVES = `
ALTER TABLE checkpoints ADD COLUMN is_saved INTEGER NOT NULL DEFAULT 1;
`;
