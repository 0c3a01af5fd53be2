import { useEffect, useState } from 'preact/hooks';
import type { PageOverview } from '../report/page-data.ts';
import { ColdStartScreen } from './cold-start-screen.tsx';
import { CompareScreen } from './compare-screen.tsx';
import { PaperScreen } from './paper-screen.tsx';
import { ProblemsScreen } from './problems-screen.tsx';
import { linkTo, type Route, SCREENS, useRoute } from './route.ts';
import { RunScreen } from './run-screen.tsx';
import type { ScreenProps } from './screen-props.ts';
import type { PageSource } from './source.ts';
import { TrajectoriesScreen } from './trajectories-screen.tsx';
import { useLoaded } from './use-loaded.ts';
import { duration } from './wording.ts';

const NAMES: Readonly<Record<Route['screen'], string>> = {
  run: 'Run',
  trajectories: 'Trajectories',
  problems: 'Problems',
  'cold-start': 'Cold start',
  compare: 'Compare',
  paper: 'Paper',
};

/** The page: a head with the run and the way to its screens, and one of them. */
export function App({ source }: { readonly source: PageSource }) {
  const route = useRoute();
  const [version, setVersion] = useState(0);
  useEffect(() => source.watch(() => setVersion((before) => before + 1)), [source]);
  const { value: overview, error } = useLoaded('overview', version, () => source.overview());
  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById('content')?.focus()}>
        To the content
      </button>
      <Head overview={overview} route={route} source={source} />
      <main id="content" tabIndex={-1}>
        {error !== null && <p class="card message">{error}</p>}
        {overview === undefined ? (
          error === null && <p class="note">Reading the store…</p>
        ) : (
          <Screen {...{ overview, route, source, version }} />
        )}
        {source.limits !== null && <footer class="note">{source.limits}</footer>}
      </main>
    </>
  );
}

function Screen({ route, ...shared }: Omit<ScreenProps, 'params'> & { readonly route: Route }) {
  const props = { ...shared, params: route.params };
  switch (route.screen) {
    case 'trajectories':
      return <TrajectoriesScreen {...props} />;
    case 'problems':
      return <ProblemsScreen {...props} />;
    case 'cold-start':
      return <ColdStartScreen {...props} />;
    case 'compare':
      return <CompareScreen {...props} />;
    case 'paper':
      return <PaperScreen {...props} />;
    default:
      return <RunScreen {...props} />;
  }
}

function Head({
  overview,
  route,
  source,
}: {
  readonly overview: PageOverview | undefined;
  readonly route: Route;
  readonly source: PageSource;
}) {
  const run = overview?.run;
  const screens = SCREENS.filter((screen) => isOffered(screen, overview, source));
  return (
    <header>
      <div class="title">
        <h1>{run?.name ?? 'parallel-r1'}</h1>
        {run !== undefined && (
          <p class="note">
            <span class={`pill ${run.status}`}>{run.status}</span> {run.id}
            {run.preset === null ? '' : `, preset ${run.preset}`}, seed {run.seed},{' '}
            {duration((run.status === 'running' ? Date.now() : run.updatedAtMs) - run.createdAtMs)}
          </p>
        )}
      </div>
      <nav aria-label="Screens">
        {screens.map((screen) => (
          <a key={screen} href={linkTo(screen)} aria-current={screen === route.screen ? 'page' : undefined}>
            {NAMES[screen]}
          </a>
        ))}
      </nav>
    </header>
  );
}

/** A run without a cold start has no such screen, and a file holds nothing to compare with. */
function isOffered(screen: Route['screen'], overview: PageOverview | undefined, { kind }: PageSource): boolean {
  if (screen === 'cold-start') return overview?.stages.some((stage) => stage.kind === 'cold-start') ?? true;
  if (screen === 'compare') return kind === 'live' && (overview?.runs.length ?? 0) > 0;
  return true;
}
