/** Bounds of the verifier: model output is hostile, and every loop below ends because of one of these. */
export const LIMITS = {
  /** Code units of a response that are looked at, from its end. */
  scanned: 200_000,
  /** Code units of a statement that is read as an answer. */
  extracted: 2_000,
  tokens: 1_500,
  /** Nesting of expressions. */
  depth: 60,
  /** Nesting of lists, sets, tuples and relations. */
  structureDepth: 12,
  /** Digits of one numeric literal. */
  literalDigits: 400,
  /** Largest power of ten in `1.5e20`. */
  literalExponent: 400,
  /** Evaluated nodes per verdict. */
  steps: 40_000,
  exponent: 2_000,
  /** Bits of an exact numerator or denominator. */
  bits: 20_000,
  exactFactorial: 300,
  numericFactorial: 170,
  /** Terms of one sum or product. */
  terms: 2_000,
  /** Members of a list that are matched by value. */
  members: 40,
  /** Symbols of one comparison. */
  symbols: 12,
} as const;

/**
 * Why an answer cannot be judged: `syntax`, `limit:<bound>`, `nonfinite`, ... Thrown inside the verifier, never out of it.
 * It carries no stack: a reading that does not fit refuses several times per verdict, and a stack costs more than the reading.
 */
export class Refusal extends Error {
  readonly reason: string;

  constructor(reason: string) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(reason);
    Error.stackTraceLimit = stackTraceLimit;
    this.reason = reason;
  }
}

/** Counts evaluated nodes of one verdict and refuses to go on beyond the bound. */
export class StepBudget {
  #left: number = LIMITS.steps;

  spend(cost = 1): void {
    this.#left -= cost;
    if (this.#left < 0) throw new Refusal('limit:steps');
  }
}
