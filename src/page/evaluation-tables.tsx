import type { PageOverview } from '../report/page-data.ts';
import { count, percent, points, showText } from './wording.ts';

type Evaluations = Pick<PageOverview, 'evaluations' | 'twins'>;

/** Figures of the evaluation stages: each set, its levels and subjects, and what forks do to it. */
export function EvaluationTables({ evaluations, twins }: Evaluations) {
  if (evaluations.length === 0) return null;
  return (
    <section class="card figures" aria-label="Evaluation">
      <h2>Evaluation</h2>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              {[
                'set',
                'level or subject',
                'problems',
                'samples',
                'right',
                '95 % interval',
                'no answer',
                'errored',
                'cut off',
              ].map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {evaluations.flatMap(({ set, parts, ...whole }) => [
              <Row key={set} name={set} label="" figures={whole} />,
              ...parts.map(({ by, label, ...part }) => (
                <Row key={`${set} ${by} ${label}`} name={set} label={`${by} ${label}`} figures={part} />
              )),
            ])}
          </tbody>
        </table>
      </div>
      {twins.map(({ set, paired }) =>
        paired === null ? null : (
          <p key={set}>
            {set}: {points(paired.difference.mean, 1)} with forks against without, under the same seeds (95 % interval{' '}
            {points(paired.difference.low, 1)} to {points(paired.difference.high, 1)}, p = {paired.pValue.toFixed(3)})
            over {count(paired.difference.problems)} problems
          </p>
        ),
      )}
    </section>
  );
}

type Figures = Pick<Evaluations['evaluations'][number], 'problems' | 'tally' | 'mean'>;

function Row({ name, label, figures }: { readonly name: string; readonly label: string; readonly figures: Figures }) {
  const { problems, tally, mean } = figures;
  const { correct, wrong, unanswered } = tally.truncated;
  const interval = mean === null ? '–' : `${percent(mean.low, 1)} to ${percent(mean.high, 1)}`;
  const cells = [count(problems), count(tally.samples), percent(mean?.mean, 1), interval];
  const outcomes = [tally.unanswered, tally.errored, correct + wrong + unanswered].map(count);
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>
        <bdi>{showText(label)}</bdi>
      </td>
      {[...cells, ...outcomes].map((cell, i) => (
        <td key={i}>{cell}</td>
      ))}
    </tr>
  );
}
