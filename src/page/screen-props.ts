import type { PageOverview } from '../report/page-data.ts';
import type { Route } from './route.ts';
import type { PageSource } from './source.ts';

/** What every screen is given. */
export interface ScreenProps {
  readonly overview: PageOverview;
  readonly source: PageSource;
  readonly params: Route['params'];
  /** Grows when the store changed. */
  readonly version: number;
}
