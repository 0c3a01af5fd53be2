import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { loadPageBundle } from '../../../adapters/page-bundle/load-page-bundle.ts';
import { openPageServer } from '../../../adapters/page-server/open-page-server.ts';
import { openRunStore } from '../../../adapters/store-sqlite/open-run-store.ts';
import { createPageAnswers, createPageMetrics } from '../../app/page-answers.ts';
import { findRun } from '../../app/run-record.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import type { viewCommand } from '../commands/run-views.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `view`: a live page on a run, until Ctrl-C. Reads the store beside whoever writes it. */
export async function viewRun(args: ArgsOf<typeof viewCommand>): Promise<number> {
  using store = openRunStore(args.db, { readonly: true });
  const run = findRun(store, args.run ?? null);
  using interrupt = listenForInterrupt(() => {});
  await using server = await openPageServer({
    ...(await loadPageBundle()),
    port: args.port,
    token: readToken(),
    title: `${run.name} ${run.id}`,
    answer: createPageAnswers(store, run.id),
    metrics: createPageMetrics(store, run.id),
    version: () => store.dataVersion(),
  });
  if (args.json) printJson({ run: run.id, url: server.url });
  else printLine(server.url);
  tell(args, `run ${run.id} "${run.name}"; this address is for you alone; Ctrl-C ends it`);
  if (!interrupt.signal.aborted) await once(interrupt.signal, 'abort');
  return 0;
}

/** Shorter ones could be guessed by who shares this machine. */
const LEAST_TOKEN = 16;

/** A token for this time, or the one that a scrape configuration names, too. */
function readToken(): string {
  const { PARALLEL_R1_VIEW_TOKEN: given } = process.env;
  if (given === undefined || given === '') return randomBytes(18).toString('base64url');
  if (given.length >= LEAST_TOKEN && /^[\w-]+$/.test(given)) return given;
  throw new UsageError(
    `PARALLEL_R1_VIEW_TOKEN must have ${LEAST_TOKEN} characters or more, letters, digits, "_" or "-" alone`,
  );
}
