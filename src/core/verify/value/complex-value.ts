/** Arithmetic of complex doubles, with principal values. */

/** A complex double. */
export interface Complex {
  readonly re: number;
  readonly im: number;
}

export const ZERO: Complex = { re: 0, im: 0 };
export const ONE: Complex = { re: 1, im: 0 };

export function fromReal(re: number): Complex {
  return { re, im: 0 };
}

export function isFiniteComplex(a: Complex): boolean {
  return Number.isFinite(a.re) && Number.isFinite(a.im);
}

export function addComplex(a: Complex, b: Complex): Complex {
  return { re: a.re + b.re, im: a.im + b.im };
}

export function subtractComplex(a: Complex, b: Complex): Complex {
  return { re: a.re - b.re, im: a.im - b.im };
}

export function multiplyComplex(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return fromReal(a.re * b.re);
  return { re: a.re * b.re - a.im * b.im, im: a.re * b.im + a.im * b.re };
}

export function divideComplex(a: Complex, b: Complex): Complex {
  if (a.im === 0 && b.im === 0) return fromReal(a.re / b.re);
  const size = b.re * b.re + b.im * b.im;
  return { re: (a.re * b.re + a.im * b.im) / size, im: (a.im * b.re - a.re * b.im) / size };
}

export function absComplex(a: Complex): number {
  return Math.hypot(a.re, a.im);
}

/** Principal logarithm. */
export function logComplex(a: Complex): Complex {
  return { re: Math.log(absComplex(a)), im: Math.atan2(a.im, a.re) };
}

export function expComplex(a: Complex): Complex {
  const size = Math.exp(a.re);
  return a.im === 0 ? fromReal(size) : { re: size * Math.cos(a.im), im: size * Math.sin(a.im) };
}

/** Principal power; real bases with integer exponents stay real. */
export function powerComplex(base: Complex, exponent: Complex): Complex {
  if (base.im === 0 && exponent.im === 0 && (base.re >= 0 || Number.isInteger(exponent.re))) {
    return fromReal(base.re ** exponent.re);
  }
  if (base.re === 0 && base.im === 0) return fromReal(exponent.re > 0 ? 0 : Number.NaN);
  if (exponent.im === 0 && Number.isInteger(exponent.re) && Math.abs(exponent.re) <= 64)
    return powerByProducts(base, exponent.re);
  return expComplex(multiplyComplex(exponent, logComplex(base)));
}

function powerByProducts(base: Complex, exponent: number): Complex {
  let result = ONE;
  for (let i = 0; i < Math.abs(exponent); i += 1) result = multiplyComplex(result, base);
  return exponent < 0 ? divideComplex(ONE, result) : result;
}

export function sinComplex(a: Complex): Complex {
  if (a.im === 0) return fromReal(Math.sin(a.re));
  return { re: Math.sin(a.re) * Math.cosh(a.im), im: Math.cos(a.re) * Math.sinh(a.im) };
}

export function cosComplex(a: Complex): Complex {
  if (a.im === 0) return fromReal(Math.cos(a.re));
  return { re: Math.cos(a.re) * Math.cosh(a.im), im: -Math.sin(a.re) * Math.sinh(a.im) };
}

/** Coefficients of Lanczos' approximation (g = 7, n = 9). */
const LANCZOS: readonly number[] = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/** Gamma function of a real number: factorials between whole numbers. Infinite at its poles. */
export function gammaOf(x: number): number {
  if (Number.isInteger(x)) {
    if (x <= 0) return Number.POSITIVE_INFINITY;
    if (x > 171) return Number.POSITIVE_INFINITY;
    let product = 1;
    for (let k = 2; k < x; k += 1) product *= k;
    return product;
  }
  if (x < 0.5) return Math.PI / (Math.sin(Math.PI * x) * gammaOf(1 - x));
  const z = x - 1;
  const sum = LANCZOS.reduce((total, coefficient, k) => (k === 0 ? coefficient : total + coefficient / (z + k)), 0);
  const t = z + 7.5;
  return Math.sqrt(2 * Math.PI) * t ** (z + 0.5) * Math.exp(-t) * sum;
}
