import { LINT_CODES, type LintCode } from '../../core/format/format-report.ts';
import { defineCommand } from '../define-command.ts';

/** `check`: the format checker on files. */
export const checkCommand = defineCommand({
  name: 'check <files..>',
  describe: 'check the format of responses: text or JSONL in ("-": stdin), violations with code and offset out',
  builder: (yargs) =>
    yargs
      .positional('files', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'text files, or JSONL with text, target, output, completion or answer',
      })
      .option('mode', {
        choices: ['strict', 'reference', 'algorithm1'] as const,
        default: 'strict' as const,
        describe: 'which checker judges',
      })
      .option('promote', {
        choices: LINT_CODES,
        array: true,
        nargs: 1,
        default: [] as LintCode[],
        describe: 'a lint that makes a response invalid; may be repeated',
      })
      .option('as', {
        choices: ['auto', 'text', 'jsonl'] as const,
        default: 'auto' as const,
        describe: 'how files are read; auto goes by their name and first line',
      })
      .example('$0 check answers.jsonl --json', 'one JSON object per response')
      .example('$0 check a.txt --promote lookalike_tag', 'invalid where a tag is misspelt'),
  load: async () => (await import('../actions/check-files.ts')).checkFiles,
});
