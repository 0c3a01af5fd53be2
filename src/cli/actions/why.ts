import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { findVocabulary } from '../../app/page-answers.ts';
import { UsageError } from '../../errors.ts';
import { describeRollout } from '../../report/describe-rollout.ts';
import type { ArgsOf } from '../command.ts';
import type { whyCommand } from '../commands/run-views.ts';
import { measureScreen, printJson, printLine } from '../output.ts';
import { renderRollout } from '../render/render-rollout.ts';

/** `why`: one stored rollout, explained. */
export function explainRollout({ db, rollout: id, tokens, json }: ArgsOf<typeof whyCommand>): number {
  using store = openRunStore(db, { readonly: true });
  const runId = store.findRollout(id)?.runId;
  const detail = runId === undefined ? null : describeRollout(store, id, findVocabulary(store.getRun(runId)!));
  if (detail === null) {
    throw new UsageError(`there is no rollout ${id} in ${store.file}; list them with: parallel-r1 show --rollouts`);
  }
  if (json) printJson(detail);
  else for (const line of renderRollout(detail, measureScreen(), tokens)) printLine(line);
  return 0;
}
