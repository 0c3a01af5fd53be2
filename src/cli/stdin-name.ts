/** What stands for stdin where a file is named; main.ts makes it of a lone dash, which the parser would lose. */
export const STDIN = 'stdin:';
