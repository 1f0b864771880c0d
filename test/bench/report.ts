/** Figures of one thing that a benchmark measures. `ratio` is ours divided by the baseline. */
export interface Case {
  name: string;
  ours: number;
  baseline: number;
  ratio: number;
  unit: string;
  /** What else was measured: rounds, percentiles, counts. */
  [detail: string]: unknown;
}

export interface BenchResult extends Case {
  cases?: Case[];
  /** What makes the run a failed one, a line each. */
  problems?: readonly string[];
}

/** Middle of the values; the mean of the middle two for an even count. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Nearest-rank percentile, `p` in 0..100. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil((p / 100) * sorted.length) - 1))] ?? Number.NaN;
}

/** A case from the rounds of both sides: medians, and their ratio. */
export function caseOf(
  name: string,
  unit: string,
  ours: readonly number[],
  baseline: readonly number[],
  details: Record<string, unknown> = {},
): Case {
  const a = median(ours);
  const b = median(baseline);
  return {
    name,
    ours: round(a),
    baseline: round(b),
    ratio: round(a / b),
    unit,
    rounds: { ours: ours.map(round), baseline: baseline.map(round) },
    ...details,
  };
}

/**
 * As `caseOf`, but the ratio is the median over the rounds of each round's own ratio: what a machine's drift moves on
 * both sides of a round alike does not count.
 */
export function pairedCaseOf(
  name: string,
  unit: string,
  ours: readonly number[],
  baseline: readonly number[],
  details: Record<string, unknown> = {},
): Case {
  const ratios = ours.map((value, round) => value / (baseline[round] ?? Number.NaN));
  return { ...caseOf(name, unit, ours, baseline, details), ratio: round(median(ratios)), ratios: ratios.map(round) };
}

/** The cases together; the top fields are those of the worst. `better` says which ratio is the good one. */
export function worstOf(name: string, better: 'higher' | 'lower', cases: Case[]): BenchResult {
  const sorted = [...cases].sort((a, b) => (better === 'higher' ? a.ratio - b.ratio : b.ratio - a.ratio));
  const [worst] = sorted;
  if (worst === undefined) throw new Error('a benchmark without cases');
  return { ...worst, name, worst_case: worst.name, cases };
}

export function round(value: number): number {
  return Number(value.toPrecision(4));
}

export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
