import { openVerifyPool } from '../../../adapters/verify-pool/open-verify-pool.ts';
import { stripEnd } from '../../core/canonicalise.ts';
import type { Policy } from '../../core/verify/policy.ts';
import { type JsonRow, nameInput, readCell, readJsonRows } from '../../edge/jsonl.ts';
import { SourceError, UsageError } from '../../errors.ts';
import { verifyStream } from '../../pipeline/verify-stream.ts';
import type { Judgement, Verifier, VerifyCase } from '../../ports/verifier.ts';
import type { ArgsOf } from '../command.ts';
import type { verifyCommand } from '../commands/answers.ts';
import { printJson, printJsonLine, printLine } from '../output.ts';
import { parsePolicy, readRowPolicy } from './verify-policy.ts';

type VerifyMode = VerifyCase['options']['mode'];

/** What every comparison of the command has in common. */
interface Comparison {
  readonly mode: VerifyMode;
  readonly policy: Partial<Policy>;
}

/**
 * `verify`: exit code 1 when the answer is not correct, as `check` has it for an invalid format. Of a file the rows say
 * it: 0 means that all were judged, so that a pipeline does not stop at the first set with a wrong answer in it.
 */
export async function verifyAnswers(args: ArgsOf<typeof verifyCommand>): Promise<number> {
  const { gold, answer, jsonl, mode } = args;
  const comparison = { mode, policy: parsePolicy(args.policy) };
  if (mode !== 'math' && args.policy.length > 0)
    throw new UsageError(`--policy applies to --mode math only; ${mode} has no policies`);
  if (jsonl !== undefined) {
    if (gold !== undefined || answer !== undefined)
      throw new UsageError('give --jsonl, or --gold and --answer, not both');
    await using pool = openVerifyPool({ threads: args.threads });
    await verifyRows(pool, jsonl, comparison);
    return 0;
  }
  if (gold === undefined || answer === undefined) throw new UsageError('give --gold and --answer, or --jsonl FILE');
  await using pool = openVerifyPool();
  const [judgement] = await pool.verify([toCase(gold, answer, comparison)]);
  if (args.json) printJson(toFields(judgement!));
  else printLine(describeJudgement(judgement!));
  return judgement!.verdict === 'correct' ? 0 : 1;
}

async function verifyRows(verifier: Verifier, file: string, comparison: Comparison): Promise<void> {
  for await (const { one, judgement } of verifyStream(verifier, readCases(file, comparison))) {
    printJsonLine({ ...(one.id === undefined ? {} : { id: one.id }), ...toFields(judgement) });
  }
}

async function* readCases(file: string, comparison: Comparison) {
  for await (const row of readJsonRows(file)) yield { id: row.row.id, ...readCase(row, file, comparison) };
}

/** The options of a row take precedence over those of the command. */
function readCase({ line, row }: JsonRow, file: string, { mode, policy }: Comparison): VerifyCase {
  const gold = readCell(row, 'gold');
  const answer = readCell(row, 'answer');
  if (gold !== null && answer !== null)
    return toCase(gold, answer, { mode, policy: { ...policy, ...readRowPolicy(row.options) } });
  const missing = gold === null ? 'gold' : 'answer';
  throw new SourceError(`${nameInput(file)}:${line}: "${missing}" must be text or a number`);
}

/** A response with blocks is read as a trajectory: its tags are structure, not text. */
function toCase(gold: string, text: string, { mode, policy }: Comparison): VerifyCase {
  return { gold, text: stripEnd(text), options: { mode, structured: text.includes('<Parallel>'), policy } };
}

function toFields({ verdict, extracted, rule, reason, ms, verifier }: Judgement) {
  return { verdict, extracted, rule, reason, ms, verifier };
}

function describeJudgement({ verdict, extracted, rule, reason }: Judgement): string {
  const found = extracted === null ? 'no answer found' : `answer ${extracted}`;
  return `${verdict} (${reason === null ? `rule ${rule}` : `${rule}: ${reason}`}; ${found})`;
}
