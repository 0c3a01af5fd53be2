import type { BigNumber } from 'mathjs';

/** Real functions on decimal numbers of one precision. Every argument is a number we built; no text is ever passed. */
export interface PreciseFunctions {
  /** Significant decimal digits of every result. */
  readonly digits: number;
  toNumber(value: bigint): BigNumber;
  readonly pi: BigNumber;
  sqrt(x: BigNumber): BigNumber;
  exp(x: BigNumber): BigNumber;
  /** Natural logarithm of a positive number. */
  log(x: BigNumber): BigNumber;
  sin(x: BigNumber): BigNumber;
  cos(x: BigNumber): BigNumber;
  sinh(x: BigNumber): BigNumber;
  cosh(x: BigNumber): BigNumber;
  /** NaN outside [-1, 1], as `acos`. */
  asin(x: BigNumber): BigNumber;
  acos(x: BigNumber): BigNumber;
  atan(x: BigNumber): BigNumber;
  atan2(y: BigNumber, x: BigNumber): BigNumber;
}

/** The same functions at any number of digits, made on first use. */
export type PreciseLibrary = (digits: number) => PreciseFunctions;

let loading: Promise<PreciseLibrary> | null = null;

/**
 * Loads mathjs (about a second and 100 MB; once per thread) and returns its functions on big decimals. Only
 * verdicts that the exact and the fixed-point arithmetic of the verifier leave open need it.
 */
export function loadPreciseFunctions(): Promise<PreciseLibrary> {
  loading ??= importLibrary();
  return loading;
}

async function importLibrary(): Promise<PreciseLibrary> {
  const mathjs = await import('mathjs');
  const parts = {
    ...mathjs.BigNumberDependencies,
    ...mathjs.sqrtDependencies,
    ...mathjs.expDependencies,
    ...mathjs.logDependencies,
    ...mathjs.sinDependencies,
    ...mathjs.cosDependencies,
    ...mathjs.sinhDependencies,
    ...mathjs.coshDependencies,
    ...mathjs.asinDependencies,
    ...mathjs.acosDependencies,
    ...mathjs.atanDependencies,
    ...mathjs.atan2Dependencies,
  };
  const known = new Map<number, PreciseFunctions>();
  return (digits) => {
    let functions = known.get(digits);
    if (functions === undefined) {
      // `predictable`: a real function of a real number is real or NaN, never a complex double.
      const instance: unknown = mathjs.create(parts, { number: 'BigNumber', precision: digits, predictable: true });
      functions = bindFunctions(instance as MathJs, digits);
      known.set(digits, functions);
    }
    return functions;
  };
}

type RealFunction = (...args: readonly BigNumber[]) => BigNumber;

/** What is used of a mathjs instance. Its declarations know `log` and `acos` of doubles only. */
type MathJs = Readonly<Record<Exclude<keyof PreciseFunctions, 'digits' | 'toNumber' | 'pi'>, RealFunction>> & {
  readonly BigNumber: new (text: string) => BigNumber;
};

function bindFunctions(math: MathJs, digits: number): PreciseFunctions {
  const { BigNumber: Decimal, sqrt, exp, log, sin, cos, sinh, cosh, asin, acos, atan, atan2 } = math;
  return {
    ...{ digits, sqrt, exp, log, sin, cos, sinh, cosh, asin, acos, atan, atan2 },
    toNumber: (value) => new Decimal(value.toString()),
    pi: atan2(new Decimal('0'), new Decimal('-1')),
  };
}
