/// <reference lib="esnext.disposable" preserve="true" />
/** `parallel-r1/verify`: answers against references, one by one or by the million (docs/library.md). */

export {
  openVerifyPool,
  type VerifyPool,
  type VerifyPoolOptions,
} from '../../adapters/verify-pool/open-verify-pool.ts';
export { type CaseJudge, serveCases } from '../../adapters/verify-pool/serve-cases.ts';
export { DEFAULT_POLICY, type Policy } from '../core/verify/policy.ts';
export { isUnconfirmed, type Skipped, VERIFIER, type Verdict } from '../core/verify/verdict.ts';
export { type VerifyOptions, verify, verifyConfirmed } from '../core/verify/verify.ts';
export { ParallelR1Error, VerifierError } from '../errors.ts';
export { type JudgedCase, verifyStream } from '../pipeline/verify-stream.ts';
export type { Judgement, Verifier, VerifyCase } from '../ports/verifier.ts';
