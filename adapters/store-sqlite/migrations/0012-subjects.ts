/** Schema 12: the subject of a problem, where its set names one. */
export const SUBJECTS = `
ALTER TABLE problems ADD COLUMN subject ANY;
`;
