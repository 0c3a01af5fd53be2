import type { Policy } from '../../core/verify/policy.ts';
import type { Verdict } from '../../core/verify/verdict.ts';
import { verify } from '../../core/verify/verify.ts';
import { SourceError, UsageError } from '../../errors.ts';
import type { GlobalArgs } from '../define-command.ts';
import { nameInput, readCell, readJsonRows } from '../json-lines.ts';
import { printJson, printJsonLine, printLine } from '../output.ts';
import { readRowPolicy } from '../policy-of-row.ts';

type VerifyMode = 'math' | 'reference-dapo' | 'reference-gsm8k';

interface VerifyArgs extends GlobalArgs {
  readonly gold: string | undefined;
  readonly answer: string | undefined;
  readonly jsonl: string | undefined;
  readonly mode: VerifyMode;
}

/** `verify`: a verdict is data, so that exit code 0 says "verified", not "correct". */
export async function verifyAnswers(args: VerifyArgs): Promise<number> {
  if (args.jsonl !== undefined) {
    if (args.gold !== undefined || args.answer !== undefined)
      throw new UsageError('give --jsonl, or --gold and --answer, not both');
    await verifyRows(args.jsonl, args.mode);
    return 0;
  }
  if (args.gold === undefined || args.answer === undefined)
    throw new UsageError('give --gold and --answer, or --jsonl FILE');
  const verdict = judge(args.gold, args.answer, args.mode);
  if (args.json) printJson(toFields(verdict));
  else printLine(describeVerdict(verdict));
  return 0;
}

async function verifyRows(file: string, mode: VerifyMode): Promise<void> {
  for await (const { line, row } of readJsonRows(file)) {
    const gold = readCell(row, 'gold');
    const answer = readCell(row, 'answer');
    if (gold === null || answer === null) {
      throw new SourceError(
        `${nameInput(file)}:${line}: "${gold === null ? 'gold' : 'answer'}" must be a text or a number`,
      );
    }
    printJsonLine({
      ...(row.id === undefined ? {} : { id: row.id }),
      ...toFields(judge(gold, answer, mode, readRowPolicy(row.options))),
    });
  }
}

/** A response with blocks is searched as a trajectory: its tags are structure, not text. */
function judge(gold: string, answer: string, mode: VerifyMode, policy: Partial<Policy> = {}): Verdict {
  return verify(gold, answer, { mode, structured: answer.includes('<Parallel>'), policy });
}

function toFields({ verdict, extracted, rule, reason, verifier }: Verdict) {
  return { verdict, extracted, rule, reason, verifier };
}

function describeVerdict({ verdict, extracted, rule, reason }: Verdict): string {
  const found = extracted === null ? 'no answer found' : `answer ${extracted}`;
  return `${verdict} (${reason === null ? `rule ${rule}` : `${rule}: ${reason}`}; ${found})`;
}
