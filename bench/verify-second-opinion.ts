/**
 * Generated answers judged by our verifier and by Math-Verify: `node bench/verify-second-opinion.ts [--cases 10000]
 * [--seed 1] [--python PATH] [--list]`. As many rewrites and as many near misses; counts by kind, and with `--list` an
 * example of every kind and twist on which the two disagree. The table of docs/verification-second-opinion.md.
 */
import { parseArgs } from 'node:util';
import { type AnswerCase, drawCase } from '../test/support/answer-generator/draw-case.ts';
import { judgeCase } from '../test/support/answer-generator/judge-cases.ts';
import { MATH_VERIFY, runWithMathVerify } from './math-verify-peer.ts';

interface Opinion {
  readonly accepted: boolean;
  readonly gold: string | null;
  readonly answer: string | null;
}

interface Compared {
  readonly one: AnswerCase;
  readonly isOurs: boolean;
  readonly peer: Opinion;
}

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string' },
    list: { type: 'boolean' },
  },
});
await compare(Number(values.cases), Number(values.seed));

async function compare(count: number, seed: number): Promise<void> {
  const cases = Array.from({ length: 2 * count }, (_, k) => drawCase(seed, k >> 1, k % 2 === 0));
  const lines = cases.map(({ gold, text, ending, setting }) =>
    JSON.stringify({ gold, text, isBare: ending === 'bare' && setting === 'nothing before it' }),
  );
  const answered = runWithMathVerify('verify-second-opinion.py', lines, values.python);
  if (typeof answered === 'string') {
    console.log(`skipped: ${answered}`);
    return;
  }
  const compared: Compared[] = [];
  for (const [k, one] of cases.entries()) {
    const isOurs = (await judgeCase(one)).verdict === 'correct';
    compared.push({ one, isOurs, peer: JSON.parse(answered[k]!) as Opinion });
  }
  console.log(`${cases.length} cases, seed ${seed}, ${MATH_VERIFY}`);
  printTable(compared);
  if (values.list) printDisagreements(compared);
}

/** By kind: rewrites accepted by each, near misses accepted by each, cases on which they disagree. */
function printTable(compared: readonly Compared[]): void {
  const head = ['rewrites', 'ours', 'theirs', 'misses', 'ours', 'theirs', 'disagree'];
  console.log(`${'kind'.padEnd(34)}${head.map((name) => name.padStart(10)).join('')}`);
  const kinds = [...new Set(compared.map(({ one }) => one.kind))].toSorted();
  for (const kind of ['all', ...kinds]) {
    const chosen = compared.filter(({ one }) => kind === 'all' || one.kind === kind);
    const rewrites = chosen.filter(({ one }) => one.isRight);
    const misses = chosen.filter(({ one }) => !one.isRight);
    const figures = [
      ...countAccepted(rewrites),
      ...countAccepted(misses),
      chosen.filter(({ isOurs, peer }) => isOurs !== peer.accepted).length,
    ];
    console.log(`${kind.padEnd(34)}${figures.map((figure) => String(figure).padStart(10)).join('')}`);
  }
}

function countAccepted(compared: readonly Compared[]): [all: number, ours: number, theirs: number] {
  const ours = compared.filter(({ isOurs }) => isOurs).length;
  return [compared.length, ours, compared.filter(({ peer }) => peer.accepted).length];
}

function printDisagreements(compared: readonly Compared[]): void {
  const groups = Map.groupBy(
    compared.filter(({ isOurs, peer }) => isOurs !== peer.accepted),
    ({ one, isOurs }) =>
      `${one.isRight ? 'right' : 'wrong'}, ${isOurs ? 'only ours' : 'only theirs'} | ${one.kind} / ${one.twist}`,
  );
  for (const [name, group] of [...groups].sort(([a], [b]) => a.localeCompare(b))) {
    const { one, peer } = group[0]!;
    const text = one.text.length > 120 ? `...${one.text.slice(-120)}` : one.text;
    console.log(`${name}: ${group.length}`);
    console.log(`    ${JSON.stringify(one.gold)} | ${JSON.stringify(text)} | ${peer.gold} | ${peer.answer}`);
  }
}
