/** A verification thread: the verifier, and mathjs where a verdict needs more digits than our own arithmetic has. */
import { loadPreciseFunctions } from '../../src/core/verify/precise/precise-functions.ts';
import { isUnconfirmed } from '../../src/core/verify/verdict.ts';
import { confirmVerdict, verify } from '../../src/core/verify/verify.ts';
import { serveCases } from './serve-cases.ts';

serveCases({
  judge: ({ gold, text, options }) => {
    const verdict = verify(gold, text, options);
    return isUnconfirmed(verdict) ? null : verdict;
  },
  prepare: async () => {
    const precise = await loadPreciseFunctions();
    return ({ gold, text, options }) => confirmVerdict(gold, text, options, precise);
  },
});
