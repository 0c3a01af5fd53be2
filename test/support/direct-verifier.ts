import { verifyConfirmed } from '../../src/core/verify/verify.ts';
import type { Verifier } from '../../src/ports/verifier.ts';

/** The verifier without threads: pipeline tests judge toy answers, and are many. */
export function createDirectVerifier(): Verifier {
  return {
    verify: (cases) =>
      Promise.all(
        cases.map(async ({ gold, text, options }) => ({ ...(await verifyConfirmed(gold, text, options)), ms: 0 })),
      ),
    [Symbol.asyncDispose]: async () => undefined,
  };
}
