import type { GlobalArgs } from './define-command.ts';

/** Arguments of `datasets`, whatever it is asked to do. */
export interface DatasetsArgs extends GlobalArgs {
  readonly what: 'list' | 'check' | 'overlap' | 'pull' | 'generate';
  readonly names: string[];
  readonly level: string | undefined;
  readonly split: string | undefined;
  readonly count: string | undefined;
  readonly seed: string | undefined;
  readonly out: string | undefined;
  readonly revision: string | undefined;
  readonly subset: string | undefined;
  readonly problemColumn: string | undefined;
  readonly answerColumn: string | undefined;
  readonly answerRule: 'column' | 'after-hashes' | 'last-boxed' | undefined;
  readonly keepDuplicates: boolean;
  readonly endpoint: string | undefined;
  readonly maxLength: string | undefined;
}
