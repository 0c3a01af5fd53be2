import type { ThoughtMoment } from '../report/choose-thought.ts';
import type { PageOverview } from '../report/page-data.ts';
import { ModelText } from './model-text.tsx';
import { linkTo } from './route.ts';
import type { PageSource } from './source.ts';
import { TrajectoryText } from './trajectory-text.tsx';
import { useLoaded } from './use-loaded.ts';
import { count, MARKS, plural } from './wording.ts';

interface PairProps {
  readonly overview: PageOverview;
  readonly source: PageSource;
}

/** The same held-out problem before and after: what the run is about, in one look. */
export function ThoughtPair({ overview: { thought, stages }, source }: PairProps) {
  if (thought === null) return null;
  const nameStage = (index: number) => stages.find((stage) => stage.index === index)?.id ?? `${index}`;
  return (
    <section class="card thought" aria-labelledby="thought-title">
      <h2 id="thought-title">One thought, before and after</h2>
      <p>
        <ModelText text={thought.problem.text} /> <span class="note">reference: </span>
        <b>
          <ModelText text={thought.problem.answer} />
        </b>
      </p>
      <div class="sides">
        {(['before', 'after'] as const).map((side) => (
          <Side
            key={side}
            side={side}
            moment={thought[side]}
            stage={nameStage(thought[side].stageIndex)}
            source={source}
          />
        ))}
      </div>
    </section>
  );
}

interface SideProps {
  readonly side: 'before' | 'after';
  readonly moment: ThoughtMoment;
  readonly stage: string;
  readonly source: PageSource;
}

function Side({ side, moment: { rollout: id, step }, stage, source }: SideProps) {
  const { value: detail } = useLoaded(`rollout ${id}`, 0, () => source.rollout(id));
  if (detail == null) return <p class="note">{detail === undefined ? 'Reading…' : `Rollout ${id} is not here.`}</p>;
  const { rollout, figures } = detail;
  const verdict = rollout.verdict?.verdict ?? 'failed';
  const shape =
    figures === null || figures.blocks.length === 0
      ? `${plural(figures?.totalTokens ?? 0, 'token')} in one stream`
      : `${count(figures.totalTokens)} tokens, ${count(figures.criticalTokens)} on the longest chain`;
  return (
    <article class={`side ${verdict}`}>
      <h3>
        {side} <small>{step === 0 ? `${stage} begins` : `step ${step} of ${stage}`}</small>
      </h3>
      <p>
        <span class="mark" aria-hidden="true">
          {MARKS[verdict]}
        </span>{' '}
        <b>{rollout.verdict?.extracted == null ? 'no answer' : <ModelText text={rollout.verdict.extracted} />}</b>,{' '}
        {verdict === 'correct' ? 'right' : 'wrong'}; {shape}
      </p>
      <TrajectoryText {...detail} name={side} />
      <a href={linkTo('trajectories', { id, purpose: rollout.purpose, stageIndex: rollout.stageIndex, step })}>
        the {side === 'before' ? 'first' : 'last'} one as a whole
      </a>
    </article>
  );
}
