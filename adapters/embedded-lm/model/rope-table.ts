/** Wavelength base of the rotary positions. */
const BASE_LOGARITHM = 6.907755278982137; // ln 1000

/**
 * Cosines and sines of every position: `headWidth / 2` cosines, then as many sines, per position.
 * Computed by series and angle addition only, because library cosines may differ between platforms.
 */
export function fillRopeTable(table: Float32Array, positions: number, headWidth: number): void {
  const half = headWidth / 2;
  for (let i = 0; i < half; i += 1) {
    const angle = expSeries((-BASE_LOGARITHM * i) / half);
    const stepCosine = cosineSeries(angle);
    const stepSine = sineSeries(angle);
    let cosine = 1;
    let sine = 0;
    for (let p = 0; p < positions; p += 1) {
      table[p * headWidth + i] = cosine;
      table[p * headWidth + half + i] = sine;
      const next = cosine * stepCosine - sine * stepSine;
      sine = sine * stepCosine + cosine * stepSine;
      cosine = next;
    }
  }
}

/** exp by its power series after halving the argument to a small one. */
function expSeries(x: number): number {
  const small = x / 16;
  let term = 1;
  let sum = 1;
  for (let k = 1; k < 24; k += 1) {
    term *= small / k;
    sum += term;
  }
  for (let i = 0; i < 4; i += 1) sum *= sum;
  return sum;
}

/** For angles in [0, 1]. */
function cosineSeries(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 2; k < 28; k += 2) {
    term *= -(x * x) / (k * (k - 1));
    sum += term;
  }
  return sum;
}

/** For angles in [0, 1]. */
function sineSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let k = 3; k < 28; k += 2) {
    term *= -(x * x) / (k * (k - 1));
    sum += term;
  }
  return sum;
}
