/** The process died: nothing it was about to do happens any more. */
export class SimulatedKill extends Error {}

/** One call of the pipeline to the outside, counted from 1. */
export interface OutsideCall {
  readonly index: number;
  readonly target: 'engine' | 'trainer' | 'store';
  readonly method: string;
  readonly args: readonly unknown[];
}

/** Where the process dies: `before` the call does anything, or `after` it took effect and before the caller knows. */
export interface KillPoint {
  readonly moment: 'before' | 'after';
  isHere(call: OutsideCall): boolean;
}

export interface KillSwitch {
  /** Calls made, the fatal one included. */
  readonly calls: number;
  wrap<T extends object>(target: T, name: OutsideCall['target']): T;
}

/** What is counted or known here is told without asking anybody: no call at which a process could die. */
const TOLD_HERE: ReadonlySet<string> = new Set(['retries', 'findLack', 'pathOf']);

/** Stands between the pipeline and the outside things; once dead, every further call fails and does nothing. */
export function createKillSwitch(point: KillPoint | null): KillSwitch {
  let calls = 0;
  let dead = false;
  const die = (): never => {
    dead = true;
    throw new SimulatedKill('killed');
  };
  const begin = (target: OutsideCall['target'], method: string, args: readonly unknown[]): boolean => {
    if (dead) die();
    calls += 1;
    const fatal = point?.isHere({ index: calls, target, method, args }) ?? false;
    if (fatal && point?.moment === 'before') die();
    return fatal;
  };
  const end = (fatal: boolean) => {
    if (fatal || dead) die();
  };
  const callSync = (name: OutsideCall['target'], method: string, args: unknown[], run: () => unknown) => {
    const fatal = begin(name, method, args);
    const result = run();
    end(fatal);
    return result;
  };
  const callAsync = async (name: OutsideCall['target'], method: string, args: unknown[], run: () => unknown) => {
    const fatal = begin(name, method, args);
    const result = await run();
    end(fatal);
    return result;
  };
  return {
    get calls() {
      return calls;
    },
    wrap: (target, name) =>
      new Proxy(target, {
        get: (inner, key) => {
          const value: unknown = Reflect.get(inner, key);
          if (typeof value !== 'function' || typeof key === 'symbol') return value;
          if (TOLD_HERE.has(key)) return value.bind(inner);
          const call = name === 'store' ? callSync : callAsync;
          return (...args: unknown[]) => call(name, key, args, () => value.apply(inner, args));
        },
      }),
  };
}
