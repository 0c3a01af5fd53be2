import type { Estimate } from '../../core/statistics/estimate-mean.ts';
import type { Experiment, ExperimentName } from '../../experiments/catalogue.ts';
import type { ArmResult, ContrastResult, ExperimentResult, SeedResult } from '../../report/experiment-results.ts';
import { signPoints, writePercent } from './describe-difference.ts';
import { renderTable } from './table.ts';
import { wrapText } from './wrap-text.ts';

/** An experiment and what came out. */
export interface ReportedExperiment {
  readonly name: ExperimentName;
  readonly experiment: Experiment;
  readonly result: ExperimentResult;
}

/** The lines of one experiment for a terminal of so many columns. */
export function renderExperiment({ name, experiment, result }: ReportedExperiment, columns: number): string[] {
  const tables = listSets(result).flatMap((set) => [
    '',
    `${set}: right answers, mean over seeds with a 95 % interval`,
    ...renderTable(
      [HEAD, ...armRows(result, set)].map((row) => [`  ${row[0]}`, ...row.slice(1)]),
      [1, 2, 3, 4, 5],
    ),
    ...result.contrasts
      .filter((contrast) => contrast.set === set)
      .flatMap((contrast) => wrapText(`  ${describeContrast(contrast, experiment)}`, columns)),
  ]);
  return [
    ...wrapText(`${name}: ${experiment.question}`, columns),
    ...wrapText(`Paper: ${experiment.paper}.`, columns),
    ...(tables.length === 0 ? ['', 'No arm is done yet.'] : tables),
    '',
  ];
}

/** What several experiments found, a line for every contrast: for the end of a long list. */
export function renderFindings(reported: readonly ReportedExperiment[]): string[] {
  const rows = listFindings(reported).map((one) => [
    `  ${one.experiment}`,
    one.contrast.second,
    one.contrast.set,
    one.points,
    one.overSeeds,
    one.told,
  ]);
  if (rows.length === 0) return [];
  return ['In short: points of the second arm over the first', ...renderTable([FINDINGS_HEAD, ...rows], [3, 4]), ''];
}

const FINDINGS_HEAD = ['  experiment', 'arm', 'set', 'points', 'over seeds', 'told'];

interface Finding {
  readonly experiment: ExperimentName;
  readonly contrast: ContrastResult;
  readonly points: string;
  readonly overSeeds: string;
  readonly told: string;
}

function listFindings(reported: readonly ReportedExperiment[]): Finding[] {
  return reported.flatMap(({ name, experiment, result }) =>
    result.contrasts.map((contrast): Finding => {
      const { overSeeds, differences } = contrast;
      const [only] = differences;
      if (overSeeds !== null) {
        const points = signPoints(overSeeds.mean);
        return {
          experiment: name,
          contrast,
          points,
          overSeeds: interval(overSeeds),
          told: tellFinding(contrast, experiment),
        };
      }
      return only === undefined
        ? { experiment: name, contrast, points: '-', overSeeds: '-', told: 'not measured' }
        : { experiment: name, contrast, points: signPoints(only.difference), overSeeds: '-', told: 'one seed' };
    }),
  );
}

/** What the interval over seeds says of the paper's finding; of a contrast it does not have, which way it goes. */
function tellFinding({ conclusion }: ContrastResult, { expected }: Experiment): string {
  if (conclusion === 'cannot be told' || expected === null) return conclusion;
  return conclusion === expected ? 'holds here' : 'does not hold';
}

const HEAD = ['arm', 'seeds', 'right', 'interval', 'blocks', 'longest chain'];

function listSets({ arms }: ExperimentResult): string[] {
  return [...new Set(arms.map(({ set }) => set))];
}

function armRows({ arms }: ExperimentResult, set: string): string[][] {
  return arms
    .filter((arm) => arm.set === set)
    .map(({ arm, seeds, accuracy }) => [
      arm,
      `${seeds.length}`,
      accuracy === null ? share(meanOf(seeds, (one) => one.accuracy)) : share(accuracy.mean),
      accuracy === null ? '-' : `${share(accuracy.low)} to ${share(accuracy.high)}`,
      share(meanOf(seeds, (one) => one.validBlocks)),
      describeChain(seeds),
    ]);
}

/** Tokens on the longest chain of all tokens: `41 of 62`. */
function describeChain(seeds: readonly SeedResult[]): string {
  const [critical, all] = [meanOf(seeds, (one) => one.criticalTokens), meanOf(seeds, (one) => one.tokens)];
  return critical === null || all === null ? '-' : `${critical.toFixed(0)} of ${all.toFixed(0)}`;
}

function meanOf(seeds: readonly SeedResult[], pick: (one: SeedResult) => number | null): number | null {
  const values = seeds.flatMap((one) => pick(one) ?? []);
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}

function share(value: number | null): string {
  return value === null ? '-' : writePercent(value);
}

/** One sentence: the difference, its interval, how sure, and what follows for the paper's finding. */
function describeContrast(contrast: ContrastResult, experiment: Experiment): string {
  const { first, second, differences, overSeeds, pSeeds, overProblems } = contrast;
  if (overSeeds === null) {
    const only = differences[0];
    const value = only === undefined ? 'not measured yet' : `${signPoints(only.difference)} points, one seed`;
    return `${second} against ${first}: ${value}`;
  }
  const problems =
    overProblems === null
      ? ''
      : `; over problems ${signPoints(overProblems.low)} to ${signPoints(overProblems.high)}, p = ${overProblems.p.toFixed(4)}`;
  return (
    `${second} against ${first}: ${signPoints(overSeeds.mean)} points (${interval(overSeeds)} over ${overSeeds.problems} seeds, ` +
    `p = ${pSeeds!.toFixed(3)}${problems}): ${describeConclusion(contrast, experiment)}`
  );
}

function describeConclusion(contrast: ContrastResult, experiment: Experiment): string {
  const told = tellFinding(contrast, experiment);
  return told === contrast.conclusion ? told : `${contrast.conclusion}: ${told}`;
}

function interval({ low, high }: Estimate): string {
  return `${signPoints(low)} to ${signPoints(high)}`;
}

/** The same as a Markdown document, with every seed. */
export function writeExperimentMarkdown(reported: readonly ReportedExperiment[], seeds: readonly number[]): string {
  const parts = reported.flatMap(({ name, experiment, result }) => [
    `## ${name}`,
    '',
    `${experiment.question} Paper: ${experiment.paper}.`,
    ...listSets(result).flatMap((set) => ['', ...writeSet(result, experiment, set, seeds)]),
    '',
  ]);
  const findings = listFindings(reported).map(({ experiment, contrast, points, overSeeds, told }) =>
    writeRow([
      experiment,
      `\`${contrast.second}\` against \`${contrast.first}\``,
      contrast.set,
      points,
      overSeeds,
      `${contrast.differences.length}`,
      told,
    ]),
  );
  const head = ['experiment', 'arms', 'set', 'points', '95 % over seeds', 'seeds', 'told'];
  const summary = ['## In short', '', writeRow(head), writeRow(head.map(() => '---')), ...findings, ''];
  return `${[...(findings.length === 0 ? [] : summary), ...parts].join('\n').trimEnd()}\n`;
}

function writeSet(result: ExperimentResult, experiment: Experiment, set: string, seeds: readonly number[]): string[] {
  const head = [`${set}: arm`, ...seeds.map((seed) => `seed ${seed}`), 'mean', '95 %', 'valid blocks', 'longest chain'];
  const rows = result.arms.filter((arm) => arm.set === set).map((arm) => [...writeArm(arm, seeds)]);
  const contrasts = result.contrasts.filter((contrast) => contrast.set === set);
  return [
    writeRow(head),
    writeRow(head.map(() => '---')),
    ...rows.map(writeRow),
    '',
    ...contrasts.map((contrast) => `- ${describeContrast(contrast, experiment)}.`),
  ];
}

function writeArm({ arm, title, seeds: measured, accuracy }: ArmResult, seeds: readonly number[]): string[] {
  const of = (seed: number) => measured.find((one) => one.seed === seed)?.accuracy ?? null;
  return [
    `\`${arm}\`: ${title}`,
    ...seeds.map((seed) => share(of(seed))),
    share(meanOf(measured, (one) => one.accuracy)),
    accuracy === null ? '-' : `${share(accuracy.low)} to ${share(accuracy.high)}`,
    share(meanOf(measured, (one) => one.validBlocks)),
    describeChain(measured),
  ];
}

function writeRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
