import type { Verdict } from '../core/verify/verdict.ts';
import type { VerifyOptions } from '../core/verify/verify.ts';

/** A response (or a bare answer) to be judged against a reference. */
export interface VerifyCase {
  readonly gold: string;
  readonly text: string;
  readonly options: VerifyOptions;
}

/** A verdict and what it took. */
export interface Judgement extends Verdict {
  /** Milliseconds the judging itself took, waiting not counted. */
  readonly ms: number;
}

/** Judges answers where hostile text can do no harm: a case that never ends or eats the memory costs that case alone. */
export interface Verifier extends AsyncDisposable {
  /**
   * One judgement per case, in order, whatever happened: a case that had to be stopped is `unparsable` with the
   * reason `killed`. No judgement rests on doubles alone. Rejects with the signal's reason when it fires, with
   * `VerifierError` when nothing can be judged at all.
   */
  verify(cases: readonly VerifyCase[], signal?: AbortSignal): Promise<Judgement[]>;
}
