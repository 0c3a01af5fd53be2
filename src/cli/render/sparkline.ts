const BARS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'] as const;

/**
 * A small curve of at most `width` characters, scaled between the smallest and the largest value.
 * Longer series are averaged in equal stretches; values that are not finite are left out.
 */
export function renderSparkline(values: readonly number[], width: number): string {
  const points = shorten(values.filter(Number.isFinite), width);
  const low = Math.min(...points);
  const span = Math.max(...points) - low;
  return points.map((value) => (span === 0 ? BARS[3] : BARS[Math.round(((value - low) / span) * 7)]!)).join('');
}

function shorten(values: readonly number[], width: number): number[] {
  if (values.length <= width) return [...values];
  return Array.from({ length: width }, (_, column) => {
    const from = Math.floor((column * values.length) / width);
    const part = values.slice(from, Math.floor(((column + 1) * values.length) / width));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
}
