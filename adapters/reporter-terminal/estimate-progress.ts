/** How fast a task goes and when it will end. */
export interface Estimate {
  /** Units per second since the task began; null before the first one. */
  readonly ratePerSecond: number | null;
  /** Seconds until the total is reached at that rate; null when nobody can say. */
  readonly remainingSeconds: number | null;
}

/** Estimates from what this process did: in a resumed run `done` may have begun above 0. */
export function estimateProgress(begun: number, done: number, total: number, elapsedMs: number): Estimate {
  const seconds = elapsedMs / 1000;
  if (done <= begun || seconds <= 0) return { ratePerSecond: null, remainingSeconds: null };
  const ratePerSecond = (done - begun) / seconds;
  return { ratePerSecond, remainingSeconds: Math.max(0, total - done) / ratePerSecond };
}

/** `2.4 steps/s`, or `25.1 s/step` where one takes longer than a second. Empty when unknown. */
export function describeRate({ ratePerSecond }: Estimate, unit: string): string {
  if (ratePerSecond === null) return '';
  if (ratePerSecond >= 1)
    return `${ratePerSecond >= 100 ? ratePerSecond.toFixed(0) : ratePerSecond.toFixed(1)} ${unit}/s`;
  return `${(1 / ratePerSecond).toFixed(1)} s/${unit.replace(/s$/, '')}`;
}

/** `about 3m 20s left`. Empty when unknown or over. */
export function describeRemaining({ remainingSeconds }: Estimate): string {
  if (remainingSeconds === null || remainingSeconds <= 0) return '';
  return `about ${describeSeconds(remainingSeconds)} left`;
}

/** `8s`, `3m 20s`, `2h 05m`. */
export function describeSeconds(seconds: number): string {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h ${String(minutes % 60).padStart(2, '0')}m`;
}
