import { useEffect, useState } from 'preact/hooks';

/** The screens, in the order of the navigation. */
export const SCREENS = ['run', 'trajectories', 'problems', 'cold-start', 'compare', 'paper'] as const;

/** Which screen, and what it is asked to show. It is all in the address, so that any of them can be linked to. */
export interface Route {
  readonly screen: (typeof SCREENS)[number];
  readonly params: Readonly<Record<string, string>>;
}

/** The address of a screen. Parameters that are null or undefined are left out. */
export function linkTo(
  screen: Route['screen'],
  params: Readonly<Record<string, string | number | boolean | null | undefined>> = {},
): string {
  const given = Object.entries(params).flatMap(([name, value]) => (value == null ? [] : [[name, String(value)]]));
  const query = new URLSearchParams(given).toString();
  return `#/${screen}${query === '' ? '' : `?${query}`}`;
}

function readRoute(): Route {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const screen = SCREENS.find((one) => one === path) ?? 'run';
  return { screen, params: Object.fromEntries(new URLSearchParams(query)) };
}

/** The route of the address, which follows it. */
export function useRoute(): Route {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const follow = () => setRoute(readRoute());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return route;
}

/** Goes to an address of `linkTo`; `replace` leaves no trace in the history. */
export function goTo(address: string, replace = false): void {
  if (!replace) location.hash = address;
  else {
    history.replaceState(null, '', address);
    dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
