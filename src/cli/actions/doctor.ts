import { existsSync } from 'node:fs';
import { openRunStore, openThrowawayStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { letEngineTeach } from '../../app/cut-recipe.ts';
import { openRun } from '../../app/open-run.ts';
import { createRunRecord, listStageRecords } from '../../app/run-record.ts';
import { describeLack, ENGINE_KINDS } from '../../core/engine-kinds.ts';
import { ParallelR1Error } from '../../errors.ts';
import { diagnose } from '../../pipeline/doctor/diagnose.ts';
import type { Finding } from '../../pipeline/doctor/diagnose-tokens.ts';
import type { ArgsOf } from '../command.ts';
import type { doctorCommand } from '../commands/surroundings.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';
import { loadRecipe, type Recipe } from '../recipe/load-recipe.ts';
import { selectReporter } from '../select-reporter.ts';

/** What the doctor looks at: the findings of the pipeline, and the store. */
type Diagnosis = Omit<Finding, 'area'> & { readonly area: Finding['area'] | 'store' };

type DoctorArgs = ArgsOf<typeof doctorCommand>;

/** `doctor`: exit code 1 when something fails. */
export async function doctor(args: DoctorArgs): Promise<number> {
  const { recipe, untrainable } = loadServable(args);
  using interrupt = listenForInterrupt((message) => tell(args, message));
  const findings = [lookAtStore(args.db), ...untrainable, ...(await probe(recipe, args, interrupt.signal))];
  if (args.json) printJson(findings);
  else for (const finding of findings) printLine(describe(finding));
  return findings.some(({ status }) => status === 'fail') ? 1 : 0;
}

/** An engine that nothing can be trained on is probed too; what it cannot do becomes a finding. */
function loadServable(args: DoctorArgs): { recipe: Recipe; untrainable: Diagnosis[] } {
  const untrainable: Diagnosis[] = [];
  const recipe = loadRecipe(args, (whole) => {
    const config = args.teacherModel === undefined ? letEngineTeach(whole) : whole;
    const { kind } = config.engine;
    if (ENGINE_KINDS[kind].tokenIds) return config;
    const detail = `engine.kind ${kind} ${describeLack('tokenIds')}`;
    const fix = 'stages sft and rl are refused; generate, solve and eval work';
    untrainable.push({ area: 'recipe', status: 'warn', detail, fix });
    return { ...config, stages: config.stages.filter((stage) => stage.kind !== 'sft' && stage.kind !== 'rl') };
  });
  return { recipe, untrainable };
}

/** Probes record what they send, as any run does, in a throwaway store. */
async function probe({ config, preset }: Recipe, args: DoctorArgs, signal: AbortSignal): Promise<Diagnosis[]> {
  try {
    using reporter = selectReporter(args);
    using store = openThrowawayStore();
    const run = createRunRecord(config, preset);
    store.createRun(run, listStageRecords(config));
    await using opened = await openRun({ runId: run.id, config, store, reporter, signal, requireServers: false });
    return await diagnose(opened.ctx);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ParallelR1Error)) throw error;
    return [
      {
        area: 'engine',
        status: 'fail',
        detail: error.message,
        fix: 'correct the addresses of the engine and the trainer',
      },
    ];
  }
}

function lookAtStore(db: string): Diagnosis {
  if (!existsSync(db))
    return { area: 'store', status: 'ok', detail: `${db} will be created by the first run`, fix: null };
  try {
    using store = openRunStore(db, { readonly: true });
    return { area: 'store', status: 'ok', detail: `${store.file} holds ${store.listRuns().length} runs`, fix: null };
  } catch (error) {
    if (!(error instanceof ParallelR1Error)) throw error;
    return { area: 'store', status: 'fail', detail: error.message, fix: 'give another --db FILE' };
  }
}

function describe({ area, status, detail, fix }: Diagnosis): string {
  return `${status.padEnd(4)}  ${area.padEnd(9)}  ${detail}${fix === null ? '' : `; ${fix}`}`;
}
