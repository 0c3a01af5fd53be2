import { resolve } from 'node:path';
import { DEFAULT_HUB } from '../../../adapters/source-huggingface/hub-address.ts';
import { type PullManifest, pullDataset } from '../../../adapters/source-huggingface/pull-dataset.ts';
import { systemClock } from '../../app/system-clock.ts';
import { UsageError } from '../../errors.ts';
import type { ArgsOf } from '../command.ts';
import type { datasetsCommand } from '../commands/surroundings.ts';
import { listenForInterrupt } from '../interrupt.ts';
import { printJson, printLine, tell } from '../output.ts';

/** `datasets pull NAME|ID`: a set from a hub, as JSONL with a manifest. The token is read here and sent to the hub only. */
export async function pullSet(args: ArgsOf<typeof datasetsCommand>): Promise<number> {
  const [set, ...more] = args.names;
  if (set === undefined || more.length > 0)
    throw new UsageError('datasets pull takes one name or id: datasets pull gsm8k, datasets pull owner/name');
  const say = (message: string) => tell(args, message);
  using interrupt = listenForInterrupt(say);
  const { file, manifestFile, manifest } = await pullDataset({
    set,
    split: args.split ?? null,
    subset: args.subset ?? null,
    problemColumn: args.problemColumn ?? null,
    answerColumn: args.answerColumn ?? null,
    answerRule: args.answerRule ?? null,
    revision: args.revision ?? 'main',
    folder: resolve(args.out ?? 'datasets'),
    keepDuplicates: args.keepDuplicates,
    address: args.endpoint ?? (process.env.HF_ENDPOINT || DEFAULT_HUB),
    token: process.env.HF_TOKEN || null,
    patience: { clock: systemClock, signal: interrupt.signal, tell: say },
  });
  if (args.json) printJson({ file, manifestFile, manifest });
  else printLine(file);
  tell(args, describePull(manifest));
  return 0;
}

function describePull({ rows, rowsRead, dropped, source, licence }: PullManifest): string {
  const left = Object.entries(dropped).filter(([, count]) => count > 0);
  const kept = `${rows} problems of ${rowsRead} rows from ${source.id} at ${source.commit.slice(0, 8)}, licence ${licence ?? 'not stated'}`;
  return left.length === 0 ? kept : `${kept}\nleft out: ${left.map(([code, count]) => `${code} ${count}`).join(', ')}`;
}
