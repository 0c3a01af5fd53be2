import type { ColdStartFunnel } from '../report/cold-start-funnel.ts';
import type { AttemptDetail } from '../report/describe-attempt.ts';
import { ModelText } from './model-text.tsx';
import { goTo, linkTo } from './route.ts';
import type { ScreenProps } from './screen-props.ts';
import { useLoaded } from './use-loaded.ts';
import { ViolationList } from './violation-list.tsx';
import { count, percent, short } from './wording.ts';

const LEVELS: Readonly<Record<ColdStartFunnel['levels'][number]['name'], string>> = {
  asked: 'asked',
  ended: 'ended with an answer',
  'well-formed': 'well-formed',
  right: 'right',
  accepted: 'accepted',
};

/** Screen of the cold start: where the answers of the teacher were lost; a code opens the answers that it stopped. */
export function ColdStartScreen({ source, params, version }: ScreenProps) {
  const { value: funnels, error } = useLoaded('funnels', version, () => source.funnels());
  if (error !== null) return <p class="card message">{error}</p>;
  if (funnels === undefined) return <p class="note">Counting…</p>;
  if (funnels.length === 0) return <p class="card">No teacher was asked in this run.</p>;
  return (
    <>
      {funnels.map((funnel) => (
        <Funnel key={funnel.stageId} funnel={funnel} params={params} />
      ))}
      {params.stageIndex !== undefined && (
        <Answers source={source} stageIndex={Number(params.stageIndex)} code={params.code ?? null} />
      )}
    </>
  );
}

function Funnel({ funnel, params }: { readonly funnel: ColdStartFunnel; readonly params: ScreenProps['params'] }) {
  const { levels, totals, stageIndex, stageId, tokensPerRow, usdPerRow } = funnel;
  const asked = levels[0]!.attempts;
  const isOpen = (code: string | null) => params.stageIndex === String(stageIndex) && (params.code ?? null) === code;
  const open = (code: string | null) => goTo(linkTo('cold-start', { stageIndex, code }));
  return (
    <section class="card funnel">
      <h2>{stageId}: from question to row</h2>
      <p class="note">
        {count(totals.problems)} problems, {count(totals.acceptedProblems)} with an accepted answer;{' '}
        {count(totals.promptTokens + totals.completionTokens)} tokens
        {tokensPerRow === null ? '' : `, ${short(tokensPerRow)} per accepted answer`}
        {usdPerRow === null ? '' : `, $${short(usdPerRow)} each`}
      </p>
      <table>
        <caption class="hidden">Answers that passed each filter, and codes of those it stopped</caption>
        <thead>
          <tr>
            <th scope="col">passed</th>
            <th scope="col">answers</th>
            <th scope="col">stopped here</th>
          </tr>
        </thead>
        <tbody>
          {levels.map(({ name, attempts, lost }) => (
            <tr key={name}>
              <th scope="row">{LEVELS[name]}</th>
              <td class="bar">
                <span class="fill" style={{ width: `${(100 * attempts) / asked}%` }} />
                <span class="number">
                  {count(attempts)} <small>{percent(attempts / asked)}</small>
                </span>
              </td>
              <td>
                <div class="choices">
                  {lost.map(({ code, count: number }) => (
                    <button key={code} type="button" aria-pressed={isOpen(code)} onClick={() => open(code)}>
                      {code} {count(number)}
                    </button>
                  ))}
                  {name === 'accepted' && (
                    <button type="button" aria-pressed={isOpen(null)} onClick={() => open(null)}>
                      see accepted ones
                    </button>
                  )}
                </div>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Answers({
  source,
  stageIndex,
  code,
}: Pick<ScreenProps, 'source'> & { readonly stageIndex: number; readonly code: string | null }) {
  const { value, error } = useLoaded(`attempts ${stageIndex} ${code}`, 0, () =>
    source.attempts(stageIndex, code, null),
  );
  if (error !== null) return <p class="card message">{error}</p>;
  if (value === undefined) return <p class="note">Reading…</p>;
  return (
    <section aria-label="Answers">
      <h2>{code === null ? 'Accepted answers' : `Answers stopped by ${code}`}</h2>
      {value.length === 0 && <p class="card">None of them is in this file.</p>}
      {value.map((detail) => (
        <Answer key={detail.attempt.id} {...detail} />
      ))}
    </section>
  );
}

function Answer({ attempt, format }: AttemptDetail) {
  const { problem, raw, reasoning, target, extracted, code, status } = attempt;
  return (
    <article class="card answer">
      <h3>
        <ModelText text={problem.text} />
      </h3>
      <p class="note">
        {problem.source} {problem.id}, sample {attempt.sample}; reference {problem.answer}
        {extracted === null ? '' : `, found ${extracted}`}
        {code === null ? `, ${status}` : `, ${status}: ${code}`}
      </p>
      <div class="written">
        {raw === null ? <p class="note">Nothing was written.</p> : <ModelText text={raw} block />}
        {format !== null && <ViolationList format={format} />}
      </div>
      {reasoning !== null && (
        <details>
          <summary>What it thought before</summary>
          <ModelText text={reasoning} block />
        </details>
      )}
      {target !== null && target !== raw && (
        <details>
          <summary>The row that was made of it</summary>
          <ModelText text={target} block />
        </details>
      )}
    </article>
  );
}
