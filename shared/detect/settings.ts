/**
 * How changes are looked for. The defaults were chosen on a set of labelled series; docs/benchmarks.md says what they reach
 * on series that they were not chosen on.
 */
export interface DetectorSettings {
  /** Newest values of a series that are looked at. */
  window: number;
  /** Values on either side that the running median takes in, and how far off it a value may count, in noise. */
  half_window: number;
  clip: number;
  /** What a change must save, times log(n), in units of the noise's variance. */
  penalty: number;
  /** Fewest values of a level. */
  min_segment: number;
  /** How much of the autocorrelation's inflation of the variance counts: 0 none, 1 all. */
  correlation_power: number;
  /** Values on either side of a boundary that are compared, at most. */
  test_window: number;
  /** Part of the series' noise that a stretch's own counts as at least: short stretches look calm by chance. */
  least_noise_share: number;
  /** Values on either side of a boundary whose medians make its lasting step, at most. */
  step_window: number;
  /** What a boundary must reach to be one: see `clarityOf`. */
  least_clarity: number;
  /** Of a change at the end of the series: how many new values, and how many of the level before are needed. */
  least_new: number;
  most_new: number;
  least_base: number;
  base_window: number;
  /** Distance of each new value from the level before, in noise, and |z| of all of them. */
  least_distance: number;
  least_tail_z: number;
  /** What a boundary must reach to be confirmed by the values alone, without a re-run; `confirm_base` with re-runs as well. */
  confirm_rank_z: number;
  confirm_effect_size: number;
  confirm_separation: number;
  confirm_base: number;
  confirm_new: number;
  /** Smallest change of a metric that is worth a word, in percent; 0 for all. */
  least_change_percent: number;
}

export const DEFAULT_SETTINGS: DetectorSettings = {
  window: 1000,
  half_window: 3,
  clip: 2,
  penalty: 6,
  min_segment: 8,
  correlation_power: 0.25,
  test_window: 25,
  least_noise_share: 0.9,
  step_window: 100,
  least_clarity: 19,
  least_new: 3,
  most_new: 12,
  least_base: 8,
  base_window: 30,
  least_distance: 1,
  least_tail_z: 4.1,
  confirm_rank_z: 4.5,
  confirm_effect_size: 2,
  confirm_separation: 0.8,
  confirm_base: 120,
  confirm_new: 20,
  least_change_percent: 0,
};
