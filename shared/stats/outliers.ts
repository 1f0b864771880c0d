import { quantileSorted, sorted } from './quantile.ts';

export interface Fences {
  low_severe: number;
  low_mild: number;
  high_mild: number;
  high_severe: number;
}

export interface OutlierCounts {
  /** Beyond 1.5 but within 3 interquartile ranges of the quartiles, on either side. */
  mild: number;
  /** Beyond 3 interquartile ranges of the quartiles, on either side. */
  severe: number;
}

/**
 * Tukey's fences with criterion.rs's factors: 1.5 interquartile ranges beyond the quartiles for mild, 3 for severe
 * (Tukey 1977, Exploratory Data Analysis; criterion.rs `stats::univariate::outliers::tukey`). In the samples' unit.
 */
export function tukeyFences(samples: ArrayLike<number>): Fences {
  const ascending = sorted(samples);
  const q1 = quantileSorted(ascending, 0.25);
  const q3 = quantileSorted(ascending, 0.75);
  const range = q3 - q1;
  return {
    low_severe: q1 - 3 * range,
    low_mild: q1 - 1.5 * range,
    high_mild: q3 + 1.5 * range,
    high_severe: q3 + 3 * range,
  };
}

/** How many samples are outliers. They are told, never taken out: a slow inference really was slow. */
export function countOutliers(samples: ArrayLike<number>, fences: Fences = tukeyFences(samples)): OutlierCounts {
  let mild = 0;
  let severe = 0;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i] ?? Number.NaN;
    if (value < fences.low_severe || value > fences.high_severe) severe++;
    else if (value < fences.low_mild || value > fences.high_mild) mild++;
  }
  return { mild, severe };
}
