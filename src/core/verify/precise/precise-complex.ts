import type { BigNumber } from 'mathjs';
import type { PreciseFunctions } from './precise-functions.ts';

/** A complex number with decimal parts. mathjs has complex numbers as doubles only, so that the arithmetic is ours. */
export interface PreciseComplex {
  readonly re: BigNumber;
  readonly im: BigNumber;
}

export function isReal(a: PreciseComplex): boolean {
  return a.im.isZero();
}

export function addPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  return { re: a.re.plus(b.re), im: a.im.plus(b.im) };
}

export function subtractPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  return { re: a.re.minus(b.re), im: a.im.minus(b.im) };
}

export function multiplyPrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  if (isReal(a) && isReal(b)) return { re: a.re.times(b.re), im: a.im };
  return { re: a.re.times(b.re).minus(a.im.times(b.im)), im: a.re.times(b.im).plus(a.im.times(b.re)) };
}

/** Not finite for a divisor of zero. */
export function dividePrecise(a: PreciseComplex, b: PreciseComplex): PreciseComplex {
  if (isReal(a) && isReal(b)) return { re: a.re.div(b.re), im: a.im };
  const size = b.re.times(b.re).plus(b.im.times(b.im));
  return {
    re: a.re.times(b.re).plus(a.im.times(b.im)).div(size),
    im: a.im.times(b.re).minus(a.re.times(b.im)).div(size),
  };
}

export function absPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): BigNumber {
  return im.isZero() ? re.abs() : math.sqrt(re.times(re).plus(im.times(im)));
}

export function expPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  const size = math.exp(re);
  if (im.isZero()) return { re: size, im };
  return { re: size.times(math.cos(im)), im: size.times(math.sin(im)) };
}

/** Principal logarithm; not finite for zero. */
export function logPrecise(a: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  const size = absPrecise(a, math);
  const zero = a.re.minus(a.re);
  return { re: math.log(size), im: isReal(a) && a.re.gt(0) ? zero : math.atan2(a.im, a.re) };
}

export function sinPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  if (im.isZero()) return { re: math.sin(re), im };
  return { re: math.sin(re).times(math.cosh(im)), im: math.cos(re).times(math.sinh(im)) };
}

export function cosPrecise({ re, im }: PreciseComplex, math: PreciseFunctions): PreciseComplex {
  if (im.isZero()) return { re: math.cos(re), im };
  return { re: math.cos(re).times(math.cosh(im)), im: math.sin(re).times(math.sinh(im)).neg() };
}
