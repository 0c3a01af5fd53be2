import { useState } from 'preact/hooks';
import type { GroupMember, RolloutDetail } from '../report/describe-rollout.ts';
import { ModelText } from './model-text.tsx';
import { RawText } from './raw-text.tsx';
import { linkTo } from './route.ts';
import type { PageSource } from './source.ts';
import { TokenView } from './token-view.tsx';
import { TrajectoryLanes } from './trajectory-lanes.tsx';
import { TrajectoryText } from './trajectory-text.tsx';
import { useKeys } from './use-keys.ts';
import { useLoaded } from './use-loaded.ts';
import { ViolationList } from './violation-list.tsx';
import { count, MARKS, plural, short, showText } from './wording.ts';

const TABS = ['text', 'tokens', 'raw', 'twin'] as const;
const TAB_NAMES = { text: 'Text', tokens: 'Tokens', raw: 'Raw', twin: 'Without forks' } as const;

interface ViewProps {
  readonly id: number;
  readonly source: PageSource;
  readonly open: (id: number) => void;
}

/** One trajectory: the problem, its lanes over time, its text, why it was judged so, and what its group did. */
export function TrajectoryView({ id, source, open }: ViewProps) {
  const { value: detail, error } = useLoaded(`rollout ${id}`, 0, () => source.rollout(id));
  const members = detail?.group ?? [];
  const place = members.findIndex((member) => member.id === id);
  const go = (to: number) => {
    const member = members[to];
    if (member !== undefined) open(member.id);
  };
  useKeys({ '[': () => go(place - 1), ']': () => go(place + 1) });
  if (error !== null) return <p class="card message">{error}</p>;
  if (detail === undefined) return <p class="note">Reading…</p>;
  if (detail === null) {
    return (
      <p class="card">
        Rollout {id} is not {source.kind === 'file' ? 'in this file; see it with' : 'in the store'}
        {source.kind === 'file' && <code> parallel-r1 why {id}</code>}
      </p>
    );
  }
  return <Detail detail={detail} source={source} />;
}

function Detail({ detail, source }: { readonly detail: RolloutDetail; readonly source: PageSource }) {
  const { rollout, figures } = detail;
  const verdict = rollout.verdict?.verdict ?? 'failed';
  return (
    <article>
      <section class={`card problem ${verdict}`}>
        <p class="note">
          rollout {rollout.id}: {rollout.purpose}, step {rollout.step} of {detail.stage.id}, group {rollout.group},
          attempt {rollout.sample}
        </p>
        <h2>
          <ModelText text={rollout.problem.text} />
        </h2>
        <p class="verdict">
          <span class="mark" aria-hidden="true">
            {MARKS[verdict]}
          </span>{' '}
          {rollout.failure === null ? (
            <>
              answered{' '}
              <b>{rollout.verdict?.extracted == null ? 'nothing' : <ModelText text={rollout.verdict.extracted} />}</b>,
              reference{' '}
              <b>
                <ModelText text={rollout.problem.answer} />
              </b>
              : {verdict}
            </>
          ) : (
            <>
              failed: <ModelText text={rollout.failure} />
            </>
          )}
        </p>
        <Chips detail={detail} />
      </section>
      <GroupRow detail={detail} />
      {figures !== null && <TrajectoryLanes segments={detail.segments} figures={figures} />}
      {figures !== null && <Tabs detail={detail} source={source} />}
      <Why detail={detail} />
    </article>
  );
}

function Chips({ detail: { rollout, figures, trainer } }: { readonly detail: RolloutDetail }) {
  const chips = [
    ...(figures === null
      ? []
      : [
          `${plural(figures.blocks.length, 'block')}`,
          `${count(figures.criticalTokens)} of ${count(figures.totalTokens)} tokens on the longest chain`,
        ]),
    rollout.formatValid ? 'valid form' : `malformed: ${rollout.formatCode ?? 'unknown'}`,
    ...(rollout.end === 'length' ? ['cut off by its budget'] : []),
    ...(rollout.reward === null ? [] : [`reward ${short(rollout.reward.value)}`]),
    ...(trainer.advantage === null ? [] : [`advantage ${short(trainer.advantage)}`]),
  ];
  return (
    <ul class="chips">
      {chips.map((chip) => (
        <li key={chip}>{chip}</li>
      ))}
    </ul>
  );
}

function GroupRow({ detail: { group, rollout } }: { readonly detail: RolloutDetail }) {
  if (group.length < 2) return null;
  return (
    <nav class="group" aria-label="Attempts of this group">
      {group.map((member) => (
        <a
          key={member.id}
          class={member.verdict ?? 'failed'}
          href={linkTo('trajectories', { ...keepParams(), id: member.id })}
          aria-current={member.id === rollout.id ? 'true' : undefined}
        >
          <span class="hidden">
            attempt {member.sample}: {member.verdict ?? 'failed'}
            {member.extracted === null ? '' : `, answered ${showText(member.extracted.slice(0, 40))}`}
          </span>
          <span class="mark" aria-hidden="true">
            {MARKS[member.verdict ?? 'failed']}
          </span>
          <small aria-hidden="true">{showText(member.extracted ?? '–').slice(0, 8)}</small>
        </a>
      ))}
    </nav>
  );
}

/** What the address says now, so that a link within the group keeps the list. */
function keepParams(): Readonly<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(location.hash.split('?')[1] ?? ''));
}

function Tabs({ detail, source }: { readonly detail: RolloutDetail; readonly source: PageSource }) {
  const [tab, setTab] = useState<(typeof TABS)[number]>('text');
  const twin = findTwin(detail);
  const tabs = TABS.filter((one) => one !== 'twin' || twin !== null);
  const move = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by === undefined) return;
    const next = tabs[(tabs.indexOf(tab) + by + tabs.length) % tabs.length]!;
    setTab(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <section class="card tabs">
      <div role="tablist" aria-label="How to see it">
        {tabs.map((one) => (
          <button
            key={one}
            id={`tab-${one}`}
            type="button"
            role="tab"
            aria-selected={one === tab}
            aria-controls="panel"
            tabIndex={one === tab ? 0 : -1}
            onClick={() => setTab(one)}
            onKeyDown={move}
          >
            {TAB_NAMES[one]}
          </button>
        ))}
      </div>
      <div id="panel" role="tabpanel" aria-labelledby={`tab-${tab}`}>
        {tab === 'text' && <TrajectoryText {...detail} />}
        {tab === 'tokens' && <TokenView detail={detail} />}
        {tab === 'raw' && <RawText detail={detail} />}
        {tab === 'twin' && twin !== null && <Twin member={twin} source={source} />}
      </div>
    </section>
  );
}

/** An attempt of the group that went another way: without a fork where this one forked, and the reverse. */
function findTwin({ group, rollout }: RolloutDetail): GroupMember | null {
  const others = group.filter(({ id, end }) => id !== rollout.id && end !== null);
  return (
    (rollout.blocks > 0 ? others.find(({ blocks }) => blocks === 0) : others.find(({ blocks }) => blocks > 0)) ?? null
  );
}

function Twin({ member, source }: { readonly member: GroupMember; readonly source: PageSource }) {
  const { value: detail } = useLoaded(`rollout ${member.id}`, 0, () => source.rollout(member.id));
  if (detail === undefined) return <p class="note">Reading…</p>;
  if (detail === null || detail.figures === null)
    return <p class="note">Attempt {member.sample} is not in this file.</p>;
  const { figures } = detail;
  return (
    <>
      <p class="note">
        Attempt {member.sample} of the same group {member.blocks > 0 ? 'forked' : 'did not fork'}: {member.verdict},{' '}
        {count(figures.criticalTokens)} tokens on the longest chain.
      </p>
      <TrajectoryText {...detail} name="twin" />
    </>
  );
}

function Why({ detail: { rollout, format, effective, trainer, segments } }: { readonly detail: RolloutDetail }) {
  const { verdict, reward } = rollout;
  const facts: (readonly [name: string, value: string])[] = [];
  if (verdict !== null) {
    facts.push([
      'verdict',
      `${verdict.verdict} by rule ${verdict.rule}${verdict.reason === null ? '' : ` (${verdict.reason})`}, verifier ${verdict.verifier}`,
    ]);
  }
  if (reward !== null) {
    const blocks = `${plural(reward.blocksInText, 'block')} in the text, ${reward.blocksExecuted} executed, ${reward.blocksEffective ?? 'not measured how many'} effective`;
    facts.push([
      'reward',
      `${short(reward.value)} by the formula ${reward.mode}: ${reward.correct ? 'right' : 'not right'}, ${reward.formatValid ? 'valid form' : 'malformed'}, ${blocks}`,
    ]);
  }
  if (effective !== null && effective.paths > 0) {
    facts.push([
      'paths that worked',
      `${effective.effectivePaths} of ${effective.paths}, ${plural(effective.effectiveBlocks, 'effective block')}`,
    ]);
  }
  if (trainer.advantage !== null) facts.push(['advantage', `${short(trainer.advantage)} in its group`]);
  const sent = trainer.datums.map(
    ({ tokens, lossTokens }) => `${count(tokens)} tokens, ${count(lossTokens)} with loss`,
  );
  facts.push([
    'the trainer got',
    trainer.reason ?? `${plural(sent.length, 'sequence')} (${sent.join('; ')}), layout ${trainer.layout}`,
  ]);
  facts.push(['weights', rollout.weightsVersion]);
  const flags = [...new Set(segments.flatMap((segment) => segment.flags))];
  if (flags.length > 0) facts.push(['notes of the controller', flags.join(', ')]);
  return (
    <section class="card why">
      <h2>Why</h2>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {format !== null && <ViolationList format={format} />}
    </section>
  );
}
