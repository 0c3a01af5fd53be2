import type { RunConfig } from '../../config/schema.ts';
import type { KeepRule } from '../../core/curriculum.ts';
import { UsageError } from '../../errors.ts';
import { readNumber } from '../read-number.ts';
import { readUrl } from '../read-url.ts';
import { toProblemsRef } from '../to-problems-ref.ts';
import { readWholeNumber } from '../whole-number.ts';

type ColdStart = Extract<RunConfig['stages'][number], { kind: 'cold-start' }>;

/** What `generate` takes beyond the recipe; numbers are as typed. */
export interface ColdStartFlags {
  readonly problems?: string | undefined;
  readonly teacher?: readonly string[] | undefined;
  readonly teacherModel?: string | undefined;
  readonly method?: 'prompt' | 'annotate' | undefined;
  readonly limit?: string | undefined;
  readonly samples?: string | undefined;
  readonly retry?: string | undefined;
  readonly retryTemperature?: string | undefined;
  readonly budgetTokens?: string | undefined;
  readonly budgetUsd?: string | undefined;
  readonly keep?: KeepRule | undefined;
  readonly rowsPerProblem?: string | undefined;
}

/** The two budgets as typed; absent where they were not. */
export type BudgetFlags = Pick<ColdStartFlags, 'budgetTokens' | 'budgetUsd'>;

const MAX_BUDGET_TOKENS = 999_999_999_999;
const MAX_BUDGET_USD = 1_000_000_000;

/** A cold-start stage with budgets of its own. Throws `UsageError` for dollars where the teacher has no prices. */
export function setBudgets(stage: ColdStart, flags: BudgetFlags): ColdStart {
  const budgetTokens = readCount('budget-tokens', flags.budgetTokens, 1, MAX_BUDGET_TOKENS);
  const budgetUsd =
    flags.budgetUsd === undefined ? undefined : readNumber('budget-usd', flags.budgetUsd, 0.01, MAX_BUDGET_USD);
  if (budgetUsd !== undefined && (stage.teacher.prices ?? null) === null) {
    const example = `--set 'stages.${stage.id}.teacher.prices={promptPerMillion: 0.5, completionPerMillion: 2}'`;
    throw new UsageError(`--budget-usd needs the prices of the teacher, for instance ${example}`);
  }
  return { ...stage, ...pickGiven({ budgetTokens, budgetUsd }) };
}

/** A cold-start stage as the flags want it. `ownModel` is the engine's, which answers where no teacher is named. */
export function applyColdStartFlags(stage: ColdStart, flags: ColdStartFlags, ownModel: string | null): ColdStart {
  const url = takeUrls(flags.teacher) ?? stage.teacher.url;
  const model = flags.teacherModel ?? (url === null && ownModel !== null ? ownModel : stage.teacher.model);
  const given = pickGiven({
    problems: flags.problems === undefined ? undefined : [toProblemsRef(flags.problems)],
    method: flags.method,
    limit: readCount('limit', flags.limit, 1, 100_000_000),
    samplesPerProblem: readCount('samples', flags.samples, 1, 1024),
    retries: readCount('retry', flags.retry, 0, 1024),
    retryTemperature:
      flags.retryTemperature === undefined ? undefined : readNumber('retry-temperature', flags.retryTemperature, 0, 10),
    rowsPerProblem: readCount('rows-per-problem', flags.rowsPerProblem, 1, 1024),
    keep: flags.keep,
  });
  return setBudgets({ ...stage, ...given, teacher: { ...stage.teacher, url, model } }, flags);
}

function readCount(option: string, text: string | undefined, min: number, max: number): number | undefined {
  return text === undefined ? undefined : readWholeNumber(option, text, min, max);
}

function takeUrls(urls: readonly string[] | undefined): string | string[] | undefined {
  if (urls === undefined || urls.length === 0) return undefined;
  const [first, ...others] = urls.map((url) => readUrl('teacher', url));
  return others.length === 0 ? first : [first!, ...others];
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the keys that were not given. */
function pickGiven<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>;
}
