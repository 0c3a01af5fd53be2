import type { RunComparison, SetComparison } from '../report/compare-runs.ts';
import { ModelText } from './model-text.tsx';
import { goTo, linkTo } from './route.ts';
import type { ScreenProps } from './screen-props.ts';
import { useLoaded } from './use-loaded.ts';
import { count, percent, points } from './wording.ts';

/** Screen of two runs: what was set otherwise, and what it did to the held-out problems that both answered. */
export function CompareScreen({ overview, source, params, version }: ScreenProps) {
  const other = params.run ?? overview.runs[0]?.id ?? null;
  const { value, error } = useLoaded(`compare ${other}`, version, async () =>
    other === null ? null : source.compare(other),
  );
  return (
    <>
      <section class="card">
        <h2>Compare with another run</h2>
        <label>
          {overview.run.name} ({overview.run.id}) against{' '}
          <select value={other ?? ''} onChange={(event) => goTo(linkTo('compare', { run: event.currentTarget.value }))}>
            {overview.runs.map(({ id, name, status }) => (
              <option key={id} value={id}>
                {name} ({id}, {status})
              </option>
            ))}
          </select>
        </label>
      </section>
      {error !== null && <p class="card message">{error}</p>}
      {value === undefined && error === null && <p class="note">Comparing…</p>}
      {value === null && <p class="card">There is no such run.</p>}
      {value != null && <Comparison {...value} />}
    </>
  );
}

function Comparison({ first, second, sets, settings }: RunComparison) {
  return (
    <>
      {sets.length === 0 && <p class="card">They measured no set of held-out problems in common.</p>}
      {sets.map((set) => (
        <SetDifference key={set.set} {...set} />
      ))}
      <section class="card">
        <h2>Settings that differ</h2>
        {settings.length === 0 ? (
          <p class="note">None.</p>
        ) : (
          <div class="scroll">
            <table>
              <thead>
                <tr>
                  <th scope="col">setting</th>
                  <th scope="col">{first.id}</th>
                  <th scope="col">{second.id}</th>
                </tr>
              </thead>
              <tbody>
                {settings.map((one) => (
                  <tr key={one.path}>
                    <th scope="row">{one.path}</th>
                    <td>{one.first ?? '–'}</td>
                    <td>{one.second ?? '–'}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </section>
    </>
  );
}

function SetDifference({ set, first, second, difference, pValue, won, lost, same, examples }: SetComparison) {
  const all = won + lost + same;
  return (
    <section class="card">
      <h2>
        {set}: {percent(first, 1)} → {percent(second, 1)}
      </h2>
      <p>
        <b>{points(difference.mean, 1)}</b>, 95 % interval {points(difference.low, 1)} to {points(difference.high, 1)},
        p = {pValue < 0.001 ? 'below 0.001' : pValue.toFixed(3)}, over {count(all)} problems that both answered
      </p>
      <div class="balance" role="img" aria-label={`${won} won, ${lost} lost, ${same} the same`}>
        <span class="won" style={{ flexGrow: won }} />
        <span class="same" style={{ flexGrow: same }} />
        <span class="lost" style={{ flexGrow: lost }} />
      </div>
      <p class="note">
        {count(won)} won, {count(same)} the same, {count(lost)} lost
      </p>
      <details>
        <summary>The problems that moved most</summary>
        <div class="scroll">
          <table>
            <thead>
              <tr>
                <th scope="col">problem</th>
                <th scope="col">first</th>
                <th scope="col">second</th>
              </tr>
            </thead>
            <tbody>
              {examples.map((one) => (
                <tr key={one.problem.key}>
                  <th scope="row">
                    <a href={linkTo('trajectories', { problem: one.problem.key, purpose: 'eval' })}>
                      <ModelText text={one.problem.text.slice(0, 160)} />
                    </a>
                  </th>
                  <td>{percent(one.first)}</td>
                  <td>{percent(one.second)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
