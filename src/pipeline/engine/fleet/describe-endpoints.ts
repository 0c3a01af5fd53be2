import type { EndpointStatus } from '../../../ports/engine.ts';

/** `1 of 2 endpoints up`. */
export function countEndpoints(endpoints: readonly EndpointStatus[]): string {
  return `${endpoints.filter(({ isUp }) => isUp).length} of ${endpoints.length} endpoints up`;
}

/** What a progress line adds while an endpoint is out: `, 1 of 2 endpoints up`; empty otherwise. */
export function noteOutages(endpoints: readonly EndpointStatus[] | undefined): string {
  return endpoints?.some(({ isUp }) => !isUp) ? `, ${countEndpoints(endpoints)}` : '';
}

/** The line that tells of a change: an endpoint went out, or is back. */
export function describeChange({ url, isUp, reason }: EndpointStatus, all: readonly EndpointStatus[]): string {
  const count = all.length === 1 ? '' : `; ${countEndpoints(all)}`;
  return isUp ? `engine ${url} is back${count}` : `engine ${url} is out: ${reason}${count}`;
}
