import { useState } from 'preact/hooks';
import type { ListedRollout, RolloutFilter } from '../ports/run-store/listings.ts';
import type { RolloutPurpose } from '../ports/run-store/rollouts.ts';
import { goTo, linkTo } from './route.ts';
import type { ScreenProps } from './screen-props.ts';
import { TrajectoryView } from './trajectory-view.tsx';
import { useKeys } from './use-keys.ts';
import { useLoaded } from './use-loaded.ts';
import { count, MARKS, showText } from './wording.ts';

/** What the address says of the list, beside the rollout that is open. */
const FILTERS = ['stageIndex', 'purpose', 'step', 'problem', 'set', 'correct', 'code', 'forked'] as const;

/**
 * Screen of trajectories: a list that the address filters, and the one that is open. j and k go through the list, w shows
 * wrong ones only, [ and ] go through the attempts of the group.
 */
export function TrajectoriesScreen({ overview, source, params }: ScreenProps) {
  const filter = readFilter(params);
  const key = JSON.stringify(filter);
  const [more, setMore] = useState<{ readonly key: string; readonly rows: readonly ListedRollout[] }>({
    key,
    rows: [],
  });
  const { value: page, error } = useLoaded(`rollouts ${key}`, 0, () => source.rollouts(filter, null));
  const rows = [...(page?.rows ?? []), ...(more.key === key ? more.rows : [])];
  const id = params.id === undefined ? (rows[0]?.id ?? null) : Number(params.id);
  const change = (changes: Readonly<Record<string, string | number | boolean | null>>) =>
    goTo(linkTo('trajectories', { ...params, ...changes }), 'id' in changes && params.id !== undefined);
  const at = rows.findIndex((row) => row.id === id);
  const go = (to: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, to))];
    if (row !== undefined) change({ id: row.id });
  };
  useKeys({
    j: () => go(at + 1),
    k: () => go(at - 1),
    w: () => change({ correct: params.correct === 'false' ? null : 'false', id: null }),
  });
  const loadMore = async () => {
    const last = rows.at(-1);
    if (last === undefined) return;
    const next = await source.rollouts(filter, last.id);
    setMore((before) => ({ key, rows: [...(before.key === key ? before.rows : []), ...next.rows] }));
  };
  const isOpen = params.id !== undefined;
  return (
    <div class={isOpen ? 'pair opened' : 'pair'}>
      <aside class="card list">
        <Filters overview={overview} params={params} change={(changes) => change({ ...changes, id: null })} />
        {error !== null && <p class="message">{error}</p>}
        <p class="note" aria-live="polite">
          {page === undefined
            ? 'Reading…'
            : `${count(page.total)} ${source.kind === 'file' ? 'in this file' : 'rollouts'}`}
        </p>
        <ol>
          {rows.map((row) => (
            <ListItem
              key={row.id}
              row={row}
              isOpen={row.id === id}
              address={linkTo('trajectories', { ...params, id: row.id })}
            />
          ))}
        </ol>
        {page !== undefined && rows.length < page.total && (
          <button type="button" onClick={loadMore}>
            More
          </button>
        )}
      </aside>
      <div class="open">
        {isOpen && (
          <a class="back" href={linkTo('trajectories', { ...params, id: null })}>
            ← the list
          </a>
        )}
        {id === null ? (
          page !== undefined && <p class="card">No rollout is like that.</p>
        ) : (
          <TrajectoryView key={id} id={id} source={source} open={(to) => change({ id: to })} />
        )}
        <p class="note keys">
          <kbd>j</kbd> <kbd>k</kbd> next and previous, <kbd>w</kbd> wrong ones only, <kbd>[</kbd> <kbd>]</kbd> attempts
          of the group. The address names what you see: copy it to come back.
        </p>
      </div>
    </div>
  );
}

function readFilter(params: ScreenProps['params']): RolloutFilter {
  const { stageIndex, purpose, step, problem, set, correct, code, forked } = params;
  return {
    ...(stageIndex === undefined ? {} : { stageIndex: Number(stageIndex) }),
    ...(purpose === undefined ? {} : { purpose: purpose as RolloutPurpose }),
    ...(step === undefined ? {} : { step: Number(step) }),
    ...(problem === undefined ? {} : { problem: Number(problem) }),
    ...(set === undefined ? {} : { set }),
    ...(correct === undefined ? {} : { correct: correct === 'true' }),
    ...(code === undefined ? {} : { code }),
    ...(forked === undefined ? {} : { forked: forked === 'true' }),
  };
}

interface FiltersProps extends Pick<ScreenProps, 'overview' | 'params'> {
  readonly change: (changes: Readonly<Record<string, string | number | null>>) => void;
}

function Filters({ overview, params, change }: FiltersProps) {
  const stages = overview.stages.filter(({ index }) =>
    overview.rollouts.some(({ stageIndex }) => stageIndex === index),
  );
  const pick = (name: string, label: string, choices: readonly (readonly [value: string, label: string])[]) => (
    <label>
      {label}
      <select value={params[name] ?? ''} onChange={(event) => change({ [name]: event.currentTarget.value || null })}>
        <option value="">any</option>
        {choices.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
  const others = FILTERS.filter(
    (name) => (name === 'problem' || name === 'code' || name === 'set') && params[name] !== undefined,
  );
  return (
    <form class="filters" onSubmit={(event) => event.preventDefault()} aria-label="Which rollouts">
      {pick(
        'stageIndex',
        'stage',
        stages.map(({ index, id }) => [`${index}`, id]),
      )}
      {pick('purpose', 'for', [
        ['train', 'training'],
        ['eval', 'held-out'],
        ['pilot', 'pilot'],
      ])}
      <label>
        step
        <input
          type="number"
          min="0"
          value={params.step ?? ''}
          placeholder="any"
          onChange={(event) => change({ step: event.currentTarget.value || null })}
        />
      </label>
      {pick('correct', 'answer', [
        ['false', 'wrong'],
        ['true', 'right'],
      ])}
      {pick('forked', 'forks', [
        ['true', 'yes'],
        ['false', 'no'],
      ])}
      {others.map((name) => (
        <button key={name} type="button" onClick={() => change({ [name]: null })}>
          {name} {params[name]} ✕
        </button>
      ))}
    </form>
  );
}

function ListItem({
  row,
  isOpen,
  address,
}: {
  readonly row: ListedRollout;
  readonly isOpen: boolean;
  readonly address: string;
}) {
  const verdict = row.verdict?.verdict ?? 'failed';
  const { purpose, step, blocks, problem, formatValid, criticalTokens, policyTokens } = row;
  return (
    <li class={verdict} aria-current={isOpen ? 'true' : undefined}>
      <a
        href={address}
        ref={(element) => {
          if (isOpen) element?.scrollIntoView({ block: 'nearest' });
        }}
      >
        <span class="mark" aria-hidden="true">
          {MARKS[verdict]}
        </span>
        <span class="hidden">{verdict}: </span>
        <span class="text">
          <bdi>{showText(problem.text.slice(0, 90))}</bdi>
        </span>
        <small>
          {purpose} {step} · {blocks === 0 ? 'no fork' : blocks === 1 ? 'one block' : `${blocks} blocks`} ·{' '}
          {criticalTokens}/{policyTokens} tokens
          {formatValid ? '' : ` · ${row.formatCode ?? 'malformed'}`}
        </small>
      </a>
    </li>
  );
}
