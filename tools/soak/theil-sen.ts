/** A slope with the bounds within which it lies with 95 % confidence. */
export interface Slope {
  readonly slope: number;
  readonly lower: number;
  readonly upper: number;
}

/** A value at a time. */
export interface Sample {
  readonly at: number;
  readonly value: number;
}

/**
 * The Theil-Sen slope: the median of the slopes between all pairs, which a few wild samples do not move, with Sen's bounds
 * from the variance of Kendall's S. `series` are lines of one slope but of heights of their own, such as a process's
 * lives: pairs are made within one only. Undefined when there are fewer than three pairs. Costs the square of the samples.
 */
export function theilSen(series: readonly (readonly Sample[])[]): Slope | undefined {
  const slopes = series.flatMap(slopesOf).sort((a, b) => a - b);
  if (slopes.length < 3) return undefined;
  const variance = series.reduce((sum, { length: n }) => sum + (n * (n - 1) * (2 * n + 5)) / 18, 0);
  const half = 1.96 * Math.sqrt(variance);
  const at = (rank: number) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(rank)))]!;
  return {
    slope: quantile(slopes, 0.5),
    lower: at((slopes.length - half) / 2),
    upper: at((slopes.length + half) / 2),
  };
}

function slopesOf(samples: readonly Sample[]): number[] {
  const slopes: number[] = [];
  for (const [i, from] of samples.entries()) {
    for (const to of samples.slice(i + 1))
      if (to.at !== from.at) slopes.push((to.value - from.value) / (to.at - from.at));
  }
  return slopes;
}

/** The value below which that share of the sorted values lies; NaN of none. */
export function quantile(sorted: readonly number[], share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const at = share * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
