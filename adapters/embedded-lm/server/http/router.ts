import { HttpFailure } from './failure.ts';
import type { Face, Route } from './route.ts';

/** The route of a request with its path parameters. */
export interface Found {
  readonly route: Route;
  readonly params: readonly string[];
}

/** Looks a path up: first the exact ones in one map, then the few patterns in order. */
export function buildRouter(faces: readonly Face[]): {
  findFace: (path: string) => Face;
  findRoute: (method: string, path: string) => Found;
} {
  const exact = new Map<string, Found>();
  const patterns: Route[] = [];
  for (const route of faces.flatMap((face) => face.routes)) {
    if (typeof route.path === 'string') exact.set(`${route.method} ${route.path}`, { route, params: [] });
    else patterns.push(route);
  }
  const byLongestPrefix = [...faces].sort((a, b) => b.prefix.length - a.prefix.length);
  return {
    findFace: (path) => byLongestPrefix.find((face) => path.startsWith(face.prefix)) ?? byLongestPrefix.at(-1)!,
    findRoute: (method, path) =>
      exact.get(`${method} ${path}`) ?? findPattern(patterns, method, path) ?? refuse(faces, method, path),
  };
}

function findPattern(patterns: readonly Route[], method: string, path: string): Found | null {
  for (const route of patterns) {
    if (route.method !== method) continue;
    const match = (route.path as RegExp).exec(path);
    if (match !== null) return { route, params: match.slice(1).map(decodePart) };
  }
  return null;
}

function decodePart(part: string | undefined): string {
  try {
    return decodeURIComponent(part ?? '');
  } catch (cause) {
    throw new HttpFailure(400, 'path is not valid percent-encoding', { cause });
  }
}

function refuse(faces: readonly Face[], method: string, path: string): never {
  const others = faces.flatMap((face) => face.routes).filter((route) => matches(route, path));
  if (others.length === 0) throw new HttpFailure(404, 'Not Found');
  throw new HttpFailure(405, `Method ${method} Not Allowed; use ${others.map((route) => route.method).join(' or ')}`);
}

function matches(route: Route, path: string): boolean {
  return typeof route.path === 'string' ? route.path === path : route.path.test(path);
}
