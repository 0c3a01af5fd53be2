import { ParallelR1Error } from '../../errors.ts';
import { type FaultKind, findOwnRemedy, findRemedy, type OwnFaultKind, readFault, type Subject } from './faults.ts';

/** One thing looked at: what was seen, whether it is right, and what to do about it. */
export interface Finding {
  readonly area: 'engine' | 'tokenizer' | 'sampling' | 'teacher' | 'trainer' | 'recipe' | 'store';
  readonly status: 'ok' | 'warn' | 'fail';
  /** What was seen. */
  readonly detail: string;
  /** The kind of fault; null where all is well. */
  readonly fault: FaultKind | null;
  /** What to do; null where all is well. */
  readonly fix: string | null;
}

/** A finding that all is well. */
export function toGood(area: Finding['area'], detail: string): Finding {
  return { area, status: 'ok', detail, fault: null, fix: null };
}

/** A finding of a fault that no server is to blame for. */
export function toOwnFault(
  area: 'recipe' | 'store',
  status: 'warn' | 'fail',
  fault: OwnFaultKind,
  detail: string,
): Finding {
  return { area, status, detail, fault, fix: findOwnRemedy(fault) };
}

/** What a kind of fault means where something particular was asked: a wrong shape of a completion is a lack of token ids. */
export type Reading = Readonly<Partial<Record<FaultKind, FaultKind>>>;

/** The findings about one server, in the order of looking. */
export class Findings {
  readonly all: Finding[] = [];
  readonly #subject: Subject;
  readonly #signal: AbortSignal;

  constructor(subject: Subject, signal: AbortSignal) {
    this.#subject = subject;
    this.#signal = signal;
  }

  good(area: Finding['area'], detail: string): void {
    this.all.push(toGood(area, detail));
  }

  /** A fault that a run can live with. */
  warn(area: Finding['area'], fault: FaultKind, detail: string): void {
    this.#add(area, 'warn', fault, detail);
  }

  fail(area: Finding['area'], fault: FaultKind, detail: string): void {
    this.#add(area, 'fail', fault, detail);
  }

  /**
   * Records what `look` returns as a good finding, and what it throws as a fault with its remedy. False for a fault.
   * Rejects with the signal's reason, and with what is no error of this project.
   */
  async look(area: Finding['area'], look: () => Promise<string>, reading: Reading = {}): Promise<boolean> {
    try {
      this.good(area, await look());
      return true;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof ParallelR1Error)) throw error;
      const kind = readFault(error);
      this.fail(area, reading[kind] ?? kind, error.message);
      return false;
    }
  }

  #add(area: Finding['area'], status: 'warn' | 'fail', fault: FaultKind, detail: string): void {
    this.all.push({ area, status, detail, fault, fix: findRemedy(fault, this.#subject) });
  }
}
